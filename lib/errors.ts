/**
 * Everything that can go wrong, by cause. The first level answers the caller's only question: again, or not?
 *
 * A message says what was tried, on which device, what was answered and what to do. It never holds a password, a session
 * key or an Authorization header; the original error is chained as `cause`.
 */

export interface ErrorContext {
  /** The device as people know it: host, or host:port. */
  readonly device?: string;
  /** What was tried, for example `camera.snapshot` or `GET /ISAPI/System/time`. */
  readonly operation?: string;
  readonly cause?: unknown;
}

export abstract class HikvisionError extends Error {
  /** Stable across releases and across two copies of this package in one process; see {@link ERROR_CODES}. */
  abstract readonly code: ErrorCode;
  /** True: waiting and trying again can succeed. */
  abstract readonly recoverable: boolean;
  readonly device: string | undefined;
  readonly operation: string | undefined;

  constructor(message: string, context: ErrorContext = {}) {
    const place = [context.operation, context.device].filter(Boolean).join(' on ');
    super(place === '' ? message : `${place}: ${message}`, context.cause === undefined ? {} : { cause: context.cause });
    this.name = new.target.name;
    this.device = context.device;
    this.operation = context.operation;
  }
}

/** Waiting and trying again can succeed: the device is busy, unreachable, slow or silent. */
export abstract class RecoverableError extends HikvisionError {
  readonly recoverable = true;
}

/** The same call will fail the same way: wrong password, missing right, unsupported command, bytes without sense. */
export abstract class FatalError extends HikvisionError {
  readonly recoverable = false;
}

/** No connection could be made: refused, no route, unknown name. */
export class UnreachableError extends RecoverableError {
  readonly code = 'HIK_UNREACHABLE';
}

/** The connection broke before the answer was complete. An `act` or `write` may or may not have happened. */
export class ConnectionLostError extends RecoverableError {
  readonly code = 'HIK_CONNECTION_LOST';
}

/** No answer in time. An `act` or `write` may or may not have happened. */
export class TimeoutError extends RecoverableError {
  readonly code = 'HIK_TIMEOUT';
}

/** The device is there but has no time: busy, upgrading, restarting, or an internal error that usually passes. */
export class DeviceBusyError extends RecoverableError {
  readonly code = 'HIK_BUSY';
}

/** All sessions or alertStream places of the device are taken. */
export class TooManySessionsError extends RecoverableError {
  readonly code = 'HIK_TOO_MANY_SESSIONS';
}

/** User name or password refused. Fatal: devices lock an account after a few wrong attempts, so a retry makes it worse. */
export class AuthenticationError extends FatalError {
  readonly code = 'HIK_AUTHENTICATION';

  /** @param attemptsLeft wrong passwords until it locks; null where the device does not say. */
  constructor(
    message: string,
    context: ErrorContext = {},
    readonly attemptsLeft: number | null = null,
  ) {
    super(message, context);
  }
}

/** The device has locked the account or our address after wrong passwords. */
export class LockedError extends FatalError {
  readonly code = 'HIK_LOCKED';
  /** When the lock ends, in milliseconds since 1970 on our clock. */
  readonly unlockAtMs: number;

  constructor(message: string, unlockAtMs: number, context: ErrorContext = {}) {
    super(message, context);
    this.unlockAtMs = unlockAtMs;
  }
}

/** The password is right, the user lacks the right. */
export class PermissionError extends FatalError {
  readonly code = 'HIK_PERMISSION';
}

/** This device has no such function, channel or method. */
export class UnsupportedError extends FatalError {
  readonly code = 'HIK_UNSUPPORTED';

  /** @param noSuchChannel the device says that it has no channel of this number; it may number them otherwise. */
  constructor(
    message: string,
    context: ErrorContext = {},
    readonly noSuchChannel = false,
  ) {
    super(message, context);
  }
}

/** The device knows the function but not this item: no such preset, user, recording. */
export class NotFoundError extends FatalError {
  readonly code = 'HIK_NOT_FOUND';
}

/** The device understood and said no: value out of its range, wrong state, needs something else first. */
export class RefusedError extends FatalError {
  readonly code = 'HIK_REFUSED';
}

/** The device has never been given a password. */
export class NotActivatedError extends FatalError {
  readonly code = 'HIK_NOT_ACTIVATED';
}

