/**
 * A device that dials in by EHome: it is known to be there, and what it is. Commands and events of EHome are not public, so there are
 * none of them on this way; a device that can also be reached, or push, has those by another.
 */
import type { Clock } from '../clock';
import type { IsapiAnswer } from '../codec/isapi';
import type { DeviceInfo } from '../commands/results';
import { ClosedError, ConnectionLostError, UnreachableError, UnsupportedError } from '../errors';
import { EHOME_DIAL_IN_MS } from '../settings';
import type { EhomeDevice, EhomeServer } from '../transport/ehome-server';
import { CredentialGate } from '../transport/gate';
import type { DeviceLink, EventLine } from './link';

export interface DialInOptions {
  readonly server: EhomeServer;
  /** As it is set on the device. */
  readonly deviceId: string;
}

export class DialInLink implements DeviceLink {
  readonly binary = null;
  readonly place: string;
  /** Never closed: there is no password to be wrong. */
  readonly gate: CredentialGate;

  private readonly device: EhomeDevice;

  constructor(
    { server, deviceId }: DialInOptions,
    private readonly clock: Clock,
  ) {
    this.place = `ehome://${deviceId}`;
    this.gate = new CredentialGate(clock);
    this.device = server.allow(deviceId);
  }

  send(): Promise<IsapiAnswer> {
    return Promise.reject(
      new UnsupportedError('a device that dials in by EHome takes no commands', { device: this.place }),
    );
  }

  /** Waits for it to dial in, and asks what it is. */
  async describe(signal: AbortSignal): Promise<DeviceInfo> {
    await this.arrival(signal);
    const { registration } = this.device;
    // It is there all the same when it does not say more.
    const info = await this.device.serverInfo().catch((error: unknown) => {
      if (error instanceof ClosedError) throw error;
      return null;
    });
    return {
      name: null,
      model: null,
      firmware: registration?.firmware ?? null,
      firmwareReleased: null,
      serial: info?.serial ?? null,
      mac: null,
      deviceType: null,
      deviceId: registration?.deviceId ?? null,
      hardware: null,
      manufacturer: null,
    };
  }

  probe(): Promise<void> {
    if (this.device.registration !== null) return Promise.resolve();
    return Promise.reject(
      new ConnectionLostError('the device no longer says that it is there', { device: this.place }),
    );
  }

  openEvents(): Promise<EventLine> {
    return Promise.reject(new UnsupportedError('EHome tells no events here', { device: this.place }));
  }

  forget(): void {
    // Nothing is known of it but that it is there.
  }

  rest(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.device.close();
    return Promise.resolve();
  }

  private arrival(signal: AbortSignal): Promise<void> {
    const { device } = this;
    if (device.registration !== null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        device.onAlive = null;
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => done(signal.reason as Error);
      const timer = this.clock.after(EHOME_DIAL_IN_MS, () =>
        done(new UnreachableError('the device has not dialled in yet', { device: this.place })),
      );
      signal.addEventListener('abort', onAbort, { once: true });
      device.onAlive = () => done();
      if (signal.aborted) onAbort();
    });
  }
}
