/** The way to a device, whichever face it has: requests, events, and a sign of life. */
import type { PushMessage } from '../codec/alarm';
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import type { PortDevice, PortRequest } from '../commands/port';
import type { DeviceInfo } from '../commands/results';
import type { CredentialGate } from '../transport/gate';
import type { EventInlet } from './event-pump';
import type { Transfer, TransferOptions } from '../transport/transfer';

export interface SendOptions {
  readonly signal?: AbortSignal;
  /** May be sent again when a kept connection turns out to be dead. */
  readonly idempotent?: boolean;
  /** What is tried, for messages. */
  readonly operation?: string;
}

/** The command port in its own language. */
export interface BinaryFace {
  readonly place: string;
  device(signal?: AbortSignal): Promise<PortDevice>;
  /** By which number its IP channels begin: unknown until a device that refused the usual one has taken another. */
  readonly isNumberingKnown: boolean;
  acceptFirstIpChannel(firstIpChannel: number): void;
  /** @returns the body of the answer. @throws what the device refused with. */
  ask(request: PortRequest, options: SendOptions): Promise<Buffer>;
  /** @returns what the device sends until its list ends. */
  list(request: PortRequest, options: SendOptions): Promise<readonly PushMessage[]>;
}

/** A line on which the device reports events by itself. */
export interface EventLine {
  /** Silence after which it is looked after, in milliseconds. */
  readonly silenceMs: number;
  /**
   * - `ask`: quiet lines exist; a device that answers otherwise gets its time.
   * - `lost`: the line itself says regularly that it is alive.
   */
  readonly afterSilence: 'ask' | 'lost';
  /** For messages: `alertStream`. */
  readonly name: string;
  /** Where what it says goes in. */
  readonly inlet: EventInlet;
  /**
   * @param received is called with each piece; `deliver` gives it to the inlet and says how many whole messages it completed.
   * @param lost is called once when the line is gone for another reason than `close`; an error is passed on as it is.
   */
  start(received: (deliver: () => number) => void, lost: (why: string | Error) => void): void;
  close(): void;
}

export interface DeviceLink {
  /** The device as people know it. */
  readonly place: string;
  readonly gate: CredentialGate;
  /** Null where there is only HTTP. */
  readonly binary: BinaryFace | null;
  send(request: IsapiRequest, options: SendOptions): Promise<IsapiAnswer>;
  /** Who it is, where no command can ask for it. */
  describe?(signal: AbortSignal): Promise<DeviceInfo>;
  /** Moves a body that is not kept in memory. The command port has no way for that. */
  transfer?(request: IsapiRequest, transfer: Transfer, options: TransferOptions): Promise<IsapiAnswer>;
  /** Any answer will do; only silence, a lock or a refusal of the password are failures. */
  probe(signal: AbortSignal): Promise<void>;
  /** Opens the events. @throws PermissionError or UnsupportedError where this user or device has none. */
  openEvents(signal: AbortSignal): Promise<EventLine>;
  /** The connection is lost: what holds only as long as the device runs is forgotten. */
  forget(): void;
  /** Nothing is wanted for a while: what the device keeps for us is given back. */
  rest(): Promise<void>;
  /** Leaves no socket and no timer. */
  close(): Promise<void>;
}
