/** A device by HTTP: its text face, and its events by subscribeEvent or the alertStream. */
import { isAbsence } from '../commands/ways';
import { mapAnswer } from '../commands/answers';
import { documentOf } from '../commands/command';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import type { XmlElement } from '../codec/xml';
import type { Clock } from '../clock';
import { ConnectionLostError, DeviceBusyError, ProtocolError, TimeoutError, UnsupportedError } from '../errors';
import { ALERT_STREAM_SILENCE_MS, SUBSCRIBE_SILENCE_MS } from '../settings';
import type { EventKind } from '../events/kinds';
import type { CredentialGate } from '../transport/gate';
import type { HttpClient, OpenStream } from '../transport/http';
import type { Transfer, TransferOptions } from '../transport/transfer';
import type { EventInlet, EventPump } from './event-pump';
import type { DeviceLink, EventLine, SendOptions } from './link';
import {
  CAPABILITIES_PATH,
  offeredBy,
  saysSubscribe,
  SUBSCRIBE_CAP_PATH,
  SUBSCRIBE_PATH,
  subscriptionFor,
  type Offered,
} from './subscription';
import { Ways } from './ways';

const ALERT_STREAM = '/ISAPI/Event/notification/alertStream';
const USER_CHECK = '/ISAPI/Security/userCheck';

export interface HttpLinkOptions {
  readonly clock: Clock;
  readonly ways?: Ways;
  /** Changes with another device or firmware; what was learned about the device holds as long as it is the same. */
  readonly deviceKey?: () => string;
}

export class HttpLink implements DeviceLink {
  readonly binary = null;

  private readonly clock: Clock;
  private readonly ways: Ways;
  private readonly inlet: EventInlet;
  /** What subscribeEvent offers; `null` where the device has it not. */
  private learned: { readonly key: string; readonly offered: Offered | null } | null = null;

  constructor(
    private readonly http: HttpClient,
    private readonly pump: EventPump,
    private readonly options: HttpLinkOptions,
  ) {
    this.clock = options.clock;
    this.ways = options.ways ?? new Ways();
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
    const subscribed = this.ways.allows('subscribe') ? await this.subscribe(signal) : null;
    if (subscribed !== null) return subscribed;
    if (!this.ways.allows('stream')) {
      throw new UnsupportedError('the device has none of the ways that are wished for its events', {
        device: this.place,
      });
    }
    const stream = await this.open({ method: 'GET', path: ALERT_STREAM }, 'alertStream', signal);
    return this.lineOf(stream, 'alertStream', ALERT_STREAM_SILENCE_MS, 'ask');
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

  /** Only the wanted kinds, with a heartbeat of its own. @returns null where the device has none of that. */
  private async subscribe(signal: AbortSignal): Promise<EventLine | null> {
    const offered = await this.offered(signal);
    if (offered === null) return null;
    const { body, kinds } = subscriptionFor(this.pump.wantedKinds, offered);
    try {
      const stream = await this.open({ method: 'POST', path: SUBSCRIBE_PATH, body }, 'subscribeEvent', signal);
      const line = this.lineOf(stream, 'subscribeEvent', SUBSCRIBE_SILENCE_MS, 'lost');
      return { ...line, covers: (wanted) => covers(kinds, wanted) };
    } catch (error) {
      // One that never answers is not asked again either; the next connection takes the alertStream.
      if (isAbsence(error) || error instanceof TimeoutError) this.learn(null);
      if (!isAbsence(error)) throw error;
      return null;
    }
  }

  private async offered(signal: AbortSignal): Promise<Offered | null> {
    if (this.learned?.key === this.deviceKey) return this.learned.offered;
    try {
      return this.learn(await this.askOffered(signal));
    } catch (error) {
      // It only says whether there is something better than the alertStream. Asked again with the next line.
      if (!signal.aborted && (error instanceof TimeoutError || error instanceof DeviceBusyError)) return null;
      throw error;
    }
  }

  private async askOffered(signal: AbortSignal): Promise<Offered | null> {
    // Where the user asks for it, the device need not say that it has it.
    const isTried = !this.ways.isAuto || saysSubscribe((await this.optional(CAPABILITIES_PATH, signal)) ?? NOTHING);
    const capabilities = isTried ? await this.optional(SUBSCRIBE_CAP_PATH, signal) : null;
    return capabilities === null ? null : offeredBy(capabilities);
  }

  private learn(offered: Offered | null): Offered | null {
    this.learned = { key: this.deviceKey, offered };
    return offered;
  }

  private get deviceKey(): string {
    return this.options.deviceKey?.() ?? '';
  }

  /** A document that the device may not have, or not in a form that we can read. */
  private async optional(path: string, signal: AbortSignal): Promise<XmlElement | null> {
    const answer = await this.http.send({ method: 'GET', path }, { signal, idempotent: true });
    const problem = mapAnswer(answer, path, this.place, this.clock.now());
    try {
      if (problem !== null) throw problem;
      return documentOf(answer, path);
    } catch (error) {
      if (isAbsence(error) || error instanceof ProtocolError) return null;
      throw error;
    }
  }

  private async open(request: IsapiRequest, operation: string, signal: AbortSignal): Promise<OpenStream> {
    const answer = await this.http.stream(request, signal);
    if ('close' in answer) return answer;
    const problem = mapAnswer(answer, operation, this.place, this.clock.now());
    throw problem ?? new ConnectionLostError(`the ${operation} answered without a stream`, { device: this.place });
  }

  private lineOf(
    stream: OpenStream,
    name: string,
    silenceMs: number,
    afterSilence: EventLine['afterSilence'],
  ): EventLine {
    return {
      name,
      inlet: this.inlet,
      silenceMs,
      afterSilence,
      start: (received, lost) => {
        stream.body.on('data', (chunk: Buffer) => received(() => this.inlet.push(chunk)));
        stream.body.once('end', () => lost(`the device ended the ${name}`));
        stream.body.once('error', () => lost(`the ${name} broke`));
        stream.body.once('close', () => lost(`the ${name} was closed`));
      },
      close: () => stream.close(),
    };
  }
}

const NOTHING: XmlElement = { name: '', attributes: {}, children: [], text: '' };

/** Do all that are wanted come by what was subscribed? */
function covers(subscribed: ReadonlySet<EventKind> | null, wanted: ReadonlySet<EventKind> | null): boolean {
  if (subscribed === null) return true;
  return wanted !== null && [...wanted].every((kind) => subscribed.has(kind));
}
