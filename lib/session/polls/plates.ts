/** Number plates since the last ones, for cameras whose stream does not tell them. */
import type { PlateRead, PlatesSince } from '../../commands/recorder';
import { UnsupportedError } from '../../errors';
import type { Notice } from '../../events/event';
import { toldNotice } from '../../events/told';
import { RECORD_MAX_INTERVAL_MS, RECORD_MIN_INTERVAL_MS } from '../../settings';
import type { Ask, Poll, Polled } from '../poller';
import type { Cursor } from './cursor';

/** Plate cameras have one channel. */
const CHANNEL = 1;
/** The `picName` of a plate, by which the next ones are asked for. */
const RUNNING_NAME = /^\d{1,30}$/;

export class PlatePoll implements Poll {
  readonly name = 'plates';
  readonly kinds = new Set(['plate'] as const);
  readonly lateMs = RECORD_MAX_INTERVAL_MS;

  private waitMs = RECORD_MIN_INTERVAL_MS;

  constructor(private readonly cursor: Cursor) {}

  /** Another way tells them from now on; what it has told is not to come again. */
  rest(): void {
    this.cursor.clear();
  }

  async ask(call: Ask): Promise<Polled> {
    const known = this.known;
    const { plates, cursor } = (await call('recorder.platesSince', {
      channel: CHANNEL,
      ...(known === null ? {} : { after: known }),
    })) as PlatesSince;
    // Without running names every question would bring the same plates again, or none ever.
    const news = plates.filter((plate) => plate.cursor !== null);
    if ((plates.length > 0 && news.length === 0) || !RUNNING_NAME.test(cursor))
      throw new UnsupportedError('the plates of this camera carry no running names');
    const taken = () => this.cursor.set(cursor);
    if (known === null) {
      // From now on; those that the camera still knows are not news.
      taken();
      return { notices: [], nextMs: this.waitMs };
    }
    this.waitMs = news.length > 0 ? RECORD_MIN_INTERVAL_MS : Math.min(RECORD_MAX_INTERVAL_MS, this.waitMs * 2);
    return { notices: news.map(noticeOf), nextMs: this.waitMs, taken };
  }

  private get known(): string | null {
    const cursor = this.cursor.get();
    return cursor !== null && RUNNING_NAME.test(cursor) ? cursor : null;
  }
}

function noticeOf(plate: PlateRead): Notice {
  const { time, cursor, ...details } = plate;
  return toldNotice({
    kind: 'plate',
    eventType: 'ANPR',
    channel: CHANNEL,
    time,
    details: { ...details, picName: cursor },
    raw: plate,
  });
}
