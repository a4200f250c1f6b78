/** What the verbs that talk to a device have in common: its options, its client, its output. */
import { readFileSync } from 'node:fs';
import { ArgumentError, HikvisionClient, parseDeviceUrl } from '../index';
import { UsageError, type CliIo } from './verb';

export const DEVICE_OPTIONS = {
  user: { type: 'string' },
  ca: { type: 'string' },
  fingerprint: { type: 'string' },
  insecure: { type: 'boolean' },
  'allow-basic': { type: 'boolean' },
} as const;

export const DEVICE_HELP = `URL is http://user:password@192.0.2.10 or https://..., with a port where it is not the usual one.
The password may come from HSP_PASSWORD instead; it then stays out of the list of processes.

  --user NAME          user name, where it is not in the URL
  --ca FILE            trust this CA (PEM) beside those of the system
  --fingerprint SHA256 trust just the certificate with this fingerprint
  --insecure           trust any certificate
  --allow-basic        allow Basic authentication over plain HTTP, where the device offers nothing else`;

type DeviceValues = { readonly [N in keyof typeof DEVICE_OPTIONS]?: string | boolean | undefined };

/** @throws UsageError for a CA file that cannot be read, and for a URL that is none. */
export function openClient(url: string | undefined, values: DeviceValues, io: CliIo): HikvisionClient {
  if (url === undefined) throw new UsageError('which device? Give its URL, for example http://admin@192.0.2.10');
  const password = io.env['HSP_PASSWORD'];
  const hasPassword = addressOf(url).password !== '';
  const { user, ca, fingerprint } = values;
  return new HikvisionClient({
    url,
    ...(typeof user === 'string' ? { username: user } : {}),
    ...(password !== undefined && !hasPassword ? { password } : {}),
    allowBasic: values['allow-basic'] === true,
    tls: {
      ...(typeof ca === 'string' ? { ca: readCa(ca) } : {}),
      ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
      acceptAny: values.insecure === true,
    },
  });
}

function addressOf(url: string): ReturnType<typeof parseDeviceUrl> {
  try {
    return parseDeviceUrl(url);
  } catch (error) {
    if (error instanceof ArgumentError) throw new UsageError(error.message);
    throw error;
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--ca ${file}: ${(error as Error).message}`);
  }
}

/** JSON on one line; bytes as base64, with their size beside them. */
export function toLine(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return (value.toJSON as () => unknown)();
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      Buffer.isBuffer(inner)
        ? [
            ['sizeBytes', inner.length],
            [name, plain(inner)],
          ]
        : [[name, plain(inner)]],
    ),
  );
}
