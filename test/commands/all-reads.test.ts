/**
 * Every command that only reads, on every captured device: it ends in a typed value, or in what the device said. New commands are
 * covered as they come, with the example of their definition as arguments.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Command } from '../../lib/commands/command';
import { commandList, commandNamed } from '../../lib/commands/registry';
import { HikvisionError } from '../../lib/errors';
import { capturesFolder, dumpNames } from '../support/captures';
import { context, dumpDevice, run, type Dump } from '../support/steps';

const folder = capturesFolder();

/** What else a command may end with on a device, beside that it is not supported; each with what the dump says. */
const REFUSALS: Readonly<Record<string, string>> = {};

const READS = commandList().filter(({ effect, name }) => effect === 'read' || name === 'config.raw');

/** Leaves that no result may hold, with where they stand. */
function wrongLeaves(value: unknown, path: string): string[] {
  if (Buffer.isBuffer(value)) return [];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, inner]) => wrongLeaves(inner, `${path}.${name}`));
  const isWrong = value === undefined || value === '' || (typeof value === 'number' && !Number.isFinite(value));
  return isWrong ? [`${path} is ${value === '' ? "''" : String(value)}`] : [];
}

function outcomeOf(
  command: Command,
  name: string,
  args: Readonly<Record<string, unknown>>,
  dump: Dump,
): string | string[] {
  try {
    const steps = command.isapi(checkArguments(name, command.params, args), context());
    return wrongLeaves(run(steps, dumpDevice(dump)).result, name);
  } catch (error) {
    if (error instanceof HikvisionError) return error.code;
    throw error;
  }
}

describe.skipIf(folder === undefined)('on a captured device', () => {
  describe.each(dumpNames())('%s', (device) => {
    const dump = JSON.parse(readFileSync(join(folder ?? '', 'devices', `${device}.json`), 'utf8')) as Dump;

    it.each(READS.map(({ name, example }) => [name, example] as const))('%s', (name, example) => {
      const outcome = outcomeOf(commandNamed(name) as Command, name, example, dump);
      const allowed = REFUSALS[`${device} ${name}`] ?? 'HIK_UNSUPPORTED';
      // What a raw request reads is the device's own, empty texts included.
      if (typeof outcome === 'string') expect(outcome).toBe(allowed);
      else if (name !== 'config.raw') expect(outcome).toEqual([]);
    });
  });
});

describe('what is wrong in a result', () => {
  it('is found however deep', () => {
    expect(wrongLeaves({ a: [{ b: undefined }, NaN], c: '', d: null, e: 0, f: Buffer.alloc(0) }, 'x')).toEqual([
      'x.a.0.b is undefined',
      'x.a.1 is NaN',
      "x.c is ''",
    ]);
    expect(wrongLeaves(undefined, 'x')).toEqual(['x is undefined']);
  });
});
