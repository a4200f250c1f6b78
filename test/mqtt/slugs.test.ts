import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, slugOf, slugsOf } from '../../lib/mqtt/slugs';

describe('a slug', () => {
  for (const [name, slug] of [
    ['Front Door', 'front-door'],
    ['front_door', 'front_door'],
    ['  Größe & Übergang ', 'grosse-ubergang'],
    ['Señal/Ñandú+#', 'senal-nandu'],
    ['Łódź Ærø', 'lodz-aero'],
    ['CAM 1 (Garage)', 'cam-1-garage'],
    ['１２３', '123'],
    ['前门', ''],
    ['-- --', ''],
  ] as const) {
    it(`of ${name} is ${slug === '' ? 'none' : slug}`, () => expect(slugOf(name)).toBe(slug));
  }

  it('is always a good level of a topic', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const slug = slugOf(name);
        expect(slug).toMatch(/^(?!-)[a-z0-9_-]{0,48}(?<!-)$/);
        expect(slug).not.toContain('--');
        expect(slugOf(slug)).toBe(slug);
      }),
    );
  });
});

describe('slugs of several devices', () => {
  const device = (name: string, serial: string | null, key = `key of ${serial ?? name}`) => ({ name, serial, key });

  it('are the names where they differ', () => {
    expect(slugsOf([device('Gate', 'A1'), device('Yard', 'A2')])).toEqual(['gate', 'yard']);
  });

  it('get a tail where they do not, whichever came first', () => {
    const [a, b, c] = [device('Gate', 'A1'), device('gate', 'A2'), device('Yard', 'A3')];
    const [one, two, three] = slugsOf([a, b, c]) as [string, string, string];
    expect(one).toMatch(/^gate--[0-9a-f]{6}$/);
    expect(two).toMatch(/^gate--[0-9a-f]{6}$/);
    expect(one).not.toBe(two);
    expect(three).toBe('yard');
    expect(slugsOf([c, b, a])).toEqual([three, two, one]);
    expect(one).not.toContain('a1');
  });

  it('keep clear of the levels that are taken, and of names without letters', () => {
    const slugs = slugsOf([device('Bridge', 'A1'), device('前门', 'A2'), device('', 'A3')]);
    expect(slugs[0]).toMatch(/^bridge--/);
    expect(slugs[1]).toMatch(/^device--/);
    expect(slugs[2]).toMatch(/^device--/);
  });

  it('differ even for one device that is set up twice', () => {
    const slugs = slugsOf([device('Gate', 'A1', 'node 1'), device('Gate', 'A1', 'node 2')]);
    expect(new Set(slugs).size).toBe(2);
  });

  it('never collide and never depend on the order', () => {
    const names = fc.constantFrom('Gate', 'gate', 'gate--a1b2c3', 'Bridge', '门', '', 'x'.repeat(60), 'x'.repeat(70));
    const devices = fc.uniqueArray(
      fc.record({ name: names, serial: fc.constantFrom(null, '0', 'S1', 'S2'), key: fc.string() }),
      { selector: ({ key }) => key, maxLength: 12 },
    );
    fc.assert(
      fc.property(devices, (all) => {
        const slugs = slugsOf(all);
        expect(new Set(slugs).size).toBe(all.length);
        expect(slugsOf(all.toReversed())).toEqual(slugs.toReversed());
        for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9_-]{1,48}$/);
      }),
    );
  });
});

describe('an identity', () => {
  it('is of the serial number, however it is spelled, and not the number itself', () => {
    const id = identityOf({ serial: 'DS-2CD2146G2-ISU20210101AAWRG1', key: 'a' });
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(identityOf({ serial: 'ds2cd2146g2isu20210101aawrg1', key: 'b' })).toBe(id);
  });

  it('is of what the user has only once, where there is no number', () => {
    expect(identityOf({ serial: null, key: 'a' })).toBe(identityOf({ serial: '00000000', key: 'a' }));
    expect(identityOf({ serial: null, key: 'a' })).not.toBe(identityOf({ serial: null, key: 'b' }));
  });
});
