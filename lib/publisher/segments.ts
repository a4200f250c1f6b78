/** One log of the journal: files that are only appended to, and go as a whole when nothing in them is wanted any more. */
import {
  recordBytes,
  scanSegment,
  segmentHeader,
  SEGMENT_HEADER_BYTES,
  versionOf,
  writeRecord,
  type FoundRecord,
  type JournalRecord,
} from '../mqtt/journal-format';
import type { JournalFile, JournalFiles } from './files';

export interface Segment {
  readonly name: string;
  readonly number: number;
  /** Null while nobody reads or writes it. */
  file: JournalFile | null;
  sizeBytes: number;
  /** Records that are still wanted. */
  wanted: number;
}

/** Where a record is. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface Damage {
  /** Places where bytes made no sense, and the bytes at them. */
  places: number;
  bytes: number;
  /** Segments of a later version, set aside under another name. */
  newer: number;
}

export class SegmentLog {
  private readonly segments = new Map<number, Segment>();
  private current: Segment | null = null;
  private nextNumber = 1;
  private unsynced = new Set<Segment>();

  /** @param letter what the names of its files begin with. */
  constructor(
    private readonly files: JournalFiles,
    private readonly letter: 'e' | 'p',
    private readonly segmentBytes: number,
  ) {}

  /** Reads what is there, oldest first. A record that was cut off at the end is taken away, damage before it is skipped. */
  async open(damage: Damage, onRecord: (record: FoundRecord, segment: Segment) => boolean): Promise<void> {
    const pattern = this.letter === 'e' ? /^e-(\d{1,12})\.journal$/ : /^p-(\d{1,12})\.journal$/;
    const found = (await this.files.list())
      .map((name) => ({ name, number: Number(pattern.exec(name)?.[1] ?? NaN) }))
      .filter(({ number }) => Number.isSafeInteger(number))
      .sort((a, b) => a.number - b.number);
    for (const { name, number } of found) {
      this.nextNumber = Math.max(this.nextNumber, number + 1);
      const bytes = await this.files.readAll(name);
      if (versionOf(bytes) === 'newer') {
        damage.newer++;
        await this.files.rename(name, `${name}.newer`);
        continue;
      }
      const scanned = scanSegment(bytes);
      damage.places += scanned.damagedPlaces;
      damage.bytes += scanned.skippedBytes;
      const segment: Segment = { name, number, file: null, sizeBytes: scanned.soundBytes, wanted: 0 };
      for (const record of scanned.records) if (onRecord(record, segment)) segment.wanted++;
      this.segments.set(number, segment);
      if (segment.wanted === 0) await this.drop(segment);
      else if (scanned.soundBytes < bytes.length) await this.cut(segment);
    }
  }

  /**
   * Appends records with one write. A new segment is begun where the current one is full, or was left by a failed write.
   *
   * @returns where each of them is. @throws what the file system said; then none of them counts as written.
   */
  async append(records: readonly JournalRecord[]): Promise<Place[]> {
    const segment = await this.writable();
    const { file } = segment;
    const header = segment.sizeBytes === 0 ? segmentHeader() : null;
    const start = header === null ? 0 : SEGMENT_HEADER_BYTES;
    const total = records.reduce((sum, { body }) => sum + recordBytes(body.length), start);
    const bytes = Buffer.allocUnsafe(total);
    header?.copy(bytes, 0);
    const places: Place[] = [];
    let offset = start;
    for (const record of records) {
      const end = writeRecord(bytes, offset, record);
      places.push({ segment, offset: segment.sizeBytes + offset, lengthBytes: end - offset });
      offset = end;
    }
    try {
      await (file as JournalFile).write(bytes, segment.sizeBytes);
    } catch (error) {
      // What half of it may stand there now is cut off here, or skipped when the journal is opened the next time.
      this.current = null;
      await (file as JournalFile).truncate(segment.sizeBytes).catch(() => undefined);
      if (segment.wanted === 0) await this.drop(segment).catch(() => undefined);
      throw error;
    }
    segment.sizeBytes += total;
    segment.wanted += records.length;
    this.unsynced.add(segment);
    return places;
  }

  /** Everything written so far survives a power cut. */
  async sync(): Promise<void> {
    const segments = this.unsynced;
    this.unsynced = new Set();
    for (const segment of segments) if (this.segments.has(segment.number)) await segment.file?.datasync();
  }

  async read({ segment, offset, lengthBytes }: Place): Promise<Buffer> {
    segment.file ??= await this.files.open(segment.name);
    return segment.file.read(lengthBytes, offset);
  }

  /** A record is no longer wanted. @returns the segment when that was the last one in it. */
  done({ segment }: Place): Segment | null {
    segment.wanted--;
    return segment.wanted === 0 && segment !== this.current ? segment : null;
  }

  /** Takes away segments in which nothing is wanted, except the one that is being written. */
  async clean(): Promise<void> {
    for (const segment of this.segments.values()) {
      if (segment.wanted === 0 && segment !== this.current) await this.drop(segment);
    }
  }

  async close(): Promise<void> {
    this.current = null;
    for (const segment of this.segments.values()) {
      if (segment.wanted === 0) await this.drop(segment).catch(() => undefined);
      await segment.file?.close().catch(() => undefined);
      segment.file = null;
    }
    this.segments.clear();
  }

  private async writable(): Promise<Segment> {
    if (this.current !== null && this.current.sizeBytes < this.segmentBytes) return this.current;
    const number = this.nextNumber++;
    const name = `${this.letter}-${String(number).padStart(10, '0')}.journal`;
    const segment: Segment = { name, number, file: await this.files.open(name), sizeBytes: 0, wanted: 0 };
    const before = this.current;
    this.segments.set(number, segment);
    this.current = segment;
    if (before?.wanted === 0) await this.drop(before);
    // Not every system can do it, and the records are safe from everything but a power cut all the same.
    await this.files.syncFolder().catch(() => undefined);
    return segment;
  }

  private async cut(segment: Segment): Promise<void> {
    try {
      segment.file = await this.files.open(segment.name);
      await segment.file.truncate(segment.sizeBytes);
    } catch {
      // It is skipped the next time, too.
    }
  }

  private async drop(segment: Segment): Promise<void> {
    this.segments.delete(segment.number);
    this.unsynced.delete(segment);
    const { file } = segment;
    segment.file = null;
    await file?.close().catch(() => undefined);
    await this.files.remove(segment.name);
  }
}
