/**
 * Being logged in at a command port: one login serves many commands, an expired session is renewed once, a wrong password is
 * never sent twice (the gate is the one of HTTP), and the session is given back at the end.
 *
 * What the sources disagree about is tried in a fixed order, and what a device accepted is remembered for it.
 */
import type { Clock, Timer } from '../clock';
import { decodePush, type PushMessage } from '../codec/alarm';
import { ADDEND_MODES, plainSumWord, sessionAuthWord, type AddendMode } from '../codec/auth-word';
import { directionOf } from '../codec/capture';
import { COMMAND_CODES, hexWord, type CommandCodeName } from '../codec/command-codes';
import { decodePushFrame, encodeRequest, INTERFACE } from '../codec/frame';
import { decodeAnswer, isRefusal, RET_VAL, retValError, retValName, type Answer } from '../codec/message';
import type { PortDevice } from '../commands/port';
import { ClosedError, HikvisionError, LockedError, ProtocolError } from '../errors';
import { LOGOUT_TIMEOUT_MS, MAX_BREAKERS, SESSION_IDLE_MS, SESSION_KEEP_ALIVE_MS } from '../settings';
import type { Channel, CommandPort, ExchangeOptions } from '../transport/command-port';
import type { CredentialGate } from '../transport/gate';
import { abortReason } from '../transport/abort';
import type { Warning } from './event-pump';
import type { LoginKeys } from './login-crypto';
import { login, LoginKeySupply, type LoginMode, type PortSession } from './login';

/**
 * How a request proves that it comes from whoever logged in.
 * - `userId`, `deviceClock`: what is added to the auth word, see `AddendMode`.
 * - `plainSum`: the sum of the bytes, with the old interface version.
 */
export type AuthWay = AddendMode | 'plainSum';

const ORDER: readonly AuthWay[] = ADDEND_MODES;
const OLD_ORDER: readonly AuthWay[] = ['plainSum', ...ADDEND_MODES];

