/** The answer of a command as a dialog shows it: bytes become words, a picture becomes one that can be looked at. Pure. */

export interface ShownAnswer {
  readonly answer: unknown;
  /** `data:image/jpeg;base64,...`; null where there is none, or one that is too large to be shown. */
  readonly picture: string | null;
  /** Some of it was left out. */
  readonly isCut: boolean;
}

/** A snapshot of 12 megapixels has 3 MB. */
const MAX_PICTURE_BYTES = 6 * 1024 * 1024;
/** More than that nobody reads in a dialog. */
const MAX_ITEMS = 100;
const MAX_TEXT_LENGTH = 2_000;
const MAX_VALUES = 3_000;
const MAX_DEPTH = 12;

/** How files of each kind begin. */
const PICTURE_TYPES: readonly { readonly type: string; readonly magic: readonly number[] }[] = [
  { type: 'image/jpeg', magic: [0xff, 0xd8, 0xff] },
  { type: 'image/png', magic: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/gif', magic: [0x47, 0x49, 0x46, 0x38] },
];

export function shownAnswer(answer: unknown): ShownAnswer {
  let picture: string | null = null;
  let isCut = false;
  let left = MAX_VALUES;

  const cut = (): string => {
    isCut = true;
    return '...';
  };

  const shown = (name: string, value: unknown, depth: number): unknown => {
    if (left-- <= 0 || depth > MAX_DEPTH) return cut();
    if (typeof value === 'string') return shownText(name, value);
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return null;
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) return shownBytes(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (Array.isArray(value)) {
      const items = value.slice(0, MAX_ITEMS).map((item: unknown) => shown(name, item, depth + 1));
      return value.length > MAX_ITEMS ? [...items, cut()] : items;
    }
    const properties: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, inner] of Object.entries(value)) {
      if (left <= 0) {
        cut();
        break;
      }
      properties[key] = shown(key, inner, depth + 1);
    }
    return properties;
  };

  const shownText = (name: string, text: string): string => {
    const safe = withoutSecrets(name, text);
    return safe.length > MAX_TEXT_LENGTH ? safe.slice(0, MAX_TEXT_LENGTH) + cut() : safe;
  };

  const shownBytes = (bytes: Uint8Array): string => {
    const type = PICTURE_TYPES.find(({ magic }) => magic.every((byte, at) => bytes[at] === byte))?.type;
    if (type !== undefined && picture === null && bytes.length <= MAX_PICTURE_BYTES) {
      picture = `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
    }
    return `${bytes.length} bytes${type === undefined ? '' : `, ${type}`}`;
  };

  return { answer: shown('', answer ?? null, 0), picture, isCut };
}

/** The password in an address, and what is named a secret: somebody may look on. */
export function withoutSecrets(name: string, text: string): string {
  if (/password$|secret$|token$|sessionid$/i.test(name)) return text === '' ? '' : '***';
  return text.replace(/:\/\/([^/@:\s]*):[^/@\s]*@/g, '://$1:***@');
}
