/**
 * A device by whichever face is open: events from the alertStream, because only that knows smart events, and commands by HTTP;
 * the command port where HTTP is closed.
 */
import type { Clock } from '../clock';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import { PermissionError, UnreachableError, UnsupportedError } from '../errors';
import { CLOSED_FACE_RETRY_MS } from '../settings';
import type { CredentialGate } from '../transport/gate';
import type { Transfer, TransferOptions } from '../transport/transfer';
import type { Warning } from './event-pump';
import type { BinaryFace, DeviceLink, EventLine, SendOptions } from './link';

export class AutoLink implements DeviceLink {
  private httpClosedAtMs: number | null = null;

  /** Both share one gate. */
  constructor(
    private readonly http: DeviceLink & Required<Pick<DeviceLink, 'transfer'>>,
    private readonly port: DeviceLink,
    private readonly clock: Clock,
    private readonly warn: (warning: Warning) => void,
  ) {}

  get place(): string {
    return this.http.place;
  }

  get gate(): CredentialGate {
    return this.http.gate;
  }

  get binary(): BinaryFace | null {
    return this.port.binary;
  }

  send(request: IsapiRequest, options: SendOptions): Promise<IsapiAnswer> {
    return this.either((link) => link.send(request, options));
  }

  /** Only by HTTP; where that is closed, the error says so. */
  transfer(request: IsapiRequest, transfer: Transfer, options: TransferOptions): Promise<IsapiAnswer> {
    return this.http.transfer(request, transfer, options);
  }

  probe(signal: AbortSignal): Promise<void> {
    return this.either((link) => link.probe(signal));
  }

  openEvents(signal: AbortSignal): Promise<EventLine> {
    return this.either(async (link) => {
      try {
        return await link.openEvents(signal);
      } catch (error) {
        if (link !== this.http || !(error instanceof PermissionError || error instanceof UnsupportedError)) throw error;
        // Without an alertStream the plain alarms are better than none.
        return this.port.openEvents(signal).catch(() => Promise.reject(error));
      }
    });
  }

  forget(): void {
    this.http.forget();
    this.port.forget();
  }

  async rest(): Promise<void> {
    await Promise.all([this.http.rest(), this.port.rest()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.http.close(), this.port.close()]);
  }

  /** Nothing was sent where no connection could be made, so the other face may be asked instead. */
  private async either<T>(attempt: (link: DeviceLink) => Promise<T>): Promise<T> {
    const { httpClosedAtMs } = this;
    const isClosed = httpClosedAtMs !== null && this.clock.monotonic() - httpClosedAtMs < CLOSED_FACE_RETRY_MS;
    const [first, second] = isClosed ? [this.port, this.http] : [this.http, this.port];
    try {
      const result = await attempt(first);
      this.worked(first);
      return result;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      let result: T;
      try {
        result = await attempt(second);
      } catch (later) {
        // What the one that answers says counts more; where none does, the usual one.
        throw later instanceof UnreachableError ? error : later;
      }
      this.worked(second);
      return result;
    }
  }

  private worked(link: DeviceLink): void {
    const wasClosed = this.httpClosedAtMs !== null;
    if (link === this.http) {
      this.httpClosedAtMs = null;
      return;
    }
    if (!wasClosed)
      this.warn({ code: 'HTTP_CLOSED', message: `${this.http.place}: HTTP is closed; the command port is used` });
    if (!wasClosed || this.clock.monotonic() - (this.httpClosedAtMs ?? 0) >= CLOSED_FACE_RETRY_MS)
      this.httpClosedAtMs = this.clock.monotonic();
  }
}
