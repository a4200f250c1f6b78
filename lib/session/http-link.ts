/** A device by HTTP: its text face, and the alertStream. */
import { mapAnswer } from '../commands/answers';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import type { Clock } from '../clock';
import { ConnectionLostError } from '../errors';
import { ALERT_STREAM_SILENCE_MS } from '../settings';
import type { CredentialGate } from '../transport/gate';
import type { HttpClient, OpenStream } from '../transport/http';
import type { Transfer, TransferOptions } from '../transport/transfer';
import type { EventInlet, EventPump } from './event-pump';
import type { DeviceLink, EventLine, SendOptions } from './link';

const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';
const USER_CHECK = '/ISAPI/Security/userCheck';

export class HttpLink implements DeviceLink {
  readonly binary = null;

  private readonly inlet: EventInlet;

  constructor(
    private readonly http: HttpClient,
    pump: EventPump,
    private readonly clock: Clock,
  ) {
    this.inlet = pump.inlet('isapi');
  }

  get place(): string {
    return this.http.place;
  }

  get gate(): CredentialGate {
    return this.http.gate;
  }

  send(request: IsapiRequest, options: SendOptions): Promise<IsapiAnswer> {
    return this.http.send(request, options);
  }

  transfer(request: IsapiRequest, transfer: Transfer, options: TransferOptions): Promise<IsapiAnswer> {
    return this.http.transfer(request, transfer, options);
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.http.send({ method: 'GET', path: USER_CHECK }, { signal, idempotent: true });
  }

  async openEvents(signal: AbortSignal): Promise<EventLine> {
    const answer = await this.http.stream(ALERT_STREAM, signal);
    if ('close' in answer) return this.lineOf(answer);
    const problem = mapAnswer(answer, 'alertStream', this.place, this.clock.now());
    throw problem ?? new ConnectionLostError('the alertStream answered without a stream', { device: this.place });
  }

  forget(): void {
    this.http.forgetNonces();
  }

  rest(): Promise<void> {
    return this.http.logout();
  }

  async close(): Promise<void> {
    await this.http.logout();
    this.http.close();
  }

  private lineOf(stream: OpenStream): EventLine {
    return {
      name: 'alertStream',
      inlet: this.inlet,
      silenceMs: ALERT_STREAM_SILENCE_MS,
      afterSilence: 'ask',
      start: (received, lost) => {
        stream.body.on('data', (chunk: Buffer) => received(() => this.inlet.push(chunk)));
        stream.body.once('end', () => lost('the device ended the alertStream'));
        stream.body.once('error', () => lost('the alertStream broke'));
        stream.body.once('close', () => lost('the alertStream was closed'));
      },
      close: () => stream.close(),
    };
  }
}
