/**
 * Fixed binary structures, described once: reading, writing, sizes, offsets and the byte tables of the documentation all come
 * from the description. Numbers are big-endian.
 *
 * ```ts
 * const point = struct('POINT', { x: u16('pixels from the left'), y: u16('pixels from the top', { max: 4095 }) });
 * decode(point, bytes);   // { x: 3, y: 4 }
 * ```
 */
import { isAscii } from 'node:buffer';
import { ArgumentError, ProtocolError, type Violation } from '../errors';
import { bitmapAt, bitsOf, bufferOf, u16At, u32At, viewOf } from './bytes';
import { decodeText } from './text';

/* Fields */

type FieldKind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i8'
  | 'i32'
  | 'text'
  | 'bytes'
  | 'hex'
  | 'bitmap'
  | 'bits32'
  | 'ipv4Reversed'
  | 'structSize'
  | 'reserved'
  | 'array'
  | 'struct';

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** One field: its place in memory and what its value is. Made by the functions below. */
export interface Field<T = unknown> {
  readonly kind: FieldKind;
  readonly sizeBytes: number;
  readonly meaning: string;
  readonly range?: Range;
  /** Of an array. */
  readonly count?: number;
  readonly element?: Field;
  /** Never there; it carries the type of the value. */
  readonly valueType?: T;
}

/** Bytes without a known meaning: skipped, and written as zeros. */
export interface Reserved extends Field<never> {
  readonly kind: 'reserved';
}

/** The size that a structure says of itself; filled in when it is left out. */
export interface StructSize extends Field<number> {
  readonly kind: 'structSize';
}

const number = (kind: FieldKind, sizeBytes: number) => (meaning: string, range?: Range) =>
  field<number>(kind, sizeBytes, meaning, range);

export const u8 = number('u8', 1);
export const u16 = number('u16', 2);
export const u32 = number('u32', 4);
export const i8 = number('i8', 1);
export const i32 = number('i32', 4);

/** Text of at most `sizeBytes` bytes, filled up with NULs; read as UTF-8, else GBK, else Latin-1. */
export function text(sizeBytes: number, meaning: string): Field<string> {
  return field('text', sizeBytes, meaning);
}

/** Bytes as they are. The value shares memory with the frame. */
export function bytes(sizeBytes: number, meaning: string): Field<Buffer> {
  return field('bytes', sizeBytes, meaning);
}

/** Bytes as lower-case hexadecimal digits: MAC addresses, keys. */
export function hexBytes(sizeBytes: number, meaning: string): Field<string> {
  return field('hex', sizeBytes, meaning);
}

/** Which of 8 x `sizeBytes` things are meant; the lowest bit of the first byte is number 1. */
export function bitmap(sizeBytes: number, meaning: string): Field<readonly number[]> {
  return field('bitmap', sizeBytes, meaning);
}

/** Which of 32 things are meant; the lowest bit of the u32 is number 1. */
export function bits32(meaning: string): Field<readonly number[]> {
  return field('bits32', 4, meaning);
}

/** IPv4 address with its four octets reversed: 192.0.2.56 is `38 02 00 c0`. */
export function ipv4Reversed(meaning: string): Field<string> {
  return field('ipv4Reversed', 4, meaning);
}

/**
 * The size of the structure, counted from here. Older structures give it as u32; newer ones as u16, followed by a version and
 * a reserved byte, so that it stands in the high half of the word. Both are read.
 */
export function structSize(): StructSize {
  return field('structSize', 4, 'size of this structure in bytes') as StructSize;
}

export function reserved(sizeBytes: number, meaning = 'reserved'): Reserved {
  return field('reserved', sizeBytes, meaning) as Reserved;
}

/** The same thing `count` times. */
export function array<T>(element: Field<T>, count: number, meaning: string): Field<readonly T[]> {
  return { ...field<readonly T[]>('array', element.sizeBytes * count, meaning), count, element };
}

function field<T>(kind: FieldKind, sizeBytes: number, meaning: string, range?: Range): Field<T> {
  return { kind, sizeBytes, meaning, ...(range === undefined ? {} : { range }) };
}

/* Structures */

/**
 * How sure a fact is: `H` three or more independent sources agree or a published trace was recomputed, `M` two sources or one
 * that was run against real devices, `L` one source.
 */
export type Confidence = 'H' | 'M' | 'L';

export interface StructInfo {
  readonly confidence: Confidence;
  /** Where the knowledge comes from. */
  readonly source: string;
  /** What it is for, in a few words. */
  readonly summary?: string;
}

