/**
 * Joins pictures to the event that they belong to. On a stream they follow it as parts of their own; an event that announces
 * pictures waits for them, but never for long, and any other event is handed over at once.
 */
import { EVENT_MAX_PICTURES, EVENT_MAX_PICTURE_BYTES, PICTURE_WAIT_MS } from '../settings';
import type { Part } from '../codec/multipart';
import type { Picture } from './event';
import { roleOfPicture } from './roles';

interface WithPictures {
  readonly heartbeat: boolean;
  readonly expectedPictures: number;
  /** They may say what each picture shows. */
  readonly details?: Readonly<Record<string, unknown>>;
  pictures: readonly Picture[];
}

/** An event that waits. */
interface Held<E> {
  readonly event: E;
  readonly expected: number;
  untilMs: number;
  bytes: number;
}

export class PictureJoiner<E extends WithPictures> {
  /** Pictures thrown away because an event had too many or too large ones. */
  dropped = 0;
  /** Pictures that followed no event that waited for them. */
  orphans = 0;

  private held: Held<E> | null = null;
  /** Of a push: pictures that came before its first event. */
  private readonly early: Part[] = [];
  /** A push was begun, and none of its events has come. */
  private isBeforeFirst: boolean;
  /** Some devices send pictures that they do not announce: once seen, their events wait for the next part. */
  private expectsUnannounced: number;

  /** @param isBody what is read is one push, whose end is near: its events always wait for the parts behind them. */
  constructor(isBody = false) {
    this.isBeforeFirst = isBody;
    this.expectsUnannounced = isBody ? 1 : 0;
  }

  /** @returns events that are complete now, oldest first. */
  event(event: E, nowMs: number): E[] {
    if (event.heartbeat) {
      // A heartbeat overtakes nothing: it only shows that the pictures did not come.
      return [...this.release(), event];
    }
    const ready = this.release();
    const expected = Math.max(event.expectedPictures, this.expectsUnannounced);
    if (expected === 0) {
      ready.push(event);
      return ready;
    }
    const waitMs = event.expectedPictures > 0 ? PICTURE_WAIT_MS : UNANNOUNCED_WAIT_MS;
    this.held = { event, expected: Math.min(expected, EVENT_MAX_PICTURES), untilMs: nowMs + waitMs, bytes: 0 };
    this.isBeforeFirst = false;
    for (const part of this.early.splice(0)) this.add(part, this.held);
    return this.isComplete(this.held) ? [...ready, ...this.release()] : ready;
  }

  /** @returns the event when this was its last picture. */
  picture(part: Part, nowMs: number): E[] {
    const { held } = this;
    if (held === null) {
      if (this.isBeforeFirst) {
        this.keepEarly(part);
        return [];
      }
      this.orphans++;
      this.expectsUnannounced = 1;
      return [];
    }
    this.add(part, held);
    held.untilMs = nowMs + PICTURE_WAIT_MS;
    return this.isComplete(held) ? this.release() : [];
  }

  private add(part: Part, held: Held<E>): void {
    if (held.event.pictures.length >= EVENT_MAX_PICTURES || held.bytes + part.body.length > EVENT_MAX_PICTURE_BYTES) {
      this.dropped++;
      return;
    }
    held.bytes += part.body.length;
    held.event.pictures = [...held.event.pictures, pictureOf(part, held.event.details ?? {})];
  }

  private isComplete({ event, expected }: Held<E>): boolean {
    return event.pictures.length >= expected && event.expectedPictures > 0;
  }

  /** A push has ended. @returns its pictures that no event came for. */
  unclaimed(): readonly Part[] {
    this.orphans += this.early.length;
    return this.early.splice(0);
  }

  /** The bytes are copied, as {@link pictureOf} does; what waits is bounded like the pictures of one event. */
  private keepEarly(part: Part): void {
    const bytes = this.early.reduce((sum, { body }) => sum + body.length, part.body.length);
    if (this.early.length >= EVENT_MAX_PICTURES || bytes > EVENT_MAX_PICTURE_BYTES) this.dropped++;
    else this.early.push({ ...part, body: Buffer.from(part.body) });
  }

  /** Events that have waited long enough. @param pictureUnderWay a picture is just coming in: the event waits on. */
  due(nowMs: number, pictureUnderWay = false): E[] {
    if (this.held === null || nowMs < this.held.untilMs || pictureUnderWay) return [];
    return this.release();
  }

  /** When {@link due} has something to hand over; null when nothing waits. */
  get dueMs(): number | null {
    return this.held?.untilMs ?? null;
  }

  /** Hands over what waits: the stream ended, or the next event came. */
  release(): E[] {
    const { held } = this;
    this.held = null;
    return held === null ? [] : [held.event];
  }
}

/** How long an event waits for a picture that it did not announce, on devices that have sent such ones. */
const UNANNOUNCED_WAIT_MS = 500;

/** The bytes are copied: the part is a view of a larger chunk. */
function pictureOf(part: Part, details: Readonly<Record<string, unknown>>): Picture {
  return {
    name: part.name ?? 'picture.jpg',
    contentType: part.contentType ?? 'image/jpeg',
    data: Buffer.from(part.body),
    role: roleOfPicture(part, details),
  };
}
