/**
 * How the journal stands on disk. A segment is a header and records behind it; pictures have segments of their own, so that they
 * can be dropped before events are. Pure: bytes in, records out.
 */
import { crc32 } from 'node:zlib';

/**
 * Header of a segment.
 *
 * | byte  | field   | meaning                                             |
 * |-------|---------|-----------------------------------------------------|
 * | 0-3   | magic   | `HSPJ`                                              |
 * | 4-5   | version | of this format, u16 big-endian                      |
 * | 6-7   | length  | of this header; a later version may have more in it |
 */
export const SEGMENT_HEADER_BYTES = 8;
export const JOURNAL_VERSION = 1;

/**
 * Header of a record.
 *
 * | byte  | field    | meaning                                          |
 * |-------|----------|--------------------------------------------------|
 * | 0-3   | mark     | where to go on reading behind damaged bytes      |
 * | 4-7   | length   | of the body, u32 big-endian                      |
 * | 8-11  | crc      | CRC-32 of everything behind it, body included    |
 * | 12-17 | sequence | u48, only grows                                  |
 * | 18-23 | pictures | u48, sequence of the first picture of the event  |
 * | 24-25 | count    | u16, how many pictures                           |
 */
export const RECORD_HEADER_BYTES = 26;
const CRC_FROM = 12;

const MAGIC = Buffer.from('HSPJ', 'latin1');
const MARK = Buffer.from([0x89, 0x52, 0x0d, 0x0a]);
/** Larger ones are not written, so a larger length is damage. */
export const RECORD_MAX_BYTES = 64 * 1024 * 1024;

export interface JournalRecord {
  readonly sequence: number;
  readonly firstPicture: number;
  readonly pictureCount: number;
  readonly body: Buffer;
}

/** A record as it was found; the body is a view of what was read. */
export interface FoundRecord extends JournalRecord {
  /** Where its header begins in the segment. */
  readonly offset: number;
}

export function segmentHeader(): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header, 0);
  header.writeUInt16BE(JOURNAL_VERSION, 4);
  header.writeUInt16BE(SEGMENT_HEADER_BYTES, 6);
  return header;
}

export function recordBytes(bodyBytes: number): number {
  return RECORD_HEADER_BYTES + bodyBytes;
}

/** Writes a record into `target`. @returns the offset behind it. */
export function writeRecord(target: Buffer, offset: number, record: JournalRecord): number {
  const { body } = record;
  MARK.copy(target, offset);
  target.writeUInt32BE(body.length, offset + 4);
  target.writeUIntBE(record.sequence, offset + 12, 6);
  target.writeUIntBE(record.firstPicture, offset + 18, 6);
  target.writeUInt16BE(record.pictureCount, offset + 24);
  body.copy(target, offset + RECORD_HEADER_BYTES);
  const end = offset + RECORD_HEADER_BYTES + body.length;
  target.writeUInt32BE(crc32(target.subarray(offset + CRC_FROM, end)), offset + 8);
  return end;
}

/** Reads the record that begins at `offset`; null where none that is whole and sound does. */
export function readRecord(bytes: Buffer, offset: number): FoundRecord | null {
  if (offset + RECORD_HEADER_BYTES > bytes.length || bytes.compare(MARK, 0, 4, offset, offset + 4) !== 0) return null;
  const length = bytes.readUInt32BE(offset + 4);
  const end = offset + RECORD_HEADER_BYTES + length;
  if (length > RECORD_MAX_BYTES || end > bytes.length) return null;
  if (crc32(bytes.subarray(offset + CRC_FROM, end)) !== bytes.readUInt32BE(offset + 8)) return null;
  return {
    offset,
    sequence: bytes.readUIntBE(offset + 12, 6),
    firstPicture: bytes.readUIntBE(offset + 18, 6),
    pictureCount: bytes.readUInt16BE(offset + 24),
    body: bytes.subarray(offset + RECORD_HEADER_BYTES, end),
  };
}

