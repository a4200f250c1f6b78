/** At most so many at a time; the others wait their turn, in order. */
import { DeviceBusyError } from '../errors';
import { MAX_QUEUED_REQUESTS } from '../settings';
import { abortReason } from './abort';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

export class Turns {
  private active = 0;
  private readonly queue: Waiting[] = [];

  constructor(
    private readonly most: number,
    private readonly place: string,
  ) {}

  /** @returns what gives the turn back; more than once does no harm. */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw abortReason(signal, this.place);
    if (this.active < this.most) this.active++;
    else await this.wait(signal);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const next = this.queue.shift();
      if (next === undefined) this.active--;
      else next.start();
    };
  }

  /** Whoever waits is told so. */
  refuse(error: Error): void {
    for (const waiting of this.queue.splice(0)) waiting.refuse(error);
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.queue.length >= MAX_QUEUED_REQUESTS) {
      throw new DeviceBusyError(`${this.queue.length} requests are waiting already; ask less often`, {
        device: this.place,
      });
    }
    return new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(abortReason(signal as AbortSignal, this.place));
      };
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        refuse: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      this.queue.push(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
