/** Plain and TLS sockets, and whether a certificate is trusted. The decision is ours alone, so that a refusal can name the fingerprint. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { CertificateError, UnreachableError } from '../errors';
import { CONNECT_TIMEOUT_MS } from '../settings';

export interface TlsTrust {
  /** PEM text of CAs that are trusted beside those of the system. */
  readonly ca?: string;
  /** SHA-256 of the one certificate that is trusted, `AA:BB:...`; colons and case do not matter. */
  readonly fingerprint?: string;
  /** Trust whatever is shown. Off by default; the user is warned where it is on. */
  readonly acceptAny?: boolean;
}

export function openTcp(host: string, port: number): Socket {
  const socket = connectTcp({ host, port });
  // A half-open connection is noticed by the kernel even when nobody writes.
  socket.setKeepAlive(true, 15_000);
  socket.setNoDelay(true);
  return socket;
}

/** Most answers of a command fit into this; Node sets aside 64 KB for each read otherwise. */
const BRIEF_READ_BYTES = 2_048;
const LONG_READ_BYTES = 64 * 1_024;

/**
 * A connection for one question: no probes, no waiting for more to send, little memory.
 *
 * @param onChunk gets what is read; nobody else writes to that memory.
 */
export function openBriefTcp(host: string, port: number, onChunk: (chunk: Buffer) => void): Socket {
  let wasFull = false;
  return connectTcp({
    host,
    port,
    onread: {
      buffer: () => {
        // What was read may be kept, so every read has memory of its own.
        return Buffer.allocUnsafe(wasFull ? LONG_READ_BYTES : BRIEF_READ_BYTES);
      },
      callback: (sizeBytes, buffer) => {
        wasFull = sizeBytes === buffer.length;
        onChunk(buffer.subarray(0, sizeBytes) as Buffer);
        return true;
      },
    },
  });
}

/** A connection over which much is read. */
export interface BulkTcp {
  readonly socket: Socket;
  /**
   * From now on what is read goes to `onChunk` and to nobody else, always in the same memory: it is looked at at once, or copied.
   * While the socket is paused nothing is read.
   */
  divert(onChunk: (chunk: Buffer) => void): void;
}

/**
 * As {@link openTcp}. Node's HTTP copies each piece of a body into memory of its own, and that is collected only when there are 32 MB
 * of it; once the head of an answer is there, a body of a known length can do without.
 */
export function openBulkTcp(host: string, port: number): BulkTcp {
  let diverted: { readonly memory: Buffer; readonly onChunk: (chunk: Buffer) => void } | null = null;
  const socket: Socket = connectTcp({
    host,
    port,
    onread: {
      buffer: () => diverted?.memory ?? Buffer.allocUnsafe(LONG_READ_BYTES),
      callback: (sizeBytes, buffer): boolean => {
        const chunk = buffer.subarray(0, sizeBytes) as Buffer;
        if (diverted === null) socket.emit('data', chunk);
        else diverted.onChunk(chunk);
        return !socket.isPaused();
      },
    },
  });
  socket.setKeepAlive(true, 15_000);
  socket.setNoDelay(true);
  return {
    socket,
    divert: (onChunk) => (diverted = { memory: Buffer.allocUnsafeSlow(LONG_READ_BYTES), onChunk }),
  };
}

/** Opens a TLS connection and calls back once its certificate has been judged. */
export function openTls(
  host: string,
  port: number,
  trust: TlsTrust,
  whenDone: (error: Error | null, socket?: TLSSocket) => void,
): TLSSocket {
  let isDone = false;
  const done = (error: Error | null, judged?: TLSSocket) => {
    if (isDone) return;
    isDone = true;
    whenDone(error, judged);
  };
  const socket = connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trust.ca === undefined ? {} : { ca: [...rootCertificates, trust.ca] }),
    // Judged below: here a refusal would not tell which certificate was shown.
    rejectUnauthorized: false,
  });
  socket.setKeepAlive(true, 15_000);
  socket.setNoDelay(true);
  // A server that accepts and then says nothing would hold the handshake for ever.
  const onTimeout = () =>
    socket.destroy(new UnreachableError(`no TLS handshake within ${CONNECT_TIMEOUT_MS / 1000} s`));
  const onError = (error: Error) => done(error);
  const onClose = () => done(new UnreachableError('the connection was closed during the TLS handshake'));
  socket.setTimeout(CONNECT_TIMEOUT_MS, onTimeout);
  socket.once('error', onError);
  socket.once('close', onClose);
  socket.once('secureConnect', () => {
    socket.setTimeout(0, onTimeout);
    socket.removeListener('error', onError);
    socket.removeListener('close', onClose);
    const problem = judge(socket, trust);
    if (problem === null) done(null, socket);
    else {
      socket.on('error', () => undefined); // it is being thrown away
      socket.destroy();
      done(problem);
    }
  });
  return socket;
}

function judge(socket: TLSSocket, trust: TlsTrust): CertificateError | null {
  const shown = socket.getPeerCertificate().fingerprint256 as string | undefined;
  if (trust.fingerprint !== undefined && trust.fingerprint !== '') {
    if (shown !== undefined && bare(shown) === bare(trust.fingerprint)) return null;
    return new CertificateError(
      `its certificate has the fingerprint ${shown ?? 'unknown'}, another one is expected`,
      shown,
    );
  }
  // Whoever names one certificate means it, even beside "any".
  if (trust.acceptAny === true) return null;
  if (socket.authorized) return null;
  const reason = socket.authorizationError as unknown;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new CertificateError(
    `its certificate is not trusted (${why}). Give its CA, or its fingerprint ${shown ?? ''}`.trim(),
    shown,
  );
}

function bare(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-f]/gi, '').toUpperCase();
}
