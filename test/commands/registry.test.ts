import { describe, expect, expectTypeOf, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { commandList, commandNamed, registry, type CommandName, type Commands } from '../../lib/commands/registry';
import type { Channel, Snapshot } from '../../lib/commands/results';

const commands = commandList().map((description) => {
  const command = commandNamed(description.name);
  if (command === undefined) throw new Error(`${description.name} is listed but not found`);
  return { ...description, command };
});

describe('the registry', () => {
  it('holds a command of every effect in every family that can have one', () => {
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
    expect([...new Set(commands.map(({ effect }) => effect))].sort()).toEqual(['act', 'danger', 'read', 'write']);
    expect([...new Set(commands.map(({ family }) => family))]).toEqual(Object.keys(registry));
  });

  it('has a title of its own for every command', () => {
    expect(new Set(commands.map(({ title }) => title)).size).toBe(commands.length);
  });

  for (const { name, title, summary, returns, source, params, example, command } of commands) {
    describe(name, () => {
      it('explains itself', () => {
        expect(title).toMatch(/^[A-Z].*[^.]$/);
        expect(summary).toMatch(/^[A-Z].*\.$/s);
        expect(returns).not.toBe('');
        expect(source.length).toBeGreaterThan(0);
        for (const line of source) expect(line).toMatch(/^(?:ISAPI \/ISAPI\/|isapi\.md §|HCNetSDK\.h )/);
      });

      it('takes its own example', () => {
        expect(() => checkArguments(name, params, example)).not.toThrow();
      });

      it('asks at paths whose placeholders are parameters', () => {
        expect(command.paths.length).toBeGreaterThan(0);
        // A stream is named by channel and stream, its number is made from them.
        const known = new Set([...Object.keys(params), ...(Object.hasOwn(params, 'stream') ? ['streamId'] : [])]);
        for (const path of command.paths) {
          if (path !== '{path}' && path !== '{url}') expect(path).toMatch(/^\/ISAPI\//);
          for (const [, placeholder] of path.matchAll(/\{(\w+)\}/g)) expect(known).toContain(placeholder);
        }
      });

      it('describes its parameters', () => {
        for (const [parameter, param] of Object.entries(params)) {
          expect(parameter).toMatch(/^[a-z][A-Za-z]*$/);
          expect(param.title).toMatch(/^[A-Z]/);
          if (param.description !== undefined) expect(param.description).toMatch(/^[A-Z].*\.$/);
          if (param.kind === 'integer' || param.kind === 'number') expect(param.min).toBeLessThan(param.max);
          if (param.default !== undefined) {
            // Only this one is given; what is missing of the others is not the question.
            expect(checkArguments(name, { [parameter]: param }, { [parameter]: param.default })).toEqual({
              [parameter]: param.default,
            });
          }
        }
      });
    });
  }

  it('finds no command under a name that is none', () => {
    const names = ['', 'camera', 'camera.', '.snapshot', 'camera.nothing', 'camera.snapshot.x', 'nothing.snapshot'];
    const inherited = [
      '__proto__',
      'constructor',
      'camera.__proto__',
      'camera.constructor',
      '__proto__.toString',
      'toString',
    ];
    for (const name of [...names, ...inherited]) expect(commandNamed(name), name).toBeUndefined();
    expect(commandNamed('camera.snapshot')).toBe(registry.camera.snapshot);
  });

  it('gives methods their types', () => {
    expectTypeOf<'camera.snapshot'>().toExtend<CommandName>();
    expectTypeOf<Commands['camera']['snapshot']>().returns.toEqualTypeOf<Promise<Snapshot>>();
    expectTypeOf<Commands['recorder']['listChannels']>().returns.toEqualTypeOf<Promise<readonly Channel[]>>();
    // All its parameters may be left out, so the arguments may; a preset must be named.
    expectTypeOf<Parameters<Commands['camera']['move']>[0]>().extract<undefined>().toEqualTypeOf<undefined>();
    expectTypeOf<Parameters<Commands['camera']['gotoPreset']>[0]>().extract<undefined>().toEqualTypeOf<never>();
  });

  it('makes config.raw milder only for GET', () => {
    const { effectOf } = registry.config.raw;
    const effect = (method: 'GET' | 'PUT' | 'POST' | 'DELETE') =>
      effectOf?.({ method, path: '/ISAPI/x', body: undefined });
    expect(effect('GET')).toBe('read');
    for (const method of ['PUT', 'POST', 'DELETE'] as const) expect(effect(method)).toBe('danger');
  });
});
