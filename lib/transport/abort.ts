import { ClosedError, HikvisionError } from '../errors';

/** What an abort means to whoever waited. */
export function abortReason(signal: AbortSignal, device: string): Error {
  return signal.reason instanceof HikvisionError ? signal.reason : new ClosedError('cancelled', { device });
}
