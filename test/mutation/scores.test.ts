import { expect, it } from 'vitest';
import { scoreTable } from './scores';

const mutants = (...statuses: string[]) => ({ mutants: statuses.map((status) => ({ status })) });

it('scores files by the mutants that tests notice, the lowest first', () => {
  const table = scoreTable({
    files: {
      'lib/a.ts': mutants('Killed', 'Timeout', 'Killed', 'Survived'),
      'lib/b.ts': mutants('Killed', 'NoCoverage', 'Survived', 'Ignored'),
      'lib/c.ts': mutants('Ignored', 'RuntimeError'),
    },
  });
  expect(table.split('\n').slice(2)).toEqual([
    '| `lib/b.ts` | 33.3 | 1 | 2 | 1 |',
    '| `lib/a.ts` | 75.0 | 3 | 1 | 0 |',
    '| `lib/c.ts` |  | 0 | 0 | 2 |',
    '| all | 57.1 | 4 | 3 | 3 |',
  ]);
});

it('takes no report of a run that was not finished', () => {
  expect(() => scoreTable({ files: { 'lib/a.ts': mutants('Pending') } })).toThrow('Pending');
});