export type Shape = Readonly<Record<string, Field>>;
type ValueKeys<S extends Shape> = { [K in keyof S]: S[K] extends Reserved ? never : K }[keyof S];
type SizeKeys<S extends Shape> = { [K in keyof S]: S[K] extends StructSize ? K : never }[keyof S];
type ValueOfField<F> = F extends Field<infer T> ? T : never;

/** What decoding gives. */
export type ValueOf<S extends Shape> = { readonly [K in ValueKeys<S>]: ValueOfField<S[K]> };
/** What encoding takes: the size may be left out. */
export type GivenOf<S extends Shape> = { readonly [K in Exclude<ValueKeys<S>, SizeKeys<S>>]: ValueOfField<S[K]> } & {
  readonly [K in SizeKeys<S>]?: number;
};

/** Bytes behind the known part, as newer firmware appends them; absent where there are none. */
export interface WithRaw {
  readonly raw?: Buffer;
}

interface Step {
  readonly key: string;
  readonly field: Field;
  readonly offset: number;
  /** Lowest and highest value allowed; `check` says whether they are narrower than the field itself. */
  readonly check: boolean;
  readonly min: number;
  readonly max: number;
}

/** A structure; it is a field itself and can stand in others. */
export interface Struct<S extends Shape = Shape> extends Field<ValueOf<S>> {
  readonly kind: 'struct';
  readonly name: string;
  readonly info: StructInfo | undefined;
  readonly shape: S;
  /** In order, with offsets; reserved bytes included. */
  readonly steps: readonly Step[];
  /** Those that carry a value. */
  readonly valueSteps: readonly Step[];
}

const INTEGER_RANGES: Partial<Record<FieldKind, readonly [number, number]>> = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffff_ffff],
  i8: [-0x80, 0x7f],
  i32: [-0x8000_0000, 0x7fff_ffff],
};

/** Describes a structure: fields in the order of the bytes, without gaps. */
export function struct<S extends Shape>(name: string, shape: S, info?: StructInfo): Struct<S> {
  const steps: Step[] = [];
  let offset = 0;
  for (const [key, field] of Object.entries(shape)) {
    const [least, most] = INTEGER_RANGES[field.kind] ?? [0, 0];
    const { min = least, max = most } = field.range ?? {};
    steps.push({ key, field, offset, check: field.range !== undefined, min, max });
    offset += field.sizeBytes;
  }
  const valueSteps = steps.filter((step) => step.field.kind !== 'reserved');
  return { kind: 'struct', sizeBytes: offset, meaning: name, name, info, shape, steps, valueSteps };
}

/** Where each field begins. For code that must read without making an object, and for tests. */
export function offsetsOf<S extends Shape>(layout: Struct<S>): { readonly [K in keyof S]: number } {
  return Object.fromEntries(layout.steps.map((step) => [step.key, step.offset])) as { [K in keyof S]: number };
}

/* Reading */

/**
 * The structure at the start of `bytes`; what follows it is kept as `raw`.
 * @throws ProtocolError with the byte of the field that is cut off or out of its range.
 */
export function decode<S extends Shape>(layout: Struct<S>, bytes: Uint8Array): ValueOf<S> & WithRaw {
  const value = decodeAt(layout, bytes, 0) as ValueOf<S> & { raw?: Buffer };
  if (bytes.length > layout.sizeBytes) value.raw = bufferOf(bytes, layout.sizeBytes);
  return value;
}

/**
 * The structure at `at`; what follows it is left alone.
 * @throws ProtocolError with the byte of the field that is cut off or out of its range.
 */
export function decodeAt<S extends Shape>(layout: Struct<S>, bytes: Uint8Array, at: number): ValueOf<S> {
  if (at + layout.sizeBytes > bytes.length) throw cutOff(layout, bytes, at);
  return readStruct(layout, bytes, at) as ValueOf<S>;
}

/** Names the first field that does not lie inside, looking into nested ones. */
function cutOff(layout: Struct, bytes: Uint8Array, at: number): ProtocolError {
  const end = bytes.length;
  for (const { key, field, offset } of layout.steps) {
    const start = at + offset;
    if (start + field.sizeBytes <= end) continue;
    if (isStruct(field)) return cutOff(field, bytes, start);
    if (field.element !== undefined) {
      const whole = Math.floor((end - start) / field.element.sizeBytes);
      const elementAt = start + whole * field.element.sizeBytes;
      if (isStruct(field.element)) return cutOff(field.element, bytes, elementAt);
      return new ProtocolError(`${layout.name} is cut off in ${key}[${whole}]`, elementAt);
    }
    return new ProtocolError(`${layout.name} is cut off in ${key}`, start);
  }
  return new ProtocolError(`${layout.name} is cut off`, end);
}

