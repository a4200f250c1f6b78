/** Trying one way after another, for devices that have the same thing at different places. */
import {
  AuthenticationError,
  DeviceBusyError,
  LockedError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  RefusedError,
  TooManySessionsError,
  UnreachableError,
  UnsupportedError,
  type ErrorContext,
  type HikvisionError,
} from '../errors';
import type { XmlElement } from '../codec/xml';
import { getDocument, type Steps } from './command';

/** The device says that it has this not, or not here. Busy, silent and locked devices say something else. */
export function isAbsence(error: unknown): error is HikvisionError {
  return (
    error instanceof UnsupportedError ||
    error instanceof NotFoundError ||
    error instanceof RefusedError ||
    error instanceof PermissionError
  );
}

/** The device said no, or was never reached: what was asked for has not happened. */
export function isRefusal(error: unknown): boolean {
  return (
    isAbsence(error) ||
    error instanceof DeviceBusyError ||
    error instanceof TooManySessionsError ||
    error instanceof AuthenticationError ||
    error instanceof LockedError ||
    error instanceof UnreachableError
  );
}

/** The most telling of the refusals that a row of attempts brought: a missing right, then a reason, then an absence. */
export function mostTelling(errors: readonly HikvisionError[]): HikvisionError | undefined {
  return (
    errors.find((error) => error instanceof PermissionError) ??
    errors.find((error) => error instanceof DeviceBusyError) ??
    errors.find((error) => error instanceof RefusedError || error instanceof NotFoundError) ??
    errors.find((error) => !(error instanceof ProtocolError)) ??
    errors[0]
  );
}

/**
 * Reads a document that a device may or may not have; undefined when it has not.
 *
 * @param refusals takes the refusal, for callers that find nothing anywhere.
 */
export function* optionalDocument(path: string, refusals: HikvisionError[] = []): Steps<XmlElement | undefined> {
  try {
    return yield* getDocument(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    refusals.push(error);
    return undefined;
  }
}

/**
 * Goes through `ways` until one works, the one that worked the last time first.
 *
 * @param memory where the way that worked is kept, under `key`; forgotten when no way works any more.
 * @param goesOn which errors lead to the next way; others are thrown at once.
 * @throws the most telling of the errors when no way works.
 */
export function* firstThatWorks<Way extends string, R>(
  ways: readonly Way[],
  memory: Map<string, unknown>,
  key: string,
  attempt: (way: Way) => Steps<R>,
  goesOn: (error: unknown) => error is HikvisionError = isAbsence,
): Steps<R> {
  const remembered = memory.get(key);
  const order = [...ways.filter((way) => way === remembered), ...ways.filter((way) => way !== remembered)];
  const errors: HikvisionError[] = [];
  for (const way of order) {
    try {
      const result = yield* attempt(way);
      memory.set(key, way);
      return result;
    } catch (error) {
      if (!goesOn(error)) throw error;
      errors.push(error);
    }
  }
  memory.delete(key);
  throw mostTelling(errors) ?? new UnsupportedError('no way to ask for this');
}

/** Device and operation of an error, for one that says more. */
export function contextOf(error: HikvisionError): ErrorContext {
  return {
    cause: error,
    ...(error.device === undefined ? {} : { device: error.device }),
    ...(error.operation === undefined ? {} : { operation: error.operation }),
  };
}
