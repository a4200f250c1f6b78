/** Names behind numbers: the commands that tell them exist, read only, and answer as the table says. */
import { describe, expect, it } from 'vitest';
import { NAME_SOURCES, nameSourceOf, namesFrom, type NameSource } from '../../lib/commands/names';
import { commandList, commandNamed, HikvisionClient } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type ModelName } from '../../lib/simulator';
import { simulator } from '../support/simulators';

const sources = Object.entries(NAME_SOURCES) as [string, NameSource][];

describe('the table of names', () => {
  for (const [kind, source] of sources) {
    it(`${kind}: comes from a command that reads and takes what it is asked by`, () => {
      const command = commandNamed(source.command);
      expect(command?.effect).toBe('read');
      const params = command?.params ?? {};
      for (const name of source.by ?? []) expect(params).toHaveProperty(name);
      // Nothing else has to be given.
      for (const [name, param] of Object.entries(params))
        if (!(source.by ?? []).includes(name)) expect(param.default ?? param.optional).toBeDefined();
    });
  }

  it('is used by parameters, and every one of them has what it is asked by', () => {
    const used = new Set<string>();
    for (const { name, params } of commandList()) {
      for (const [parameter, { names }] of Object.entries(params)) {
        if (names === undefined) continue;
        used.add(names);
        const { by = [] } = nameSourceOf(names) ?? {};
        for (const other of by) expect(Object.keys(params), `${name} ${parameter}`).toContain(other);
      }
    }
    expect([...used].toSorted()).toEqual(Object.keys(NAME_SOURCES).toSorted());
  });

  /** A device that tells each kind, and one of the names it tells. */
  const told: Partial<Record<ModelName, Record<string, unknown>>> = {
    camera: {
      channels: { value: '1', label: 'Yard' },
      presets: { value: '2', label: 'Car park' },
      patrols: { value: '1', label: 'Patrol 1' },
      triggers: { value: 'VMD-1', label: 'motion' },
      alarmOutputs: { value: '1', label: null },
      recordings: { label: expect.stringMatching(/^\d{4}-/) as unknown },
    },
  };

  for (const [model, kinds] of Object.entries(told)) {
    it(`is right for the simulated ${model}`, async () => {
      const device = await simulator(model as ModelName);
      const url = `http://127.0.0.1:${device.httpPort}`;
      const client = new HikvisionClient({ url, username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD });
      try {
        for (const [kind, name] of Object.entries(kinds)) {
          const source = nameSourceOf(kind);
          if (source === undefined) throw new Error(`no source of ${kind}`);
          const names = namesFrom(source, await client.call(source.command, {}));
          expect(names).toContainEqual(typeof name === 'object' ? expect.objectContaining(name as object) : name);
        }
      } finally {
        await client.close();
      }
    });
  }
});

describe('names of an answer', () => {
  const source = { command: 'x', list: 'all', value: 'id', label: 'name' };

  it('are each there once, in the order of the device, cut where they are too long', () => {
    const all = [
      { id: 2, name: ' Yard ' },
      { id: 1, name: '' },
      { id: 2, name: 'again' },
      { id: 3, name: 'x'.repeat(500) },
    ];
    expect(namesFrom(source, { all })).toEqual([
      { value: '2', label: 'Yard' },
      { value: '1', label: null },
      { value: '3', label: 'x'.repeat(80) },
    ]);
  });

  it('are none of what is no list, and never too many', () => {
    for (const answer of [null, undefined, 'x', {}, { all: 'x' }, { all: [null, 1, {}, { id: null }, { id: {} }] }])
      expect(namesFrom(source, answer)).toEqual([]);
    const all = Array.from({ length: 10_000 }, (_, id) => ({ id }));
    expect(namesFrom(source, { all })).toHaveLength(500);
    expect(nameSourceOf('__proto__')).toBeUndefined();
  });
});
