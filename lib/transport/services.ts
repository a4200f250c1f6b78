/** What answers at a port, found out without a password: nothing here can cost the user an attempt. */
import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Clock } from '../clock';
import { excerpt } from '../codec/text';
import { bracketed } from './address';
import { parseChallenges } from './digest';
import { openTcp, openTls, type TlsTrust } from './tls';

/** `closed`: refused at once. `silent`: no answer within the time, as behind a firewall. */
export type PortState = 'open' | 'closed' | 'silent';

/** Connects and hangs up. Never rejects. */
export function knock(clock: Clock, host: string, port: number, limitMs: number): Promise<PortState> {
  return new Promise((resolve) => {
    const socket = openTcp(host, port);
    const timer = clock.after(limitMs, () => done('silent'));
    const done = (state: PortState) => {
      timer.cancel();
      socket.destroy();
      resolve(state);
    };
    socket.once('connect', () => done('open'));
    // It stays: an error after that has nobody else to go to.
    socket.on('error', () => done('closed'));
  });
}

export interface WebServer {
  readonly status: number;
  /** The ways to log in that it offers, lower case: `digest`, `basic`. */
  readonly logins: readonly string[];
}

/** The head of an answer with its challenges; what is longer is no device. */
const MAX_HEAD_BYTES = 16 * 1024;
const DEVICE_INFO = '/ISAPI/System/deviceInfo';

/** Asks one question over HTTP or HTTPS as somebody who has no password. @returns null where no web server answers. */
export async function askWebServer(
  clock: Clock,
  place: { readonly host: string; readonly port: number; readonly isSecure: boolean },
  limitMs: number,
): Promise<WebServer | null> {
  const { host, port, isSecure } = place;
  // Nothing secret is sent, so that it does not matter who listens.
  const opened = isSecure ? await handshake(clock, host, port, { acceptAny: true }, limitMs) : openTcp(host, port);
  if (opened instanceof Error) return null;
  return new Promise((resolve) => {
    let head = '';
    const timer = clock.after(limitMs, () => done());
    const done = () => {
      timer.cancel();
      opened.destroy();
      resolve(webServerOf(head));
    };
    opened.on('error', done);
    opened.on('close', done);
    opened.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (head.includes('\r\n\r\n') || head.includes('\n\n') || head.length > MAX_HEAD_BYTES) done();
    });
    opened.write(`GET ${DEVICE_INFO} HTTP/1.1\r\nHost: ${bracketed(host)}:${port}\r\nConnection: close\r\n\r\n`);
  });
}

function webServerOf(head: string): WebServer | null {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) return null;
  const fields = head.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return line.slice(0, Math.max(0, colon)).toLowerCase() === 'www-authenticate' ? [line.slice(colon + 1).trim()] : [];
  });
  const logins = parseChallenges(fields).map(({ scheme }) => scheme);
  return { status: Number(status), logins: [...new Set<string>(logins)] };
}

/** A certificate as people look at it. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** SHA-256, `AA:BB:...`. */
  readonly fingerprint: string;
  /** The CAs of this system, and the one that was handed in, vouch for it under this host. */
  readonly isTrusted: boolean;
  /** Why it is not trusted, in the word of OpenSSL: `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly problem: string | null;
}

/** The certificate that is shown at a port. @throws what kept it from being shown. */
export async function certificateAt(
  clock: Clock,
  place: { readonly host: string; readonly port: number },
  limitMs: number,
  ca?: string,
): Promise<Certificate> {
  const trust = { acceptAny: true, ...(ca === undefined ? {} : { ca }) };
  const socket = await handshake(clock, place.host, place.port, trust, limitMs);
  if (socket instanceof Error) throw socket;
  const shown = socket.getPeerCertificate();
  const { authorized } = socket;
  const problem = socket.authorizationError as Error | string | undefined;
  socket.destroy();
  return {
    subject: nameOf(shown.subject),
    issuer: nameOf(shown.issuer),
    validFrom: timeOf(shown.valid_from),
    validTo: timeOf(shown.valid_to),
    fingerprint: shown.fingerprint256,
    isTrusted: authorized,
    problem: authorized || problem === undefined ? null : problem instanceof Error ? codeOf(problem) : problem,
  };
}

function handshake(
  clock: Clock,
  host: string,
  port: number,
  trust: TlsTrust,
  limitMs: number,
): Promise<TLSSocket | Error> {
  return new Promise((resolve) => {
    const socket: Socket = openTls(host, port, trust, (error, judged) => {
      timer.cancel();
      // What comes after the handshake is of no interest.
      judged?.on('error', () => undefined);
      resolve(judged ?? error ?? new Error('no TLS connection'));
    });
    const timer = clock.after(limitMs, () => socket.destroy());
  });
}

const MAX_NAME_CHARACTERS = 120;

/** `CN=device, O=Maker`. What a certificate says is the word of whoever made it, so it is kept short. */
function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${[value].flat().join('+')}`);
  return excerpt(parts.join(', '), MAX_NAME_CHARACTERS);
}

function timeOf(text: string | undefined): string | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function codeOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}