export interface ScannedSegment {
  readonly records: readonly FoundRecord[];
  /** Places within the segment where bytes made no sense, with sound records behind them. */
  readonly damagedPlaces: number;
  /** Bytes at those places. */
  readonly skippedBytes: number;
  /** Where the sound part ends; what is behind it is a record that was cut off while it was written. */
  readonly soundBytes: number;
}

/** `newer`: written by a later version that this one cannot read. */
export type SegmentVersion = 'ours' | 'newer' | 'unknown';

export function versionOf(bytes: Buffer): SegmentVersion {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.compare(MAGIC, 0, 4, 0, 4) !== 0) return 'unknown';
  const version = bytes.readUInt16BE(4);
  if (version > JOURNAL_VERSION) return 'newer';
  return version === 0 ? 'unknown' : 'ours';
}

/** Reads a whole segment. Damaged bytes are searched for the next sound record, so one bad sector costs no more than it must. */
export function scanSegment(bytes: Buffer): ScannedSegment {
  const records: FoundRecord[] = [];
  // A header that is damaged itself does not take the records with it.
  const isHeaderSound = versionOf(bytes) === 'ours';
  let offset = isHeaderSound ? bytes.readUInt16BE(6) : 0;
  let soundBytes = isHeaderSound ? Math.min(offset, bytes.length) : 0;
  let damagedPlaces = 0;
  let skippedBytes = 0;
  while (offset < bytes.length) {
    const record = readRecord(bytes, offset);
    if (record === null) {
      const next = bytes.indexOf(MARK, offset + 1);
      if (next < 0) break;
      offset = next;
      continue;
    }
    if (offset > soundBytes) {
      damagedPlaces++;
      skippedBytes += offset - soundBytes;
    }
    records.push(record);
    offset += RECORD_HEADER_BYTES + record.body.length;
    soundBytes = offset;
  }
  return { records, damagedPlaces, skippedBytes, soundBytes };
}

/**
 * Up to where everything is done, and what was dropped so far. Written over and over into two places in turn, so that one that is
 * cut off while it is written leaves the one before.
 *
 * | byte  | field      |
 * |-------|------------|
 * | 0-3   | crc of what is behind it |
 * | 4-9   | generation |
 * | 10-15 | done       |
 * | 16-21 | pictures: sequence of the next one |
 * | 22-27 | events dropped   |
 * | 28-33 | pictures dropped |
 */
export const POSITION_BYTES = 40;

export interface Position {
  readonly generation: number;
  /** Everything up to this sequence is done. */
  readonly done: number;
  readonly nextPicture: number;
  readonly droppedEvents: number;
  readonly droppedPictures: number;
}

export function positionBytes(position: Position): Buffer {
  const bytes = Buffer.alloc(POSITION_BYTES);
  bytes.writeUIntBE(position.generation, 4, 6);
  bytes.writeUIntBE(position.done, 10, 6);
  bytes.writeUIntBE(position.nextPicture, 16, 6);
  bytes.writeUIntBE(position.droppedEvents, 22, 6);
  bytes.writeUIntBE(position.droppedPictures, 28, 6);
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** The newer of the sound places; null where there is none. */
export function readPosition(bytes: Buffer): Position | null {
  let newest: Position | null = null;
  for (let offset = 0; offset + POSITION_BYTES <= bytes.length; offset += POSITION_BYTES) {
    const place = bytes.subarray(offset, offset + POSITION_BYTES);
    if (crc32(place.subarray(4)) !== place.readUInt32BE(0)) continue;
    const generation = place.readUIntBE(4, 6);
    if (newest !== null && newest.generation > generation) continue;
    newest = {
      generation,
      done: place.readUIntBE(10, 6),
      nextPicture: place.readUIntBE(16, 6),
      droppedEvents: place.readUIntBE(22, 6),
      droppedPictures: place.readUIntBE(28, 6),
    };
  }
  return newest;
}
