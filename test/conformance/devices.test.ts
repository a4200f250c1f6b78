import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capturesFolder } from '../support/captures';
import { CAPTURED_DEVICES, UNNAMED_CAPTURES } from './devices';

const folder = capturesFolder();

describe.skipIf(folder === undefined)(
  `the list of captured devices${folder === undefined ? ' (no captures here)' : ''}`,
  () => {
    it('is that of the captures', () => {
      const there = ['devices', 'streams'].flatMap((kind) =>
        readdirSync(join(folder ?? '', kind)).map((file) => `${kind}/${file.replace(/\.\w+$/, '')}`),
      );
      const listed = [...CAPTURED_DEVICES.flatMap(({ captures }) => Object.keys(captures)), ...UNNAMED_CAPTURES];
      expect(listed.sort()).toEqual(there.sort());
    });

    it('says how much of a device is there, and its firmware', () => {
      for (const { captures, firmware } of CAPTURED_DEVICES) {
        for (const [name, what] of Object.entries(captures)) {
          const count = /^answers of (\d+) paths/.exec(what)?.[1];
          if (count === undefined) continue;
          const { responses, meta } = JSON.parse(readFileSync(join(folder ?? '', `${name}.json`), 'utf8')) as {
            responses: object;
            meta: { firmware?: string };
          };
          expect([name, Object.keys(responses).length]).toEqual([name, Number(count)]);
          expect(meta.firmware?.split(' ')[0]).toBe(firmware);
        }
      }
    });
  },
);
