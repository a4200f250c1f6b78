/**
 * Events that wait for the broker, on disk: bounded, durable, in order. Nothing here ever refuses an event: where the disk is
 * full or broken they wait in memory, up to a bound, and the status says so. What has to be dropped is counted: pictures first,
 * then the oldest events.
 */
import type { Clock, Timer } from '../clock';
import {
  POSITION_BYTES,
  positionBytes,
  readPosition,
  readRecord,
  RECORD_HEADER_BYTES,
  type FoundRecord,
} from '../mqtt/journal-format';
import {
  JOURNAL_BATCH_BYTES,
  JOURNAL_MAX_BYTES,
  JOURNAL_MAX_EVENTS,
  JOURNAL_MEMORY_BYTES,
  JOURNAL_MEMORY_EVENTS,
  JOURNAL_POSITION_INTERVAL_MS,
  JOURNAL_READ_BYTES,
  JOURNAL_RETRY_MS,
  JOURNAL_SEGMENT_BYTES,
  JOURNAL_SYNC_INTERVAL_MS,
} from '../settings';
import type { JournalFile, JournalFiles } from './files';
import { JournalLock, JournalLockedError, type Processes } from './journal-lock';
import { Queue } from './queue';
import { SegmentLog, type Damage, type Place, type Segment } from './segments';

export interface JournalOptions {
  readonly files: JournalFiles;
  /** Tells journals apart in messages and within this process; the folder. */
  readonly place: string;
  readonly clock: Clock;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
  readonly segmentBytes?: number;
  readonly processes?: Processes;
}

interface PictureSlot {
  readonly sequence: number;
  readonly sizeBytes: number;
  /** Null when it is on disk only. */
  data: Buffer | null;
  place: Place | null;
}

/** An event that waits, or is on its way. */
export interface JournalEntry {
  readonly sequence: number;
  readonly body: Buffer;
  readonly firstPicture: number;
  readonly pictureCount: number;
}

interface Entry extends JournalEntry {
  /** Null while it is in memory only. */
  place: Place | null;
  state: 'waiting' | 'taken' | 'done';
  /** A write of it is under way. */
  isWriting: boolean;
}

/** An event that is on disk only. */
interface Stored {
  readonly sequence: number;
  readonly firstPicture: number;
  readonly pictureCount: number;
  readonly place: Place;
}

export interface JournalStatus {
  /** Events that are not done: waiting, and on their way. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly queuedPictures: number;
  readonly droppedEvents: number;
  readonly droppedPictures: number;
  /** Places on disk that made no sense and were skipped when the journal was opened, and how many bytes. */
  readonly damagedPlaces: number;
  readonly skippedBytes: number;
  /** Files of a later version, which this one cannot read; they were set aside. */
  readonly newerFiles: number;
  /** Why events wait in memory only; null while the disk takes them. */
  readonly problem: string | null;
}

const POSITION = 'position';

export class Journal {
  /** Called when the problem with the disk comes, changes or goes. */
  onProblem: (problem: string | null) => void = () => undefined;

  private readonly events: SegmentLog;
  private readonly pictures: SegmentLog;
  /** Handed out and not done, oldest first. */
  private taken: Entry[] = [];
  /** Handed out before and put back, or read from disk: next to be handed out. */
  private readonly front = new Queue<Entry>();
  /** On their way from the disk into `front`. */
  private reading: readonly Stored[] = [];
  /** On disk only, behind `front` and before `tail`. */
  private readonly stored = new Queue<Stored>();
  /** The newest ones. */
  private readonly tail = new Queue<Entry>();
  private tailBytes = 0;
  private readonly unwritten = new Queue<Entry>();
  private unwrittenBytes = 0;
  private readonly slots = new Map<number, PictureSlot>();
  private pictureBytes = 0;
  private eventBytes = 0;
  private nextSequence = 1;
  private nextPicture = 1;
  private droppedEvents = 0;
  private droppedPictures = 0;
  private readonly damage: Damage = { places: 0, bytes: 0, newer: 0 };
  private problem: string | null = null;
  private positionFile: JournalFile | null = null;
  private generation = 0;
  private positionTimer: Timer | null = null;
  private retryTimer: Timer | null = null;
  private writing: Promise<void> | null = null;
  private syncing: Promise<void> = Promise.resolve();
  private syncTimer: Timer | null = null;
  private loading: Promise<void> | null = null;
  private isClosed = false;

