/** "Test connection" and `hsp doctor`: what a device says of itself, and what about it wants to be mended. */
import { HikvisionClient, type ClientOptions } from '../client';
import type { Clock } from '../clock';
import type { DeviceInfo } from '../commands/results';
import { AuthenticationError, HikvisionError, LockedError } from '../errors';
import type { ConnectionState } from '../session/connection';
import { knock, type Certificate } from '../transport/services';
import { servicesOf, tellCertificate, tellLogin, tellServices, wrongDoor, type Knock, type Service } from './doors';
import { finding, isFindingCode, type Finding } from './findings';
import { QUESTIONS } from './questions';

export interface Examination {
  readonly device: DeviceInfo | null;
  readonly findings: readonly Finding[];
  readonly services: readonly Service[];
  /** What the connection showed; null where it shows none. */
  readonly certificate: Certificate | null;
  /** The ways by which events come now. */
  readonly ways: readonly string[];
}

export interface ExaminationOptions {
  readonly clock: Clock;
  /** Where the device calls us; null where it does not, or was not told to. */
  readonly pushUrl?: string | null;
  /** Ends it early; what is known then is told. */
  readonly signal?: AbortSignal;
  /** How far it is, from 0 to 1. */
  readonly onProgress?: (progress: number) => void;
  readonly createClient?: (options: ClientOptions) => HikvisionClient;
  /** Instead of real connections, for tests. */
  readonly knock?: Knock;
}

/** After that long what is known is told. */
const PATIENCE_MS = 30_000;
/** How long the ways of its events are waited for. */
const WAYS_MS = 5_000;
/** Connecting, its certificate, its events. */
const STEPS_BEFORE = 3;

/**
 * Connects once, with a client of its own, and asks. Reads only. A refused password is not tried again.
 *
 * @throws ArgumentError when the options contradict each other.
 */
export async function examine(settings: ClientOptions, options: ExaminationOptions): Promise<Examination> {
  const { clock, pushUrl = null, onProgress = () => undefined } = options;
  const client = options.createClient?.(settings) ?? new HikvisionClient(settings);
  const findings: Finding[] = [];
  let done = 0;
  const step = () => onProgress(Math.min(1, ++done / (STEPS_BEFORE + QUESTIONS.length)));
  const patience = new AbortController();
  const end = () => {
    patience.abort(new Error('no time left'));
    // Ends whatever still waits.
    void client.close();
  };
  const timer = clock.after(PATIENCE_MS, end);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted === true) end();
  try {
    // Asks for the ways of its events; the events themselves are of no interest.
    client.events(() => undefined);
    const knocking = servicesOf(settings, clock, options.knock ?? knock);
    const outcome = await client.connect().then(
      (device) => ({ device }),
      (error: unknown) => ({ error }),
    );
    const services = await knocking;
    step();
    const { certificate, findings: shown } = await tellCertificate(settings, clock);
    step();
    const known = { services, certificate, findings };
    if ('error' in outcome) {
      findings.push(...(await failure(outcome.error, { settings, services, shown, clock })));
      return { ...known, device: null, ways: [] };
    }
    const { device } = outcome;
    findings.push(finding('device', { model: device.model ?? '?', firmware: device.firmware ?? '?' }));
    findings.push(finding('answers'), ...shown);
    findings.push(...(await tellLogin(settings, clock)), ...tellServices(services, settings));
    const state = await waysTold(client, clock, patience.signal);
    if (state !== null) findings.push(wayFinding(state));
    step();
    for (const ask of QUESTIONS) {
      if (patience.signal.aborted) break;
      findings.push(...(await ask({ client, device, pushUrl })));
      step();
    }
    return { ...known, device, ways: state?.ways ?? [] };
  } finally {
    timer.cancel();
    options.signal?.removeEventListener('abort', end);
    await client.close();
  }
}

interface Seen {
  readonly settings: ClientOptions;
  readonly services: readonly Service[];
  /** What its certificate says. */
  readonly shown: readonly Finding[];
  readonly clock: Clock;
}

/** Why it did not let us in, and what was seen all the same. */
async function failure(error: unknown, { settings, services, shown, clock }: Seen): Promise<readonly Finding[]> {
  const reason = error instanceof Error ? error.message : String(error);
  const seen = tellServices(services, settings);
  if (!(error instanceof HikvisionError)) return [finding('other', { reason }), ...seen];
  if (error instanceof LockedError) {
    const minutes = Math.max(1, Math.ceil((error.unlockAtMs - clock.now()) / 60_000));
    return [finding('HIK_LOCKED', { minutes: String(minutes), until: localTime(error.unlockAtMs) }), ...seen];
  }
  if (error instanceof AuthenticationError && error.attemptsLeft !== null)
    return [finding('passwordRefused', { left: String(error.attemptsLeft) }), ...shown, ...seen];
  // It says where to go instead, so that the list of ports would only confuse.
  const door = await wrongDoor(error, settings, services, clock);
  if (door !== null) return [door];
  // That another one is shown than before says more than that it is not trusted.
  const changed = shown.filter(({ code }) => code === 'certificateChanged');
  if (error.code === 'HIK_CERTIFICATE' && changed.length > 0) return [...changed, ...seen];
  return [finding(isFindingCode(error.code) ? error.code : 'other', { reason }), ...shown, ...seen];
}

/** `14:05`, on the clock of this machine. */
function localTime(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

type Connected = Extract<ConnectionState, { state: 'connected' }>;

function waysTold(client: HikvisionClient, clock: Clock, signal: AbortSignal): Promise<Connected | null> {
  const told = (state: ConnectionState) => (state.state === 'connected' && state.stream !== 'off' ? state : null);
  return new Promise((resolve) => {
    const done = (state: Connected | null) => {
      timer.cancel();
      states.close();
      signal.removeEventListener('abort', onAbort);
      resolve(state);
    };
    const onAbort = () => done(null);
    const states = client.onState((state) => {
      const now = told(state);
      if (now !== null) done(now);
    });
    const timer = clock.after(WAYS_MS, () => done(client.state.state === 'connected' ? client.state : null));
    signal.addEventListener('abort', onAbort, { once: true });
    const now = told(client.state);
    if (now !== null) done(now);
  });
}

function wayFinding({ stream, ways, streamReason }: Connected): Finding {
  const values = { ways: ways.join(', '), reason: streamReason ?? '' };
  return finding(stream === 'open' ? 'ways' : stream === 'partial' ? 'pollingOnly' : 'noEvents', values);
}
