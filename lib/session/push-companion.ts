/** Being called by the device: its place at the listener, held while the device is connected and somebody wants its events. */
import { createHmac } from 'node:crypto';
import type { PushListener } from '../transport/push-listener';
import { PUSH_WAY, type EventCompanion } from './companions';
import type { EventInlet } from './event-pump';

export interface PushOptions {
  readonly listener: PushListener;
  /** Long and random, kept by whoever owns the listener: the secret paths of the devices are made from it, the same ones after a restart. */
  readonly secret: string;
}

/** The secret path of one device: nobody can guess it, and it tells nothing. */
export function pushToken(secret: string, device: string): string {
  return createHmac('sha256', secret).update(`push ${device}`).digest('base64url').slice(0, TOKEN_LENGTH);
}

const TOKEN_LENGTH = 24;

export class PushCompanion implements EventCompanion {
  readonly name = PUSH_WAY;

  constructor(
    private readonly listener: PushListener,
    private readonly inlet: EventInlet,
    private readonly device: { readonly token: string; readonly address: string; readonly mac: string | null },
  ) {}

  async run(signal: AbortSignal, working: (isWorking: boolean) => void): Promise<void> {
    const { token, address, mac } = this.device;
    this.inlet.begin();
    const place = this.listener.register({
      token,
      addresses: [address],
      mac,
      body: () => {
        // Nobody but the device can say whether it calls, and now it has.
        working(true);
        return this.inlet.body();
      },
    });
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      place.close();
      this.inlet.end();
    }
  }
}