  /**
   * Opens the journal of one process, and makes it where it is missing. Damage never keeps it from opening; where the disk does,
   * events wait in memory, and the status says so.
   *
   * @throws JournalLockedError when another process has it.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    let lock: JournalLock | null = null;
    let journal: Journal;
    try {
      await options.files.prepare();
      lock = await JournalLock.take(options.files, options.place, options.clock, options.processes);
      journal = new Journal(options, lock);
      await journal.read();
    } catch (error) {
      if (error instanceof JournalLockedError) throw error;
      await lock?.release();
      journal = new Journal(options, null);
      journal.problem = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
    return journal;
  }

  private constructor(
    private readonly options: JournalOptions,
    /** Null: the disk cannot be used. */
    private readonly lock: JournalLock | null,
  ) {
    const segmentBytes = options.segmentBytes ?? Math.min(JOURNAL_SEGMENT_BYTES, Math.max(4_096, this.maxBytes / 8));
    this.events = new SegmentLog(options.files, 'e', segmentBytes);
    this.pictures = new SegmentLog(options.files, 'p', segmentBytes);
  }

  get status(): JournalStatus {
    return {
      queued: this.queued,
      queuedBytes: this.eventBytes + this.pictureBytes,
      queuedPictures: this.slots.size,
      droppedEvents: this.droppedEvents,
      droppedPictures: this.droppedPictures,
      damagedPlaces: this.damage.places,
      skippedBytes: this.damage.bytes,
      newerFiles: this.damage.newer,
      problem: this.problem,
    };
  }

  /** Events that are not done. */
  get queued(): number {
    return this.taken.length + this.front.length + this.reading.length + this.stored.length + this.tail.length;
  }

  /** Takes an event over. It never fails, and may drop older ones to keep the bounds. */
  append(body: Buffer, pictures: readonly Buffer[] = []): void {
    const firstPicture = this.nextPicture;
    for (const data of pictures) {
      const slot: PictureSlot = { sequence: this.nextPicture++, sizeBytes: data.length, data, place: null };
      this.slots.set(slot.sequence, slot);
      this.pictureBytes += data.length;
      this.tailBytes += data.length;
      this.unwrittenBytes += data.length;
    }
    const sequence = this.nextSequence++;
    const entry: Entry = {
      sequence,
      body,
      firstPicture,
      pictureCount: pictures.length,
      place: null,
      state: 'waiting',
      isWriting: false,
    };
    this.eventBytes += body.length;
    this.tailBytes += body.length;
    this.unwrittenBytes += body.length;
    this.tail.push(entry);
    this.unwritten.push(entry);
    this.keepBounds();
    this.write();
  }

  /** The next event to publish; null where there is none in memory: see {@link load}. */
  take(): JournalEntry | null {
    const entry = this.front.shift() ?? (this.isOnDisk ? undefined : this.shiftTail());
    if (entry === undefined) return null;
    entry.state = 'taken';
    this.taken.push(entry);
    return entry;
  }

  /** Events on disk are next, and have to be read first. */
  get needsLoad(): boolean {
    return this.front.length === 0 && this.isOnDisk;
  }

  private get isOnDisk(): boolean {
    return this.reading.length > 0 || this.stored.length > 0;
  }

  /** Reads the next events from disk. Never rejects; one that cannot be read is counted as dropped. */
  load(): Promise<void> {
    this.loading ??= this.loadNext().finally(() => (this.loading = null));
    return this.loading;
  }

  /** The pictures of an event; null for one that was dropped. */
  async picturesOf({ firstPicture, pictureCount }: JournalEntry): Promise<(Buffer | null)[]> {
    const pictures: (Buffer | null)[] = [];
    for (let index = 0; index < pictureCount; index++) {
      const slot = this.slots.get(firstPicture + index);
      pictures.push(slot === undefined ? null : (slot.data ?? (await this.readPicture(slot))));
    }
    return pictures;
  }

  /** The broker has it. */
  done(given: JournalEntry): void {
    const entry = given as Entry;
    if (entry.state === 'done') return;
    entry.state = 'done';
    this.release(entry);
    const first = this.taken[0];
    if (first === entry) this.taken.shift();
    else this.taken = this.taken.filter((other) => other !== entry);
    this.notePosition();
  }

  /** The connection broke: what was handed out and is not done comes again, in order. */
  rewind(): void {
    for (const entry of this.taken) entry.state = 'waiting';
    this.front.unshift(this.taken);
    this.taken = [];
    this.keepBounds();
  }

  /** Resolves when everything appended so far is in the file, where it survives the end of this process. */
  async written(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }

  /** Resolves when everything appended so far survives a power cut, as far as the disk takes it. */
  async flush(): Promise<void> {
    await this.written();
    await this.savePosition();
    await this.sync();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    await this.flush();
    this.isClosed = true;
    this.positionTimer?.cancel();
    this.retryTimer?.cancel();
    this.syncTimer?.cancel();
    await this.loading;
    await this.events.close();
    await this.pictures.close();
    await this.positionFile?.close().catch(() => undefined);
    await this.lock?.release();
  }

  private get maxBytes(): number {
    return this.options.maxBytes ?? JOURNAL_MAX_BYTES;
  }

  private async read(): Promise<void> {
    this.positionFile = await this.options.files.open(POSITION);
    const position = readPosition(await this.positionFile.read(2 * POSITION_BYTES, 0));
    const done = position?.done ?? 0;
    this.generation = position?.generation ?? 0;
    this.droppedEvents = position?.droppedEvents ?? 0;
    this.droppedPictures = position?.droppedPictures ?? 0;
    this.nextSequence = done + 1;
    this.nextPicture = position?.nextPicture ?? 1;
    const wantedPictures = new Set<number>();
    await this.events.open(this.damage, (record, segment) => {
      // A sequence that was seen already is a record that was written again after a failed write.
      if (record.sequence <= done || record.sequence < this.nextSequence) return false;
      this.nextSequence = record.sequence + 1;
      const { sequence, firstPicture, pictureCount } = record;
      this.stored.push({ sequence, firstPicture, pictureCount, place: placeOf(record, segment) });
      this.eventBytes += record.body.length;
      for (let index = 0; index < pictureCount; index++) wantedPictures.add(firstPicture + index);
      this.nextPicture = Math.max(this.nextPicture, firstPicture + pictureCount);
      return true;
    });
    await this.pictures.open(this.damage, (record, segment) => {
      const { sequence } = record;
      this.nextPicture = Math.max(this.nextPicture, sequence + 1);
      if (!wantedPictures.has(sequence) || this.slots.has(sequence)) return false;
      const sizeBytes = record.body.length;
      this.slots.set(sequence, { sequence, sizeBytes, data: null, place: placeOf(record, segment) });
      this.pictureBytes += sizeBytes;
      return true;
    });
    this.keepBounds();
  }

  private shiftTail(): Entry | undefined {
    const entry = this.tail.shift();
    if (entry !== undefined) this.tailBytes -= entry.body.length + this.pictureBytesIn(entry);
    return entry;
  }

  /** Bytes of its pictures that are in memory. */
  private pictureBytesIn({ firstPicture, pictureCount }: JournalEntry): number {
    let bytes = 0;
    for (let index = 0; index < pictureCount; index++) bytes += this.slots.get(firstPicture + index)?.data?.length ?? 0;
    return bytes;
  }

  private async loadNext(): Promise<void> {
    const batch: Stored[] = [];
    let bytes = 0;
    while (bytes < JOURNAL_READ_BYTES) {
      const next = this.stored.peek();
      // One read covers records that lie one behind the other.
      if (next === undefined || (batch.length > 0 && !isBehind(batch.at(-1) as Stored, next))) break;
      this.stored.shift();
      batch.push(next);
      bytes += next.place.lengthBytes;
    }
    const first = batch[0];
    if (first === undefined) return;
    const { segment, offset } = first.place;
    this.reading = batch;
    const read = await this.events.read({ segment, offset, lengthBytes: bytes }).catch(() => Buffer.alloc(0));
    for (const stored of batch) {
      const { sequence, firstPicture, pictureCount, place } = stored;
      const record = readRecord(read, place.offset - offset);
      if (record?.sequence !== sequence) {
        this.eventBytes -= place.lengthBytes - RECORD_HEADER_BYTES;
        this.droppedEvents++;
        this.releasePictures(stored, true);
        this.events.done(place);
        continue;
      }
      const { body } = record;
      this.front.push({ sequence, body, firstPicture, pictureCount, place, state: 'waiting', isWriting: false });
    }
    this.reading = [];
  }

  private async readPicture(slot: PictureSlot): Promise<Buffer | null> {
    const { place } = slot;
    const record = place === null ? null : readRecord(await this.pictures.read(place).catch(() => Buffer.alloc(0)), 0);
    if (record?.sequence === slot.sequence) return record.body;
    this.dropPicture(slot);
    return null;
  }

  /** It is no longer wanted, whether it was published or dropped. */
  private release(entry: Entry): void {
    this.eventBytes -= entry.body.length;
    this.releasePictures(entry, false);
    // One that is being written is let go when that is over.
    if (entry.place !== null) this.events.done(entry.place);
    else if (!entry.isWriting) this.unwrittenBytes -= entry.body.length;
  }

  private releasePictures({ firstPicture, pictureCount }: JournalEntry | Stored, isDropped: boolean): void {
    for (let index = 0; index < pictureCount; index++) {
      const slot = this.slots.get(firstPicture + index);
      if (slot === undefined) continue;
      if (isDropped) this.droppedPictures++;
      this.forgetPicture(slot);
    }
  }

  private dropPicture(slot: PictureSlot): void {
    this.droppedPictures++;
    this.forgetPicture(slot);
  }

  private forgetPicture(slot: PictureSlot): void {
    this.slots.delete(slot.sequence);
    this.pictureBytes -= slot.sizeBytes;
    if (slot.place === null) this.unwrittenBytes -= slot.sizeBytes;
    else this.pictures.done(slot.place);
  }

  /** Pictures go first, then the oldest events; what is on its way to the broker stays. */
  private keepBounds(): void {
    const maxEvents = this.options.maxEvents ?? JOURNAL_MAX_EVENTS;
    const before = this.droppedEvents + this.droppedPictures;
    if (this.eventBytes + this.pictureBytes > this.maxBytes) {
      const kept = new Set(this.taken.flatMap((entry) => picturesOfEntry(entry)));
      for (const slot of this.slots.values()) {
        if (this.eventBytes + this.pictureBytes <= this.maxBytes) break;
        if (kept.has(slot.sequence)) continue;
        this.tailBytes -= this.isInTail(slot) ? slot.sizeBytes : 0;
        this.dropPicture(slot);
      }
    }
    while (this.queued > maxEvents || this.eventBytes + this.pictureBytes > this.maxBytes) {
      if (!this.dropOldest()) break;
    }
    // What the disk did not take must not fill the memory instead.
    if (this.problem !== null) this.keepMemoryBounds();
    this.moveOut();
    if (this.droppedEvents + this.droppedPictures !== before) this.notePosition();
  }

  private isInTail(slot: PictureSlot): boolean {
    const oldest = this.tail.peek();
    return slot.data !== null && oldest !== undefined && slot.sequence >= oldest.firstPicture;
  }

  private dropOldest(): boolean {
    const waiting = this.front.shift();
    if (waiting !== undefined) return this.dropped(waiting);
    const stored = this.stored.shift();
    if (stored !== undefined) {
      this.droppedEvents++;
      this.eventBytes -= stored.place.lengthBytes - RECORD_HEADER_BYTES;
      this.releasePictures(stored, true);
      this.events.done(stored.place);
      return true;
    }
    const entry = this.shiftTail();
    return entry === undefined ? false : this.dropped(entry);
  }

  private dropped(entry: Entry): true {
    this.droppedEvents++;
    entry.state = 'done';
    this.releasePictures(entry, true);
    this.release(entry);
    return true;
  }

  /** Of those that are only in memory, pictures go first and then the oldest; those on disk before them stay. */
  private keepMemoryBounds(): void {
    const isOver = () => this.unwritten.length > JOURNAL_MEMORY_EVENTS || this.unwrittenBytes > JOURNAL_MEMORY_BYTES;
    if (!isOver()) return;
    for (const slot of this.slots.values()) {
      if (this.unwrittenBytes <= JOURNAL_MEMORY_BYTES) break;
      if (slot.place !== null) continue;
      if (this.isInTail(slot)) this.tailBytes -= slot.sizeBytes;
      this.dropPicture(slot);
    }
    // What is on its way stays a candidate for the disk: the connection may break, and the process end before the next one.
    const underway: Entry[] = [];
    while (isOver()) {
      const oldest = this.unwritten.shift();
      if (oldest === undefined) break;
      if (oldest.state === 'taken') underway.push(oldest);
      else if (oldest.state === 'waiting') {
        this.removeWaiting(oldest);
        this.dropped(oldest);
      }
    }
    this.unwritten.unshift(underway);
  }

  private removeWaiting(entry: Entry): void {
    if (this.tail.peek() === entry) {
      this.shiftTail();
      return;
    }
    for (const queue of [this.front, this.tail]) {
      const left = [...queue].filter((other) => other !== entry);
      if (left.length === queue.length) continue;
      if (queue === this.tail) this.tailBytes -= entry.body.length + this.pictureBytesIn(entry);
      queue.clear();
      queue.unshift(left);
    }
  }

  /** What is on disk need not be in memory, too; the newest stay, as they are published at once as a rule. */
  private moveOut(): void {
    while (this.tailBytes > JOURNAL_MEMORY_BYTES || this.tail.length > JOURNAL_MEMORY_EVENTS) {
      const oldest = this.tail.peek();
      if (oldest === undefined || oldest.place === null) return;
      this.shiftTail();
      const { sequence, firstPicture, pictureCount, place } = oldest;
      this.stored.push({ sequence, firstPicture, pictureCount, place });
      for (const picture of picturesOfEntry(oldest)) {
        const slot = this.slots.get(picture);
        if (slot !== undefined && slot.place !== null) slot.data = null;
      }
    }
  }

  /** Writes what waits, batch after batch: while one is written, the next one gathers. */
  private write(): void {
    if (this.writing !== null || this.isClosed || this.retryTimer !== null || this.lock === null) return;
    if (this.unwritten.length === 0) return;
    this.writing = this.writeBatches().finally(() => {
      this.writing = null;
      this.write();
    });
  }

  private async writeBatches(): Promise<void> {
    // What comes together is written together.
    await Promise.resolve();
    while (this.unwritten.length > 0) {
      const batch: Entry[] = [];
      let bytes = 0;
      while (bytes < JOURNAL_BATCH_BYTES) {
        const entry = this.unwritten.shift();
        if (entry === undefined) break;
        // The broker was faster than the disk.
        if (entry.state === 'done') continue;
        entry.isWriting = true;
        bytes += entry.body.length;
        batch.push(entry);
      }
      if (batch.length === 0) continue;
      try {
        await this.writeBatch(batch);
        this.unwrittenBytes -= bytes;
        this.setProblem(null);
      } catch (error) {
        for (const entry of batch) entry.isWriting = false;
        this.unwritten.unshift(batch.filter(({ state }) => state !== 'done'));
        for (const { state, body } of batch) if (state === 'done') this.unwrittenBytes -= body.length;
        this.failed(error as Error);
        return;
      }
      this.moveOut();
      this.syncSoon();
    }
  }

  private async writeBatch(batch: readonly Entry[]): Promise<void> {
    const slots = batch
      .filter(({ pictureCount }) => pictureCount > 0)
      .flatMap((entry) => picturesOfEntry(entry).map((sequence) => this.slots.get(sequence)))
      .filter((slot): slot is PictureSlot & { data: Buffer } => slot?.place === null && slot.data !== null);
    if (slots.length > 0) {
      const places = await this.pictures.append(
        slots.map(({ sequence, data }) => ({ sequence, firstPicture: 0, pictureCount: 0, body: data })),
      );
      for (const [index, slot] of slots.entries()) {
        const place = places[index] as Place;
        slot.place = place;
        // One that was dropped meanwhile is counted off already.
        if (this.slots.has(slot.sequence)) this.unwrittenBytes -= slot.sizeBytes;
        else this.pictures.done(place);
      }
    }
    const places = await this.events.append(batch);
    for (const [index, entry] of batch.entries()) {
      entry.isWriting = false;
      const place = places[index] as Place;
      entry.place = place;
      if (entry.state === 'done') this.events.done(place);
    }
  }

  private failed(error: Error): void {
    this.setProblem((error as NodeJS.ErrnoException).code ?? error.message);
    this.keepBounds();
    this.retryTimer ??= this.options.clock.after(JOURNAL_RETRY_MS, () => {
      this.retryTimer = null;
      this.write();
    });
  }

  private setProblem(problem: string | null): void {
    if (this.problem === problem) return;
    this.problem = problem;
    this.onProblem(problem);
  }

  /** A power cut costs at most the last moment; what the broker has by then needs no sync at all. */
  private syncSoon(): void {
    this.syncTimer ??= this.options.clock.after(JOURNAL_SYNC_INTERVAL_MS, () => {
      this.syncTimer = null;
      if (this.queued > 0 && !this.isClosed) void this.sync();
    });
  }

  /** One after the other. */
  private sync(): Promise<void> {
    this.syncing = this.syncing.then(async () => {
      try {
        await this.pictures.sync();
        await this.events.sync();
      } catch (error) {
        this.setProblem((error as NodeJS.ErrnoException).code ?? (error as Error).message);
      }
    });
    return this.syncing;
  }

  /** Up to where everything is done. */
  private get donePosition(): number {
    const oldest =
      this.taken[0]?.sequence ??
      this.front.peek()?.sequence ??
      this.reading[0]?.sequence ??
      this.stored.peek()?.sequence ??
      this.tail.peek()?.sequence ??
      this.nextSequence;
    return oldest - 1;
  }

  private notePosition(): void {
    this.positionTimer ??= this.options.clock.after(JOURNAL_POSITION_INTERVAL_MS, () => {
      this.positionTimer = null;
      void this.savePosition();
    });
  }

  /** Late or lost, it only costs that some events are published again. */
  private async savePosition(): Promise<void> {
    const done = this.donePosition;
    const { droppedEvents, droppedPictures, nextPicture, positionFile } = this;
    if (positionFile === null || this.isClosed) return;
    const generation = ++this.generation;
    const bytes = positionBytes({ generation, done, nextPicture, droppedEvents, droppedPictures });
    try {
      await positionFile.write(bytes, (generation % 2) * POSITION_BYTES);
      await this.events.clean();
      await this.pictures.clean();
    } catch (error) {
      this.setProblem((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    }
  }
}

function placeOf(record: FoundRecord, segment: Segment): Place {
  return { segment, offset: record.offset, lengthBytes: RECORD_HEADER_BYTES + record.body.length };
}

function isBehind(before: Stored, next: Stored): boolean {
  const { segment, offset, lengthBytes } = before.place;
  return next.place.segment === segment && next.place.offset === offset + lengthBytes;
}

function picturesOfEntry({ firstPicture, pictureCount }: JournalEntry): number[] {
  return Array.from({ length: pictureCount }, (_, index) => firstPicture + index);
}