/** The certificate of the device cannot be trusted with the settings given. */
export class CertificateError extends FatalError {
  readonly code = 'HIK_CERTIFICATE';
  /** SHA-256 fingerprint of the certificate that the device showed, `AA:BB:...`, when it could be read. */
  readonly fingerprint: string | undefined;

  constructor(message: string, fingerprint: string | undefined, context: ErrorContext = {}) {
    super(message, context);
    this.fingerprint = fingerprint;
  }
}

/** Another device answers at this address than before. */
export class IdentityError extends FatalError {
  readonly code = 'HIK_IDENTITY';
}

/** Bytes or text that make no sense. */
export class ProtocolError extends FatalError {
  readonly code = 'HIK_PROTOCOL';
  /** Where the sense was lost, counted in bytes (or characters of a text) from the start of the input. */
  readonly offset: number;

  constructor(message: string, offset: number, context: ErrorContext = {}) {
    super(`${message} (at byte ${offset})`, context);
    this.offset = offset;
  }
}

/** An answer larger than its bound in `settings.ts`. */
export class TooLargeError extends FatalError {
  readonly code = 'HIK_TOO_LARGE';
}

/** One thing that is wrong with the arguments of a command. */
export interface Violation {
  readonly parameter: string;
  readonly given: unknown;
  readonly expected: string;
}

/** Arguments that the command cannot take; all violations at once. */
export class ArgumentError extends FatalError {
  readonly code = 'HIK_ARGUMENT';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[], context: ErrorContext = {}) {
    super(violations.map((v) => `${v.parameter}: expected ${v.expected}, got ${show(v.given)}`).join('; '), context);
    this.violations = violations;
  }
}

/** A `danger` command without `confirm: true`. */
export class ConfirmationError extends FatalError {
  readonly code = 'HIK_CONFIRMATION';
}

/** A command that the settings of the MQTT publisher do not allow, or that came as a retained message. */
export class NotAllowedError extends FatalError {
  readonly code = 'HIK_NOT_ALLOWED';
}

/** The client was closed, or the command was cancelled, while this was under way. */
export class ClosedError extends FatalError {
  readonly code = 'HIK_CLOSED';
}

/** Something failed inside this package that should not. */
export class InternalError extends FatalError {
  readonly code = 'HIK_INTERNAL';
}

/** Every error code and what it tells the user; the README table and the node help are made from it. */
export const ERROR_CODES = {
  HIK_UNREACHABLE: 'No connection: check address, port, cable, and that the device is on.',
  HIK_CONNECTION_LOST: 'The connection broke before the answer was complete.',
  HIK_TIMEOUT: 'The device did not answer in time.',
  HIK_BUSY: 'The device is busy or restarting; it works again after a while.',
  HIK_TOO_MANY_SESSIONS: 'All sessions of the device are taken; close other clients.',
  HIK_AUTHENTICATION: 'User name or password refused. Nothing is tried again until they change or you ask for it.',
  HIK_LOCKED: 'The device has locked the account after wrong passwords; it says for how long.',
  HIK_PERMISSION: 'The password is right, but the user lacks the right for this function.',
  HIK_UNSUPPORTED: 'The device has no such function, channel or method.',
  HIK_NOT_FOUND: 'The device knows the function but not this item.',
  HIK_REFUSED: 'The device understood and said no; the message carries its words.',
  HIK_NOT_ACTIVATED: 'The device was never given a password; activate it with the tool of the vendor first.',
  HIK_CERTIFICATE: 'The certificate cannot be trusted: give the CA file, the fingerprint, or accept any certificate.',
  HIK_IDENTITY: 'Another device answers at this address than before.',
  HIK_PROTOCOL: 'The device sent bytes that make no sense.',
  HIK_TOO_LARGE: 'The answer is larger than the bound for answers.',
  HIK_ARGUMENT: 'An argument is missing or out of range; the message names all of them.',
  HIK_CONFIRMATION: 'A dangerous command needs confirm: true, or the tick in the node.',
  HIK_NOT_ALLOWED: 'What may be commanded over MQTT is set per device; this is not, or it came as a retained message.',
  HIK_CLOSED: 'The connection was closed, or the command cancelled, while this was under way.',
  HIK_INTERNAL: 'A fault of this package, told over MQTT; the log has its words. Please report it.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    // A cycle or a BigInt: the message still has to be made.
    text = typeof value;
  }
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