export interface SessionOptions {
  readonly port: CommandPort;
  readonly username: string;
  readonly password: string;
  readonly clock: Clock;
  readonly gate: CredentialGate;
  readonly warn: (warning: Warning) => void;
  /** Only this way is taken, instead of the order. */
  readonly authWay?: AuthWay;
  /** Number of the first IP channel, instead of what the device takes. */
  readonly firstIpChannel?: number;
  /** Instead of a fresh key pair for each login; for tests. */
  readonly generateKeys?: () => Promise<LoginKeys>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Longest time to the answer, when other than `HEADERS_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** What is tried, for messages; the name of the command when not given. */
  readonly operation?: string;
}

export interface AlarmHandlers {
  readonly onPush: (push: PushMessage) => void;
  /** A push that makes no sense; the next one may. */
  readonly onUnreadable: (error: HikvisionError) => void;
  /** Once, when the channel is gone for another reason than `close`. */
  readonly onEnd: (error: Error) => void;
}

export interface AlarmChannel {
  /** `false` when only the older channel was there. */
  readonly isV30: boolean;
  readonly device: PortDevice;
  listen(handlers: AlarmHandlers): void;
  close(): void;
}

interface Current {
  readonly session: PortSession;
  readonly way: AuthWay;
}

/** Bound for lists of recordings; a day of a busy channel has some hundreds. */
const MAX_PUSHES = 10_000;

export class CommandSession {
  readonly place: string;

  private readonly keys: LoginKeySupply;
  private current: Current | null = null;
  private loggingIn: Promise<Current> | null = null;
  /** The way for the next login; undefined until one is known to be worth trying. */
  private nextWay: AuthWay | undefined;
  private keepAliveTimer: Timer | null = null;
  private lastUseMs = -Infinity;
  private channels = 0;
  private closed = false;

  constructor(private readonly options: SessionOptions) {
    this.place = options.port.place;
    this.keys = new LoginKeySupply(options.generateKeys);
  }

  /** How we are logged in; null while we are not. */
  get facts(): { readonly mode: LoginMode; readonly way: AuthWay } | null {
    return this.current === null ? null : { mode: this.current.session.mode, way: this.current.way };
  }

  /** What the device says of itself at the login; logs in where that was not done. */
  async device(signal?: AbortSignal): Promise<PortDevice> {
    return this.numbered((await this.session(signal)).session.device);
  }

  /** The device took this number for its first IP channel after it had refused the usual one. */
  acceptFirstIpChannel(firstIpChannel: number): void {
    if (acceptedNumbers.get(this.key) === firstIpChannel) return;
    keep(acceptedNumbers, this.key, firstIpChannel);
    this.options.warn({
      code: 'HSP_CHANNELS',
      message: `the command port numbers its IP channels from ${firstIpChannel}; remembered for this device`,
    });
  }

  private numbered(device: PortDevice): PortDevice {
    const firstIpChannel = this.options.firstIpChannel ?? acceptedNumbers.get(this.key) ?? device.firstIpChannel;
    return { ...device, firstIpChannel };
  }

  /** Is the number of the first IP channel known, so that a refusal is about the channel itself? */
  get isNumberingKnown(): boolean {
    return this.options.firstIpChannel !== undefined || acceptedNumbers.has(this.key);
  }

  /** Sends one command. @returns the body of its answer. @throws what `retValError` makes of a refusal, and failures of the way. */
  async request(command: CommandCodeName, body?: Uint8Array, options: RequestOptions = {}): Promise<Buffer> {
    const { retVal, body: answer } = await this.answer(command, body, options);
    if (isRefusal(retVal)) throw this.refusal(retVal, options.operation ?? command);
    return answer;
  }

  /** As {@link request}, but a refusal is returned, because its body may say more. */
  async answer(command: CommandCodeName, body?: Uint8Array, options: RequestOptions = {}): Promise<Answer> {
    const { code } = COMMAND_CODES[command];
    const exchange = { ...this.exchangeOptions(command, options), minBytes: SHORT_REPLY_BYTES };
    return this.renewed(options.signal, async (current) =>
      answerIn(code, await this.options.port.exchange((ip) => this.frame(current, code, body, ip), exchange)),
    );
  }

  /** Sends one command that is answered by pushes until the list ends. @returns them, without waits and the end. */
  async list(command: CommandCodeName, body: Uint8Array, options: RequestOptions = {}): Promise<PushMessage[]> {
    const { code } = COMMAND_CODES[command];
    const exchange = { ...this.exchangeOptions(command, options), minBytes: SHORT_REPLY_BYTES };
    const pushes: PushMessage[] = [];
    const { retVal } = await this.renewed(options.signal, async (current) => {
      let status: number = RET_VAL.ok;
      const onFrame = (frame: Buffer): boolean => {
        if (directionOf(frame) === 'reply') {
          status = decodeAnswer(code, frame).retVal;
          return isRefusal(status);
        }
        const push = decodePush(Buffer.from(frame));
        if (push.type === 'other') status = push.status;
        else if (push.type === 'file') pushes.push(push);
        return push.type === 'listEnd' || isRefusal(status) || pushes.length >= MAX_PUSHES;
      };
      await this.options.port.collect((ip) => this.frame(current, code, body, ip), onFrame, exchange);
      return { retVal: status, body: EMPTY };
    });
    if (isRefusal(retVal)) throw this.refusal(retVal, options.operation ?? command);
    return pushes;
  }

  /** Opens the alarm channel: V30, or the older one where that is refused. */
  async alarmChannel(signal?: AbortSignal): Promise<AlarmChannel> {
    try {
      return await this.openChannel('alarmChannelV30', signal);
    } catch (error) {
      if (!(error instanceof HikvisionError) || !OLDER_CHANNEL_AFTER.has(error.code)) throw error;
      return this.openChannel('alarmChannel', signal);
    }
  }

  /** Is the device there, and are we logged in? An expired session is renewed. */
  async keepAlive(signal?: AbortSignal): Promise<void> {
    await this.request('keepAlive', undefined, signal === undefined ? {} : { signal });
  }

  /** Gives the session back and ends everything. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.logout();
    this.options.port.close();
  }

  /** Gives the session back; the next command logs in again. */
  async logout(): Promise<void> {
    const { current } = this;
    this.drop();
    if (current === null) return;
    const { code } = COMMAND_CODES.logout;
    try {
      await this.options.port.exchange((ip) => this.frame(current, code, undefined, ip), {
        timeoutMs: LOGOUT_TIMEOUT_MS,
        operation: 'logout',
        minBytes: SHORT_REPLY_BYTES,
      });
    } catch (error) {
      // A session that cannot be given back runs out by itself after some minutes.
      if (!(error instanceof HikvisionError)) throw error;
    }
  }

  private drop(): void {
    this.current = null;
    this.keepAliveTimer?.cancel();
    this.keepAliveTimer = null;
  }

  /* Requests */

  /**
   * Runs `attempt` with a session. Where the device no longer knows it, there is one fresh login, shared by all who need it,
   * and one repeat; while no way of proving ourselves has worked yet, the repeat takes the next one.
   */
  private async renewed(
    signal: AbortSignal | undefined,
    attempt: (current: Current) => Promise<Answer>,
  ): Promise<Answer> {
    for (let isRepeat = false; ; isRepeat = true) {
      const current = await this.session(signal);
      this.lastUseMs = this.options.clock.monotonic();
      const answer = await attempt(current);
      const wasProven = this.knownWay() === current.way;
      const isUnknown = answer.retVal === RET_VAL.noSuchUserId || (!wasProven && MAY_BE_THE_WAY.has(answer.retVal));
      if (!isUnknown) {
        this.remember(current);
        return answer;
      }
      const next = wasProven ? current.way : this.wayAfter(current);
      if (this.current === current) {
        this.drop();
        this.nextWay = next;
      }
      if (next === undefined || (wasProven && isRepeat)) {
        // What worked before works no longer: begin at the beginning next time.
        if (wasProven) acceptedWays.delete(this.key);
        return answer;
      }
    }
  }

  private frame({ session, way }: Current, command: number, body: Uint8Array | undefined, clientIp: string): Buffer {
    const fields = { command, userId: session.userId, clientIp, ...(body === undefined ? {} : { body }) };
    if (way === 'plainSum') {
      const frame = encodeRequest({ ...fields, interfaceVersion: INTERFACE.login });
      frame.writeUInt32BE(plainSumWord(frame) >>> 0, 8);
      return frame;
    }
    const elapsedSeconds = Math.max(0, Math.floor((this.options.clock.monotonic() - session.sinceMs) / 1000));
    return encodeRequest({ ...fields, authWord: sessionAuthWord(session, command, way, elapsedSeconds) });
  }

  private exchangeOptions(command: CommandCodeName, options: RequestOptions): ExchangeOptions {
    const { operation = `${command} (${hexWord(COMMAND_CODES[command].code)})`, signal, timeoutMs } = options;
    return {
      operation,
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  }

  private refusal(retVal: number, operation: string): HikvisionError {
    const { clock, gate } = this.options;
    const error = retValError(retVal, { device: this.place, operation }, clock.now());
    // Both are about the account, not about this command: nobody shall try again by himself.
    if (retVal === RET_VAL.wrongPassword) return gate.refused(null, this.place);
    if (error instanceof LockedError)
      return gate.refused({ locked: true, unlockSeconds: null, attemptsLeft: null }, this.place);
    return error;
  }

  private async openChannel(
    command: 'alarmChannelV30' | 'alarmChannel',
    signal: AbortSignal | undefined,
  ): Promise<AlarmChannel> {
    const { code } = COMMAND_CODES[command];
    const exchange = {
      ...this.exchangeOptions(command, signal === undefined ? {} : { signal }),
      minBytes: SHORT_REPLY_BYTES,
    };
    let channel: Channel | null = null;
    let device: PortDevice | null = null;
    const { retVal } = await this.renewed(signal, async (current) => {
      const opened = await this.options.port.channel((ip) => this.frame(current, code, undefined, ip), exchange);
      try {
        const answer = answerIn(code, opened.first);
        if (isRefusal(answer.retVal)) opened.channel.close();
        else channel = opened.channel;
        device = this.numbered(current.session.device);
        return answer;
      } catch (error) {
        opened.channel.close();
        throw error;
      }
    });
    if (channel === null || device === null) throw this.refusal(retVal, command);
    return this.alarmChannelOf(channel, device, command === 'alarmChannelV30');
  }

  private alarmChannelOf(channel: Channel, device: PortDevice, isV30: boolean): AlarmChannel {
    this.channels++;
    let isOpen = true;
    const over = () => {
      if (isOpen) this.channels--;
      isOpen = false;
    };
    return {
      isV30,
      device,
      listen: ({ onPush, onUnreadable, onEnd }) =>
        channel.listen({
          onFrame: (bytes, start, end) => {
            let push: PushMessage;
            try {
              push = decodePush(bytes, start, end);
            } catch (error) {
              if (!(error instanceof HikvisionError)) throw error;
              onUnreadable(error);
              return;
            }
            if (push.type === 'other' && isRefusal(push.status)) {
              channel.close();
              over();
              if (push.status === RET_VAL.noSuchUserId) this.drop();
              onEnd(this.refusal(push.status, 'alarm channel'));
            } else onPush(push);
          },
          onEnd: (error) => {
            over();
            onEnd(error);
          },
        }),
      close: () => {
        over();
        channel.close();
      },
    };
  }

  /* Logging in */

  private session(signal: AbortSignal | undefined): Promise<Current> {
    if (this.closed) return Promise.reject(new ClosedError('the connection was closed', { device: this.place }));
    if (this.current !== null) return Promise.resolve(this.current);
    if (this.loggingIn === null) {
      const loggingIn = this.logIn().finally(() => (this.loggingIn = null));
      loggingIn.catch(() => undefined); // everybody who waits hears of it, below
      this.loggingIn = loggingIn;
    }
    return orAborted(this.loggingIn, signal, this.place);
  }

  private async logIn(): Promise<Current> {
    const { gate } = this.options;
    gate.check(this.place);
    let current: Current | null = null;
    if (!gate.isProven) {
      await gate.prove(this.place, async () => {
        const result = await this.attempt();
        if ('refused' in result) return result;
        current = result;
        return 'accepted';
      });
    }
    if (current === null) {
      // They were proven before, or somebody else has done it meanwhile.
      const answered = await gate.goAhead(this.place);
      try {
        const result = await this.attempt();
        if ('refused' in result) throw gate.refused(result.refused, this.place);
        gate.accepted();
        current = result;
      } finally {
        answered();
      }
    }
    this.begin(current);
    return current;
  }

  private async attempt(): Promise<Current | Extract<Awaited<ReturnType<typeof login>>, { refused: unknown }>> {
    const { port, username, password, clock } = this.options;
    const result = await login(port, { user: username, password }, this.keys, clock);
    if ('refused' in result) return result;
    const { session } = result;
    return { session, way: this.firstWay(session) };
  }

  private begin(current: Current): void {
    if (this.closed) return;
    this.current = current;
    this.lastUseMs = this.options.clock.monotonic();
    this.keys.prepare();
    this.watch();
  }

  /** Keeps the session while it is used, and gives it back when it is not. */
  private watch(): void {
    const { clock, port } = this.options;
    this.keepAliveTimer?.cancel();
    this.keepAliveTimer = clock.after(SESSION_KEEP_ALIVE_MS, () => {
      const { current } = this;
      if (current === null) return;
      if (this.channels === 0 && clock.monotonic() - this.lastUseMs > SESSION_IDLE_MS) {
        void this.logout();
        return;
      }
      const { code } = COMMAND_CODES.keepAlive;
      port
        .exchange((ip) => this.frame(current, code, undefined, ip), {
          operation: 'keepAlive',
          minBytes: SHORT_REPLY_BYTES,
        })
        .then((frame) => {
          // The next command logs in again; nobody waits for that now.
          if (answerIn(code, frame).retVal === RET_VAL.noSuchUserId && this.current === current) this.drop();
        })
        .catch(() => undefined) // the next command finds out for itself whether the device is there
        .finally(() => {
          if (this.current === current && !this.closed) this.watch();
        });
    });
  }

  /* Ways */

  private get key(): string {
    return this.place;
  }

  private knownWay(): AuthWay | undefined {
    return this.options.authWay ?? acceptedWays.get(this.key);
  }

  private orderFor(session: PortSession): readonly AuthWay[] {
    const { authWay } = this.options;
    if (authWay !== undefined) return [authWay];
    return session.isOld ? OLD_ORDER : ORDER;
  }

  private firstWay(session: PortSession): AuthWay {
    return this.knownWay() ?? this.nextWay ?? (this.orderFor(session)[0] as AuthWay);
  }

  /** The way to try after one that was not accepted; undefined when none is left. */
  private wayAfter({ session, way }: Current): AuthWay | undefined {
    const order = this.orderFor(session);
    return order[order.indexOf(way) + 1];
  }

  private remember({ session, way }: Current): void {
    this.nextWay = undefined;
    if (this.options.authWay !== undefined || acceptedWays.get(this.key) === way) return;
    keep(acceptedWays, this.key, way);
    this.options.warn({
      code: 'HSP_ACCEPTED',
      message: `the command port took login ${session.mode} and auth word ${way}; remembered for this device`,
    });
  }
}

const EMPTY = Buffer.alloc(0);

/** Refusals that may be about the proof, while none was accepted yet: the password of the login was right a moment ago. */
const MAY_BE_THE_WAY: ReadonlySet<number> = new Set([RET_VAL.wrongPassword, RET_VAL.versionMismatch]);

/**
 * The answer in a frame. A reply without a body is 8 bytes short with some firmware: length and status, nothing to sum up.
 * @throws ProtocolError when it is no reply.
 */
function answerIn(code: number, frame: Buffer): Answer {
  if (frame.length !== SHORT_REPLY_BYTES) return decodeAnswer(code, frame);
  const { status } = decodePushFrame(frame).header;
  if (retValName(status) === null) throw new ProtocolError(`an answer of ${frame.length} bytes`, 0);
  return { retVal: status, body: EMPTY };
}

const SHORT_REPLY_BYTES = 8;

/** Refusals after which the older alarm channel may still work. */
const OLDER_CHANNEL_AFTER: ReadonlySet<string> = new Set(['HIK_UNSUPPORTED', 'HIK_REFUSED', 'HIK_PROTOCOL']);

/** Which way each device accepted, in this process. Bounded. */
const acceptedWays = new Map<string, AuthWay>();
/** Where IP channels begin, for devices that refused the usual number. Bounded. */
const acceptedNumbers = new Map<string, number>();

function keep<V>(kept: Map<string, V>, key: string, value: V): void {
  for (const oldest of kept.keys()) {
    if (kept.size < MAX_BREAKERS) break;
    kept.delete(oldest);
  }
  kept.set(key, value);
}

/** Only for tests: a new process remembers nothing. */
export function forgetAcceptedWays(): void {
  acceptedWays.clear();
  acceptedNumbers.clear();
}

/** `promise`, unless `signal` is aborted first; what is under way for others goes on. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, device: string): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return Promise.reject(abortReason(signal, device));
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortReason(signal, device));
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
