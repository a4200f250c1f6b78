/**
 * Bytes of the command port, written by hand from the published facts. Knows nothing of the codec, so that a mistake in the
 * codec cannot hide here.
 */

type Piece = Uint8Array | readonly number[] | string;

/** Pieces one after another; text is ASCII. */
export function join(...pieces: Piece[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece))));
}

export const be16 = (value: number): number[] => [(value >> 8) & 255, value & 255];

export const be32 = (value: number): number[] => [
  Math.floor(value / 2 ** 24) % 256,
  Math.floor(value / 2 ** 16) % 256,
  Math.floor(value / 2 ** 8) % 256,
  value % 256,
];

export const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/** Text in a field of fixed width, filled up with NULs. */
export function padded(text: string, width: number): Buffer {
  const field = Buffer.alloc(width);
  field.write(text);
  return field;
}

/** A bitmap of `width` bytes: number 1 is the lowest bit of the first byte. */
export function bits(width: number, ...numbers: number[]): number[] {
  const map = zeros(width);
  for (const number of numbers) map[(number - 1) >> 3] = (map[(number - 1) >> 3] ?? 0) + 2 ** ((number - 1) % 8);
  return map;
}

/** Six u32, as every time on the command port. */
export function time(year: number, month: number, day: number, hour: number, minute: number, second: number): Buffer {
  return join(be32(year), be32(month), be32(day), be32(hour), be32(minute), be32(second));
}

export interface WireRequest {
  command: number;
  body?: Piece;
  authWord?: number;
  userId?: number;
  /** The four octets in the usual order. */
  ip?: readonly [number, number, number, number];
  mac?: readonly number[];
  interfaceVersion?: number;
}

export function request(fields: WireRequest): Buffer {
  const body = join(fields.body ?? []);
  const [a, b, c, d] = fields.ip ?? [0, 0, 0, 0];
  return join(
    be32(32 + body.length),
    [fields.interfaceVersion ?? 0x63, 0, 0, 0],
    be32(fields.authWord ?? 0),
    be32(fields.command),
    [d, c, b, a],
    be32(fields.userId ?? 0),
    fields.mac ?? zeros(6),
    [0, 0],
    body,
  );
}

/** A reply with the sum over bytes 8 to the end. */
export function reply(retVal: number, body: Piece = []): Buffer {
  const frame = join(be32(0), be32(0), be32(retVal), zeros(4), body);
  let sum = 0;
  for (let at = 8; at < frame.length; at++) sum += frame[at] ?? 0;
  frame.set(be32(frame.length), 0);
  frame.set(be32(sum), 4);
  return frame;
}

export function push(status: number, body: Piece = []): Buffer {
  const content = join(body);
  return join(be32(8 + content.length), be32(status), content);
}

export interface WireAlarm {
  type: number;
  inputs?: number[];
  outputs?: number[];
  recording?: number[];
  channels?: number[];
  disks?: number[];
}

/** {108, 104} */
export function alarmV30(alarm: WireAlarm): Buffer {
  return push(
    104,
    join(
      be32(alarm.type),
      bits(32, ...(alarm.inputs ?? [])),
      bits(16, ...(alarm.outputs ?? [])),
      bits(16, ...(alarm.recording ?? [])),
      bits(16, ...(alarm.channels ?? [])),
      bits(16, ...(alarm.disks ?? [])),
    ),
  );
}

/** `bytes` cut at the given places, in order. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const place of [...places].sort((a, b) => a - b)) {
    chunks.push(bytes.subarray(from, place));
    from = place;
  }
  chunks.push(bytes.subarray(from));
  return chunks;
}
