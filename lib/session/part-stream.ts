/** Bytes of a device → notices with their pictures: one alertStream, or the body of one push. Has no socket. */
import type { Clock, Timer } from '../clock';
import { MultipartReader, type Part } from '../codec/multipart';
import { excerpt } from '../codec/text';
import type { Classified } from '../events/classify';
import type { Notice } from '../events/event';
import type { PictureJoiner } from '../events/pictures';

/** What a stream of parts tells. */
export interface PartStreamReports {
  /** A part is whole. @returns false where it must not cost anything more: it is dropped. */
  readonly part: () => boolean;
  readonly classify: (part: Part) => Classified;
  /** A document was read; pictures may follow. @returns false where it is left out. */
  readonly received: (notice: Notice) => boolean;
  /** An event is complete, pictures included. */
  readonly ready: (notice: Notice) => void;
  readonly skipped: (sizeBytes: number, why: string) => void;
  readonly unreadable: (reason: string) => void;
  /** The connection ended within a part. */
  readonly cutOff: () => void;
  /** A picture came for no event that waited for one. */
  readonly orphan: (name: string | null, sizeBytes: number) => void;
  /** A picture was beyond what one event may hold. */
  readonly dropped: () => void;
}

/** How much longer an event waits when a picture of it is half there. */
const PICTURE_RECHECK_MS = 2_000;

export class PartStream {
  private readonly reader: MultipartReader;
  private timer: Timer | null = null;

  /** @param joiner may outlive the stream: what it learned about the device's pictures stays. */
  constructor(
    private readonly clock: Clock,
    private readonly reports: PartStreamReports,
    private readonly joiner: PictureJoiner<Notice>,
  ) {
    this.reader = new MultipartReader({}, ({ sizeBytes, reason, head }) =>
      reports.skipped(sizeBytes, `${reason}; they begin: ${excerpt(head)}`),
    );
  }

  /** Bytes held back because their part is not complete. */
  get pendingBytes(): number {
    return this.reader.pendingBytes;
  }

  /** @returns how many whole parts these bytes completed. */
  push(chunk: Buffer): number {
    const parts = this.reader.push(chunk);
    for (const part of parts) this.part(part);
    this.schedule();
    return parts.length;
  }

  /** No more bytes will come: what is whole is read, what waits for pictures waits no longer. */
  end(): void {
    let isCutOff = false;
    for (const part of this.reader.finish()) {
      if (part.truncated) isCutOff = true;
      else this.part(part);
    }
    if (isCutOff || this.reader.cutHeader !== null) this.reports.cutOff();
    this.abandon();
  }

  /** The bytes so far made no sense to the reader; what was understood of them is handed over. */
  abandon(): void {
    this.readyAll(this.joiner.release());
    for (const { name, body } of this.joiner.unclaimed()) this.reports.orphan(name, body.length);
    this.timer?.cancel();
    this.timer = null;
  }

  private part(part: Part): void {
    const { reports } = this;
    if (!reports.part()) return;
    const nowMs = this.clock.monotonic();
    if (part.kind === 'picture') {
      const { orphans, dropped } = this.joiner;
      this.readyAll(this.joiner.picture(part, nowMs));
      if (this.joiner.orphans > orphans) reports.orphan(part.name, part.body.length);
      if (this.joiner.dropped > dropped) reports.dropped();
      return;
    }
    const classified = reports.classify(part);
    if ('unreadable' in classified) {
      const { reason, head } = classified.unreadable;
      reports.unreadable(`${reason}; it begins: ${head}`);
      return;
    }
    const { notice } = classified;
    if (!reports.received(notice)) return;
    for (const ready of this.joiner.event(notice, nowMs)) if (!ready.heartbeat) reports.ready(ready);
  }

  private readyAll(notices: readonly Notice[]): void {
    for (const notice of notices) this.reports.ready(notice);
  }

  private schedule(): void {
    const due = this.joiner.dueMs;
    if (due === null) {
      this.timer?.cancel();
      this.timer = null;
      return;
    }
    if (this.timer !== null) return;
    this.timer = this.clock.after(Math.max(1, due - this.clock.monotonic()), () => {
      this.timer = null;
      const nowMs = this.clock.monotonic();
      this.readyAll(this.joiner.due(nowMs, this.reader.isInPicture));
      if (this.joiner.dueMs !== null && this.joiner.dueMs <= nowMs) {
        // A picture is just coming in; look again soon.
        this.timer = this.clock.after(PICTURE_RECHECK_MS, () => {
          this.timer = null;
          this.readyAll(this.joiner.release());
        });
      } else this.schedule();
    });
  }
}
