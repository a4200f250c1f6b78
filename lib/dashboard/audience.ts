/** The pages that listen, by Server-Sent Events. A slow one misses events and is told how many; nothing piles up for it. */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock';
import { DASHBOARD_BACKLOG_BYTES, DASHBOARD_BEAT_MS, DASHBOARD_MAX_CLIENTS, DASHBOARD_STUCK_MS } from '../settings';
import type { Messages } from './wire';

interface Page {
  readonly response: ServerResponse;
  /** Something was too much for it, and it has not been told so. */
  isBehind: boolean;
  /** Events among that. */
  missed: number;
  /** Lets it go where it takes nothing any more. */
  stuck: Timer | null;
}

export class Audience {
  private readonly pages = new Set<Page>();
  private beat: Timer | null = null;
  private missedCount = 0;

  /** @param onSize is told how many pages there are, each time one comes or goes. */
  constructor(
    private readonly clock: Clock,
    private readonly onSize: (size: number) => void,
  ) {}

  get size(): number {
    return this.pages.size;
  }

  get isFull(): boolean {
    return this.pages.size >= DASHBOARD_MAX_CLIENTS;
  }

  /** Events that pages have missed, of all pages together. */
  get missed(): number {
    return this.missedCount;
  }

  /** From now on it is told everything, beginning with `first`; until its connection closes. */
  join(response: ServerResponse, first: Messages['everything']): void {
    const page: Page = { response, isBehind: false, missed: 0, stuck: null };
    this.pages.add(page);
    response.on('drain', () => this.caughtUp(page));
    response.on('close', () => {
      page.stuck?.cancel();
      if (this.pages.delete(page)) this.sizeChanged();
    });
    response.write(framed('everything', first));
    this.sizeChanged();
  }

  /** @param events how many events a page misses that is too slow for it. */
  tell<N extends keyof Messages>(name: N, data: Messages[N], events: number): void {
    if (this.pages.size === 0) return;
    const frame = framed(name, data);
    for (const page of this.pages) this.send(page, frame, events);
  }

  close(): void {
    this.beat?.cancel();
    this.beat = null;
    for (const { response } of this.pages) response.destroy();
  }

  private send(page: Page, frame: string, events: number): void {
    const { response } = page;
    // Once it has missed something it is to take what waits first, and then hear of it.
    if (page.isBehind || response.writableLength > DASHBOARD_BACKLOG_BYTES) {
      page.isBehind = true;
      page.missed += events;
      this.missedCount += events;
      page.stuck ??= this.clock.after(DASHBOARD_STUCK_MS, () => response.destroy());
      return;
    }
    response.write(frame);
  }

  private caughtUp(page: Page): void {
    page.stuck?.cancel();
    page.stuck = null;
    if (!page.isBehind) return;
    page.response.write(framed('missed', page.missed));
    page.isBehind = false;
    page.missed = 0;
  }

  private sizeChanged(): void {
    this.onSize(this.pages.size);
    if (this.pages.size === 0) {
      this.beat?.cancel();
      this.beat = null;
    } else this.beat ??= this.clock.after(DASHBOARD_BEAT_MS, () => this.beatAll());
  }

  /** A browser that has vanished is found out by writing to it. */
  private beatAll(): void {
    this.beat = this.clock.after(DASHBOARD_BEAT_MS, () => this.beatAll());
    for (const page of this.pages) this.send(page, ':\n\n', 0);
  }
}

/** JSON has no line ends of its own, so one line of data is enough. */
function framed<N extends keyof Messages>(name: N, data: Messages[N]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
