/** `hsp doctor URL`: the checks behind "Test connection" in the terminal, and what to attach to an issue. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Mask } from '../codec/mask';
import {
  captureDevice,
  captureStream,
  examine,
  HikvisionError,
  packageVersion,
  systemClock,
  wordsOf,
  type CapturedStream,
  type Capture,
  type ClientOptions,
  type Examination,
  type Level,
} from '../index';
import { clientOptions, credentialsOf, DEVICE_HELP, DEVICE_OPTIONS } from './device';
import { openOutput, secondsOf } from './output';
import { writeTranscript } from './transcript';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

const DEFAULT_LISTEN_SECONDS = 12;
const DEFAULT_EVENT_SECONDS = 5;
const MAX_LISTEN_SECONDS = 3_600;

export const doctor: Verb = {
  name: 'doctor',
  summary: 'what is wrong with a device, and what to do about it',
  help: `hsp doctor URL [--json] [--bundle FILE [--events SECONDS]]
hsp doctor URL --hsp [--output FILE] [--for SECONDS]

Looks at a device as "Test connection" does in Node-RED: who it is, which ports are open, its certificate, lock, clock, disks
and recording, how its events come, and which of them are not set up to be told. It only reads, and tries a password once.

  ✓ as it should be   ! worth a look   ✗ does not work     Each of the last two says what to do.

  --json           the report as one JSON line instead
  --bundle FILE    also write what to attach to an issue: the report, versions, documents and a few events of the device.
                   JSON, compressed where FILE ends in .gz. Masked: user, password, keys, serial numbers, MAC and IP
                   addresses, names, plates; pictures are left out. Read it before you send it.
  --events SECONDS how long the bundle listens to events (default ${DEFAULT_EVENT_SECONDS}, 0 = not at all)

With --hsp it writes a transcript of the command port instead: logs in once, asks some harmless questions in both encodings,
listens to alarms for a while, logs out, and writes every frame as a JSON line. The binary face is proven against published
vectors and our simulator only: a transcript of a real device, whether all went well or not, is what helps most. Masked with
stars: user, password, keys, proofs, auth words, session numbers, serial numbers, names, MAC and IP addresses in documents,
pictures. Read it before you send it.

  --hsp            the transcript
  --output FILE    write it to FILE instead of standard output
  --for SECONDS    how long to listen to alarms (default ${DEFAULT_LISTEN_SECONDS}, 0 = not at all)

${DEVICE_HELP}

Exit status: 0 all is well, 1 there is something to mend (with --hsp: a question was not answered), 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      ...DEVICE_OPTIONS,
      hsp: { type: 'boolean' },
      output: { type: 'string' },
      for: { type: 'string' },
      json: { type: 'boolean' },
      bundle: { type: 'string' },
      events: { type: 'string' },
    });
    const [url, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('doctor takes one URL');
    if (values.hsp === true) {
      if (values.json !== undefined || values.bundle !== undefined || values.events !== undefined)
        throw new UsageError('--hsp goes with --output and --for only');
      const listenSeconds = secondsOf('--for', values.for, DEFAULT_LISTEN_SECONDS, MAX_LISTEN_SECONDS);
      return (await writeTranscript(url, values, { output: values.output, listenSeconds }, io)) ? 0 : 1;
    }
    if (values.output !== undefined || values.for !== undefined) throw new UsageError('--output and --for need --hsp');
    const seconds = secondsOf('--events', values.events, DEFAULT_EVENT_SECONDS, MAX_LISTEN_SECONDS);
    if (values.events !== undefined && values.bundle === undefined) throw new UsageError('--events needs --bundle');
    const settings = clientOptions(url, values, io);
    const { username, password } = credentialsOf(url, values, io);
    const mask = new Mask({ user: username, password });
    const file = values.bundle === undefined ? null : await openOutput(values.bundle, '--bundle');
    try {
      const report = await examine(settings, {
        clock: systemClock,
        signal: io.signal,
        ...progressOf(io),
      });
      io.progress?.(null);
      if (values.json === true) io.out(JSON.stringify(plainReport(report)));
      else for (const line of reportLines(report)) io.out(line);
      if (file !== null && !io.signal.aborted) {
        const bundle = await bundleOf(settings, report, { mask, seconds, io });
        const text = `${JSON.stringify(bundle, null, 1)}\n`;
        await file.write(values.bundle?.endsWith('.gz') === true ? await promisify(gzip)(text) : Buffer.from(text));
        io.err(`${values.bundle}: ${describe(bundle)}. Read it before you send it.`);
      }
      return report.findings.every(({ level }) => level === 'good') ? 0 : 1;
    } finally {
      io.progress?.(null);
      await file?.close();
    }
  },
};

/* The report */