function readStruct(layout: Struct, bytes: Uint8Array, at: number): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const step of layout.valueSteps) {
    const got = readField(step.field, bytes, at + step.offset);
    if (step.check && ((got as number) < step.min || (got as number) > step.max)) {
      throw new ProtocolError(
        `${layout.name}.${step.key} is ${got as number}, not within ${step.min} to ${step.max}`,
        at + step.offset,
      );
    }
    value[step.key] = got;
  }
  return value;
}

function readField(field: Field, bytes: Uint8Array, at: number): unknown {
  switch (field.kind) {
    case 'u8':
      return bytes[at];
    case 'u16':
      return u16At(bytes, at);
    case 'u32':
      return u32At(bytes, at);
    case 'i8':
      return ((bytes[at] as number) << 24) >> 24;
    case 'i32':
      return u32At(bytes, at) | 0;
    case 'text':
      return readText(bytes, at, field.sizeBytes);
    case 'bytes':
      return bufferOf(bytes, at, at + field.sizeBytes);
    case 'hex':
      return bufferOf(bytes, at, at + field.sizeBytes).toString('hex');
    case 'bitmap':
      return bitmapAt(viewOf(bytes), bytes.byteOffset + at, field.sizeBytes);
    case 'bits32':
      return bitsOf(u32At(bytes, at));
    case 'ipv4Reversed':
      return ipv4ReversedAt(bytes, at);
    case 'structSize':
      return declaredSizeAt(bytes, at);
    case 'reserved':
      return undefined;
    case 'array': {
      const { element, count = 0 } = field as Field & { element: Field };
      const values: unknown[] = [];
      for (let index = 0; index < count; index++) {
        values.push(readField(element, bytes, at + index * element.sizeBytes));
      }
      return values;
    }
    case 'struct':
      return readStruct(field as Struct, bytes, at);
  }
}

/** Text up to the first NUL, at most `sizeBytes`. */
export function readText(bytes: Uint8Array, at: number, sizeBytes: number): string {
  let end = at;
  while (end < at + sizeBytes && bytes[end] !== 0) end++;
  if (end === at) return '';
  const part = bufferOf(bytes, at, end);
  return isAscii(part) ? part.toString('latin1') : decodeText(part);
}

export function ipv4ReversedAt(bytes: Uint8Array, at: number): string {
  return `${bytes[at + 3] as number}.${bytes[at + 2] as number}.${bytes[at + 1] as number}.${bytes[at] as number}`;
}

function declaredSizeAt(bytes: Uint8Array, at: number): number {
  const high = u16At(bytes, at);
  // No structure has 64 KB: a high half that is not zero is the newer form, u16 size, u8 version, u8 reserved.
  return high === 0 ? u16At(bytes, at + 2) : high;
}

/* Writing */

/**
 * The bytes of a structure, followed by `raw` where it is given.
 * @throws ArgumentError that names every field that does not fit.
 */
export function encode<S extends Shape>(layout: Struct<S>, value: GivenOf<S> & WithRaw): Buffer {
  const tail = value.raw;
  const target = Buffer.alloc(layout.sizeBytes + (tail?.length ?? 0));
  const violations: Violation[] = [];
  writeStruct(layout, value, target, 0, layout.name, violations);
  if (violations.length > 0) throw new ArgumentError(violations);
  if (tail !== undefined) target.set(tail, layout.sizeBytes);
  return target;
}

function writeStruct(
  layout: Struct,
  value: Readonly<Record<string, unknown>>,
  target: Buffer,
  at: number,
  path: string,
  violations: Violation[],
): void {
  for (const step of layout.valueSteps) {
    const parameter = `${path}.${step.key}`;
    let given = value[step.key];
    if (given === undefined && step.field.kind === 'structSize') given = layout.sizeBytes;
    if (step.check && typeof given === 'number' && (given < step.min || given > step.max)) {
      violations.push({ parameter, given, expected: `${step.min} to ${step.max}` });
      continue;
    }
    writeField(step.field, given, target, at + step.offset, parameter, violations);
  }
}

