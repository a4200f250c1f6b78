/** TCP conversations as a pcap file, written byte by byte: Ethernet, IPv4, TCP, no checksums. */
import { be16, be32, join, zeros } from './wire';

export interface Segment {
  readonly from: 'client' | 'device';
  readonly data: Buffer;
}

const CLIENT = { ip: [192, 0, 2, 56], port: 50_000 };
const DEVICE_IP = [192, 0, 2, 64];

/** Little-endian u32 and u16, as the file format has them. */
const le32 = (value: number) => be32(value).reverse();
const le16 = (value: number) => be16(value).reverse();

/** One conversation with the device port `port`, without handshake: segments in order, each acknowledging what came before. */
export function pcapOf(segments: readonly Segment[], port = 8000): Buffer {
  const device = { ip: DEVICE_IP, port };
  const sent = { client: 1000, device: 5000 };
  const packets = segments.map(({ from, data }, index) => {
    const [source, target] = from === 'client' ? [CLIENT, device] : [device, CLIENT];
    const other = from === 'client' ? 'device' : 'client';
    const tcp = join(
      be16(source.port),
      be16(target.port),
      be32(sent[from]),
      be32(sent[other]),
      [0x50, 0x18],
      be16(65_535),
      zeros(4),
      data,
    );
    sent[from] += data.length;
    const ip = join([0x45, 0], be16(20 + tcp.length), zeros(4), [64, 6], zeros(2), source.ip, target.ip);
    const frame = join([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [8, 0], ip, tcp);
    return join(le32(1_700_000_000), le32(index * 1000), le32(frame.length), le32(frame.length), frame);
  });
  const header = join(le32(0xa1b2_c3d4), le16(2), le16(4), zeros(8), le32(262_144), le32(1));
  return Buffer.concat([header, ...packets]);
}
