/**
 * What an event is in the journal: the bytes that go to the broker, made once, and where they go. Pure.
 *
 * | field                               | bytes                        |
 * |-------------------------------------|------------------------------|
 * | device                              | u16 length, UTF-8            |
 * | topic of the event                  | u16 length, UTF-8            |
 * | number of pictures                  | u16                          |
 * | for each picture: retained, topic   | u8; u16 length, UTF-8        |
 * | the event                           | the rest                     |
 */
import { ProtocolError } from '../errors';
import type { MqttMessage } from './topics';

export interface JournaledEvent {
  /** Its slug. */
  readonly device: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly pictures: readonly { readonly topic: string; readonly retain: boolean }[];
}

/** @param messages the event first, then its pictures, whose bytes the journal keeps apart. */
export function packEvent(device: string, messages: readonly MqttMessage[]): Buffer {
  const [event, ...pictures] = messages;
  if (event === undefined) throw new Error('an event without a message');
  const { payload } = event;
  const texts = [device, event.topic, ...pictures.map(({ topic }) => topic)];
  const payloadBytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const headBytes = texts.reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 2 + pictures.length);
  const bytes = Buffer.allocUnsafe(headBytes + payloadBytes);
  let offset = writeText(bytes, device, 0);
  offset = writeText(bytes, event.topic, offset);
  offset = bytes.writeUInt16BE(pictures.length, offset);
  for (const { topic, retain } of pictures) {
    offset = bytes.writeUInt8(retain ? 1 : 0, offset);
    offset = writeText(bytes, topic, offset);
  }
  if (typeof payload === 'string') bytes.write(payload, offset, 'utf8');
  else payload.copy(bytes, offset);
  return bytes;
}

/** @throws ProtocolError for bytes that are no event, which the journal's checksum makes all but impossible. */
export function unpackEvent(bytes: Buffer): JournaledEvent {
  let offset = 0;
  const need = (count: number) => {
    if (offset + count > bytes.length) throw new ProtocolError('an event of the journal breaks off', bytes.length);
  };
  const text = () => {
    need(2);
    const length = bytes.readUInt16BE(offset);
    offset += 2;
    need(length);
    offset += length;
    return bytes.toString('utf8', offset - length, offset);
  };
  const device = text();
  const topic = text();
  need(2);
  const count = bytes.readUInt16BE(offset);
  offset += 2;
  const pictures: { topic: string; retain: boolean }[] = [];
  for (let index = 0; index < count; index++) {
    need(1);
    const retain = bytes[offset] === 1;
    offset++;
    pictures.push({ topic: text(), retain });
  }
  return { device, topic, payload: bytes.subarray(offset), pictures };
}

function writeText(bytes: Buffer, text: string, offset: number): number {
  const length = bytes.write(text, offset + 2, 'utf8');
  bytes.writeUInt16BE(length, offset);
  return offset + 2 + length;
}
