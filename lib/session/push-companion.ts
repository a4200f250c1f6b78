/**
 * Being called by the device: its place at the listener, held while the device is connected and somebody wants its events; and, where
 * we are told how the device reaches us, our entry among its push hosts.
 */
import { createHmac } from 'node:crypto';
import { sleep, type Clock } from '../clock';
import { HikvisionError } from '../errors';
import { PUSH_ENTER_RETRY_MS } from '../settings';
import type { PushListener } from '../transport/push-listener';
import { PUSH_WAY, type EventCompanion } from './companions';
import type { EventInlet, Warning } from './event-pump';

export interface PushOptions {
  readonly listener: PushListener;
  /** Long and random, kept by whoever owns the listener: the secret paths of the devices are made from it, the same ones after a restart. */
  readonly secret: string;
  /** How devices reach the listener: `http://192.0.2.5:7661`. Given, we enter ourselves among their push hosts. */
  readonly calledAt?: string;
}

/** The secret path of one device: nobody can guess it, and it tells nothing. */
export function pushToken(secret: string, device: string): string {
  return createHmac('sha256', secret).update(`push ${device}`).digest('base64url').slice(0, TOKEN_LENGTH);
}

const TOKEN_LENGTH = 24;

/** What the companion reads of the answer of `event.setPushHost`. */
interface Entered {
  readonly host: number;
  readonly ignored: readonly string[];
  readonly before: Before | null;
}

interface Before {
  readonly free: boolean;
  readonly address: string | null;
  readonly port: number | null;
  readonly url: string | null;
  readonly protocol: string | null;
  readonly format: string | null;
}

export interface PushedDevice {
  readonly token: string;
  readonly address: string;
  readonly mac: string | null;
}

export interface PushParts {
  readonly clock: Clock;
  readonly options: PushOptions;
  readonly inlet: EventInlet;
  readonly device: () => PushedDevice;
  readonly warn: (warning: Warning) => void;
  readonly call: (command: string, args: Record<string, unknown>, signal?: AbortSignal) => Promise<unknown>;
}

export class PushCompanion implements EventCompanion {
  readonly name = PUSH_WAY;

  /** Our entry on the device; it stays while a connection is lost, or nobody wants events for a while. */
  private entered: Entered | null = null;
  /** It is being made. */
  private isEntering = false;

  constructor(private readonly parts: PushParts) {}

  /** Something of ours stands, or may stand, on the device. */
  get isEntered(): boolean {
    return this.entered !== null || this.isEntering;
  }

  async run(signal: AbortSignal, working: (isWorking: boolean) => void): Promise<void> {
    const { options, inlet } = this.parts;
    const { token, address, mac } = this.parts.device();
    inlet.begin();
    const place = options.listener.register({
      token,
      addresses: [address],
      mac,
      body: () => {
        // Nobody but the device can say whether it calls, and now it has.
        working(true);
        return inlet.body();
      },
    });
    try {
      if (options.calledAt !== undefined && (await this.enterAtLast(options.calledAt, signal))) working(true);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      place.close();
      inlet.end();
    }
  }

  /** The client is being closed: what stood there before us is put back. */
  async quit(): Promise<void> {
    const { entered } = this;
    this.entered = null;
    if (entered !== null) await this.leave(entered);
  }

  /** Again and again, where it failed only for now. @returns whether the device took all of it. */
  private async enterAtLast(calledAt: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const entered = await this.enter(calledAt, signal);
      if (entered !== 'later') return entered?.ignored.length === 0;
      await sleep(this.parts.clock, PUSH_ENTER_RETRY_MS, signal);
    }
  }

  /** @returns null where it did not succeed; the user may have entered us by hand. `later`: it may another time. */
  private async enter(calledAt: string, signal: AbortSignal): Promise<Entered | null | 'later'> {
    const { call, warn, options } = this.parts;
    const { protocol, hostname, port } = new URL(calledAt);
    const isSecure = protocol === 'https:';
    this.isEntering = true;
    try {
      const entered = (await call(
        'event.setPushHost',
        {
          address: hostname.replace(/^\[(.*)\]$/, '$1'),
          port: port === '' ? (isSecure ? 443 : 80) : Number(port),
          url: options.listener.pathOf(this.parts.device()),
          scheme: isSecure ? 'HTTPS' : 'HTTP',
        },
        signal,
      )) as Entered;
      if (entered.ignored.length > 0) {
        warn({
          code: 'PUSH_PARTLY',
          message: `the device took our entry as push host ${entered.host} and ignored: ${entered.ignored.join(', ')}. It may not reach us`,
        });
      }
      this.entered = this.withFirst(entered);
      return entered;
    } catch (error) {
      if (signal.aborted || !(error instanceof HikvisionError)) throw error;
      warn({
        code: 'PUSH_NOT_ENTERED',
        message: `the device does not let us enter ourselves as push host (${error.message}); what it pushes is taken all the same`,
      });
      return error.recoverable ? 'later' : null;
    } finally {
      this.isEntering = false;
    }
  }

  /** After a lost connection it is our own entry that stood there; what it had taken the place of is not forgotten. */
  private withFirst(entered: Entered): Entered {
    const first = this.entered;
    const isAgain = first?.host === entered.host && entered.before !== null && this.isOurs(entered.before);
    return isAgain ? { ...entered, before: first?.before ?? null } : entered;
  }

  /** Puts back what stood there before, as far as a device tells it: a password never comes back. */
  private async leave({ host, before }: Entered): Promise<void> {
    const { call, warn } = this.parts;
    try {
      if (before === null || before.free || before.address === null || this.isOurs(before)) {
        await call('event.removePushHost', { host });
        return;
      }
      const { address, port, url, protocol, format } = before;
      const rest = Object.fromEntries(
        Object.entries({ port, url, scheme: protocol, format }).filter(([, value]) => value !== null),
      );
      await call('event.setPushHost', { host, address, ...rest });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      warn({ code: 'PUSH_NOT_LEFT', message: `our entry as push host ${host} stays on the device: ${why}` });
    }
  }

  /** Left over from an earlier run that had no time to leave. */
  private isOurs({ url }: Before): boolean {
    return url?.endsWith(this.parts.options.listener.pathOf(this.parts.device())) === true;
  }
}
