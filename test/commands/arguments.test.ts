import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Params } from '../../lib/commands/command';
import { ArgumentError } from '../../lib/errors';

const params = {
  channel: { kind: 'integer', title: 'Channel', min: 1, max: 512, default: 1 },
  gain: { kind: 'number', title: 'Gain', min: -1, max: 1, optional: true },
  on: { kind: 'boolean', title: 'On', default: false },
  stream: { kind: 'choice', title: 'Stream', choices: ['main', 'sub'], default: 'main' },
  name: {
    kind: 'text',
    title: 'Name',
    maxLength: 5,
    pattern: { expression: /^[a-z]*$/, meaning: 'small letters' },
    optional: true,
  },
  at: { kind: 'time', title: 'At', optional: true },
  body: { kind: 'json', title: 'Body', optional: true },
} as const satisfies Params;

const check = (given: Record<string, unknown>) => checkArguments('test.command', params, given);

function violations(given: Record<string, unknown>, of: Params = params): string[] {
  try {
    checkArguments('test.command', of, given);
  } catch (error) {
    if (error instanceof ArgumentError) return error.violations.map((v) => `${v.parameter}: ${v.expected}`);
    throw error;
  }
  return [];
}

describe('checkArguments', () => {
  it('fills the defaults in', () => {
    expect(check({})).toEqual({
      channel: 1,
      gain: undefined,
      on: false,
      stream: 'main',
      name: undefined,
      at: undefined,
      body: undefined,
    });
  });

  it('takes text for numbers and truths', () => {
    expect(check({ channel: ' 3 ', gain: '-0.5', on: 'true' })).toMatchObject({ channel: 3, gain: -0.5, on: true });
    expect(check({ on: 'OFF' })).toMatchObject({ on: false });
    expect(check({ on: 1 })).toMatchObject({ on: true });
    expect(check({ stream: 'Sub' })).toMatchObject({ stream: 'sub' });
  });

  it('takes null, and an empty text where no text is wanted, for left out', () => {
    expect(check({ channel: '', gain: null, on: ' ', stream: '', at: '', body: '' })).toMatchObject({
      channel: 1,
      gain: undefined,
      on: false,
      stream: 'main',
      at: undefined,
      body: undefined,
    });
    expect(check({ name: '' })).toMatchObject({ name: '' });
  });

  const refused: [string, Record<string, unknown>][] = [
    ['a number out of range', { channel: 0 }],
    ['a number above its range', { channel: '513' }],
    ['a fraction', { channel: 1.5 }],
    ['NaN', { channel: NaN }],
    ['infinity', { channel: Infinity }],
    ['hexadecimal text', { channel: '0x10' }],
    ['an exponent', { channel: '1e2' }],
    ['a truth for a number', { channel: true }],
    ['an array for a number', { channel: [3] }],
    ['a word for a truth', { on: 'maybe' }],
    ['2 for a truth', { on: 2 }],
    ['an unknown choice', { stream: 'third' }],
    ['an object for a choice', { stream: {} }],
    ['a text that is too long', { name: 'abcdef' }],
    ['a text that does not fit', { name: 'A1' }],
    ['an object for a text', { name: { toString: () => 'abc' } }],
    ['a day that does not exist', { at: '2024-02-30T12:00:00Z' }],
    ['an hour that does not exist', { at: '2024-02-01T25:00:00Z' }],
    ['a date without a time', { at: '2024-02-01' }],
    ['words for a time', { at: 'tomorrow' }],
    ['a function for JSON', { body: () => 1 }],
  ];
  for (const [what, given] of refused) {
    it(`refuses ${what}`, () => expect(violations(given)).toHaveLength(1));
  }

  it('refuses a cycle for JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(violations({ body: cycle })).toHaveLength(1);
  });

  it('takes times as text, Date and milliseconds', () => {
    expect(check({ at: '2024-05-01T12:34:56+02:00' })).toMatchObject({ at: '2024-05-01T12:34:56+02:00' });
    expect(check({ at: '2024-05-01T12:34' })).toMatchObject({ at: '2024-05-01T12:34' });
    expect(check({ at: new Date(0) })).toMatchObject({ at: '1970-01-01T00:00:00.000Z' });
    expect(check({ at: 1_714_550_400_000 })).toMatchObject({ at: '2024-05-01T08:00:00.000Z' });
    expect(check({ at: '1714550400000' })).toMatchObject({ at: '2024-05-01T08:00:00.000Z' });
  });

  it('names every violation at once', () => {
    expect(violations({ channel: 0, on: 'maybe', chanel: 3 })).toEqual([
      'chanel: one of the parameters channel, gain, on, stream, name, at, body',
      'channel: a whole number 1 to 512',
      'on: true or false',
    ]);
  });

  it('says so in its message', () => {
    expect(() => check({ channel: 0, name: 'A' })).toThrow(
      'test.command: channel: expected a whole number 1 to 512, got 0; name: expected small letters, got "A"',
    );
  });

  it('asks for what is missing', () => {
    const required = { preset: { kind: 'integer', title: 'Preset', min: 1, max: 300 } } as const satisfies Params;
    expect(violations({}, required)).toEqual(['preset: a whole number 1 to 300']);
    expect(violations({ preset: '' }, required)).toEqual(['preset: a whole number 1 to 300']);
    expect(violations({ preset: 3 }, required)).toEqual([]);
  });

  it('says that a command takes nothing', () => {
    expect(violations({ channel: 1 }, {})).toEqual(['channel: no parameters for test.command']);
  });

  it('is not led astray by the names of Object.prototype', () => {
    const hostile = JSON.parse('{"__proto__": {"channel": 7}, "constructor": 1, "toString": 2}') as Record<
      string,
      unknown
    >;
    expect(violations(hostile).map((line) => line.split(':')[0])).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>).channel).toBeUndefined();
    const inherited = Object.create({ channel: 7 }) as Record<string, unknown>;
    expect(check(inherited)).toMatchObject({ channel: 1 });
  });

  it('refuses arguments that are no object', () => {
    for (const given of [null, [], 'text', Buffer.from('x')]) {
      expect(violations(given as unknown as Record<string, unknown>)).toHaveLength(1);
    }
  });
});