function writeField(
  field: Field,
  given: unknown,
  target: Buffer,
  at: number,
  parameter: string,
  violations: Violation[],
): void {
  const refuse = (expected: string): void => void violations.push({ parameter, given, expected });
  switch (field.kind) {
    case 'u8':
    case 'u16':
    case 'u32':
    case 'i8':
    case 'i32': {
      const [min, max] = INTEGER_RANGES[field.kind] as readonly [number, number];
      if (typeof given !== 'number' || !Number.isInteger(given) || given < min || given > max) {
        return refuse(`an integer from ${min} to ${max}`);
      }
      if (min < 0) target.writeIntBE(given, at, field.sizeBytes);
      else target.writeUIntBE(given, at, field.sizeBytes);
      return;
    }
    case 'structSize':
      if (typeof given !== 'number' || !Number.isInteger(given) || given < 0 || given > 0xffff) {
        return refuse('a size below 65536');
      }
      target.writeUInt32BE(given, at);
      return;
    case 'text': {
      if (typeof given !== 'string') return refuse('text');
      const encoded = Buffer.from(given, 'utf8');
      if (encoded.length > field.sizeBytes || encoded.includes(0)) {
        return refuse(`text of at most ${field.sizeBytes} bytes without NUL`);
      }
      target.set(encoded, at);
      return;
    }
    case 'bytes':
      if (!(given instanceof Uint8Array) || given.length !== field.sizeBytes) return refuse(`${field.sizeBytes} bytes`);
      target.set(given, at);
      return;
    case 'hex':
      if (typeof given !== 'string' || given.length !== 2 * field.sizeBytes || !/^[0-9a-f]*$/i.test(given)) {
        return refuse(`${2 * field.sizeBytes} hexadecimal digits`);
      }
      target.write(given, at, 'hex');
      return;
    case 'bitmap':
      return writeBits(given, 8 * field.sizeBytes, refuse, (number) => {
        const index = at + ((number - 1) >> 3);
        target[index] = (target[index] as number) | (1 << ((number - 1) & 7));
      });
    case 'bits32':
      return writeBits(given, 32, refuse, (number) => {
        target.writeUInt32BE((target.readUInt32BE(at) | (1 << (number - 1))) >>> 0, at);
      });
    case 'ipv4Reversed': {
      const octets = typeof given === 'string' ? ipv4Octets(given) : undefined;
      if (octets === undefined) return refuse('an IPv4 address');
      target.set(octets.reverse(), at);
      return;
    }
    case 'reserved':
      return;
    case 'array': {
      const { element, count = 0 } = field as Field & { element: Field };
      if (!Array.isArray(given) || given.length !== count) return refuse(`${count} values`);
      given.forEach((item, index) => {
        writeField(element, item, target, at + index * element.sizeBytes, `${parameter}[${index}]`, violations);
      });
      return;
    }
    case 'struct':
      if (typeof given !== 'object' || given === null) return refuse(`a ${(field as Struct).name}`);
      return writeStruct(field as Struct, given as Record<string, unknown>, target, at, parameter, violations);
  }
}

function writeBits(
  given: unknown,
  most: number,
  refuse: (expected: string) => void,
  set: (number: number) => void,
): void {
  if (!Array.isArray(given) || !given.every((n) => Number.isInteger(n) && n >= 1 && n <= most)) {
    return refuse(`numbers from 1 to ${most}`);
  }
  for (const number of given as number[]) set(number);
}

/** The four octets of a dotted address; undefined when it is none. */
export function ipv4Octets(address: string): number[] | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

/* Documentation */

const TYPE_NAMES: Record<FieldKind, (field: Field) => string> = {
  u8: () => 'u8',
  u16: () => 'u16',
  u32: () => 'u32',
  i8: () => 'i8',
  i32: () => 'i32',
  text: (field) => `text[${field.sizeBytes}]`,
  bytes: (field) => `bytes[${field.sizeBytes}]`,
  hex: (field) => `bytes[${field.sizeBytes}]`,
  bitmap: (field) => `bitmap[${field.sizeBytes}]`,
  bits32: () => 'u32 bits',
  ipv4Reversed: () => 'IPv4 reversed',
  structSize: () => 'u32',
  reserved: (field) => `zeros[${field.sizeBytes}]`,
  array: (field) => `${field.count ?? 0} x ${typeNameOf(field.element as Field)}`,
  struct: (field) => (field as Struct).name,
};

export function typeNameOf(field: Field): string {
  return TYPE_NAMES[field.kind](field);
}

/** The structure as a Markdown table: byte, field, type, meaning. */
export function layoutTable(layout: Struct): string {
  const rows = layout.steps.map(({ key, field, offset }) => {
    const last = offset + field.sizeBytes - 1;
    const place = last === offset ? `${offset}` : `${offset}-${last}`;
    const name = field.kind === 'reserved' ? '' : `\`${key}\``;
    return `| ${place} | ${name} | ${typeNameOf(field)} | ${meaningOf(field)} |`;
  });
  return ['| byte | field | type | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function meaningOf(field: Field): string {
  const { min, max } = field.range ?? {};
  const words = field.meaning.replaceAll('|', '\\|');
  if (min !== undefined && max !== undefined) return `${words} (${min} to ${max})`;
  if (max !== undefined) return `${words} (at most ${max})`;
  return min === undefined ? words : `${words} (at least ${min})`;
}

export function isStruct(field: Field): field is Struct {
  return field.kind === 'struct';
}