const SIGNS: Readonly<Record<Level, string>> = { good: '✓', odd: '!', bad: '✗' };
const WIDTH = 100;

export function reportLines({ findings }: Pick<Examination, 'findings'>): string[] {
  const lines = findings.flatMap((finding) => {
    const { text, remedy } = wordsOf(finding);
    return [
      ...wrapped(text, `${SIGNS[finding.level]} `, '  '),
      ...(remedy === null ? [] : wrapped(remedy, '  → ', '    ')),
    ];
  });
  const count = findings.filter(({ level }) => level !== 'good').length;
  const end = count === 0 ? 'All is well.' : count === 1 ? 'One thing to look at.' : `${count} things to look at.`;
  return [...lines, '', end];
}

function wrapped(text: string, first: string, further: string): string[] {
  const lines: string[] = [];
  let line = first.trimEnd();
  for (const word of text.split(/\s+/)) {
    const isFull = line.length + 1 + word.length > WIDTH && line.length > further.length;
    if (isFull) lines.push(line);
    line = isFull ? further + word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** For programs: the findings with their words. */
function plainReport({ device, findings, services, certificate, ways }: Examination) {
  const told = findings.map((finding) => {
    const { level, code, values } = finding;
    return { level, code, ...wordsOf(finding), values };
  });
  return { device, ways, services, certificate, findings: told };
}

/* The bundle */

/** What tells most about a device in few documents. */
const DOCUMENTS = [
  '/ISAPI/System/deviceInfo',
  '/ISAPI/System/capabilities',
  '/ISAPI/System/status',
  '/ISAPI/System/time',
  '/ISAPI/Event/triggers',
  '/ISAPI/Event/notification/httpHosts',
  '/ISAPI/Event/notification/subscribeEventCap',
  '/ISAPI/System/Video/inputs/channels',
  '/ISAPI/ContentMgmt/InputProxy/channels',
  '/ISAPI/ContentMgmt/InputProxy/channels/status',
  '/ISAPI/ContentMgmt/Storage',
  '/ISAPI/Streaming/channels',
  '/ISAPI/Security/adminAccesses',
] as const;
const PAUSE_MS = 50;

interface Bundle {
  readonly about: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly report: unknown;
  readonly device: Capture | null;
  readonly events: { readonly seconds: number; readonly parts: CapturedStream['parts'] } | null;
  /** What could not be asked, and why. */
  readonly problems: readonly string[];
}

async function bundleOf(
  settings: ClientOptions,
  report: Examination,
  { mask, seconds, io }: { readonly mask: Mask; readonly seconds: number; readonly io: CliIo },
): Promise<Bundle> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HikvisionError)) throw error;
      problems.push(`${what}: ${error.message}`);
      return null;
    }
  };
  const common = { clock: systemClock, mask, signal: io.signal };
  // Where the device did not let us in, nothing is tried again.
  const mayAsk = report.device !== null && /^https?:|^(?![a-z]+:\/\/)/i.test(settings.url);
  const device = mayAsk
    ? await attempt('documents', () =>
        captureDevice(settings, { ...common, paths: DOCUMENTS, pauseMs: PAUSE_MS, ...progressOf(io) }),
      )
    : null;
  io.progress?.(null);
  const stream =
    mayAsk && seconds > 0
      ? await attempt('events', () => captureStream(settings, { ...common, forMs: seconds * 1_000 }))
      : null;
  const shown = mask.text(JSON.stringify({ report: plainReport(report), problems }));
  return {
    about: 'Written by hsp doctor --bundle for an issue. Secrets, names, serial numbers and addresses are masked.',
    versions: { hsp: packageVersion(), node: process.version, platform: `${process.platform} ${process.arch}` },
    ...(JSON.parse(shown) as Pick<Bundle, 'report' | 'problems'>),
    device,
    events: stream === null ? null : { seconds, parts: stream.parts },
  };
}

function progressOf({ progress }: CliIo): { onProgress?: (progress: number) => void } {
  return progress === undefined ? {} : { onProgress: progress };
}

function describe({ device, events }: Bundle): string {
  const documents = Object.keys(device?.responses ?? {}).length;
  const parts = events?.parts.length ?? 0;
  return `the report, ${documents} documents of the device, ${parts} parts of its event stream; masked`;
}
