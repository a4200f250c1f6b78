/** What a report of Stryker comes to, file by file. */
import { tableOf } from '../support/marked';

export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

interface Score {
  readonly killed: number;
  readonly survived: number;
  /** Run once when a module is loaded, or excluded. */
  readonly ignored: number;
}

/** A table with the lowest score first, and the whole below. @throws for a mutant whose end is not known. */
export function scoreTable({ files }: MutationReport): string {
  const scores = Object.entries(files).map(([file, { mutants }]) => ({ file, score: scoreOf(mutants) }));
  const all = scoreOf(Object.values(files).flatMap(({ mutants }) => mutants));
  const sorted = scores.sort((one, other) => percent(one.score) - percent(other.score));
  return tableOf([
    ['file', 'killed, %', 'killed', 'survived', 'not tried'],
    ...sorted.map(({ file, score }) => row(`\`${file}\``, score)),
    row('all', all),
  ]);
}

function scoreOf(mutants: readonly { readonly status: string }[]): Score {
  const score = { killed: 0, survived: 0, ignored: 0 };
  for (const { status } of mutants) score[endOf(status)]++;
  return score;
}

function endOf(status: string): keyof Score {
  switch (status) {
    case 'Killed':
    case 'Timeout':
      return 'killed';
    case 'Survived':
    case 'NoCoverage':
      return 'survived';
    // Neither the compiler nor the loader took it, so no test had to.
    case 'Ignored':
    case 'CompileError':
    case 'RuntimeError':
      return 'ignored';
    default:
      throw new Error(`a mutant with the status ${status}: the run was not finished`);
  }
}

function percent({ killed, survived }: Score): number {
  return killed + survived === 0 ? 100 : (killed / (killed + survived)) * 100;
}

function row(name: string, score: Score): string[] {
  const share = score.killed + score.survived === 0 ? '' : percent(score).toFixed(1);
  return [name, share, ...[score.killed, score.survived, score.ignored].map((count) => count.toLocaleString('en-US'))];
}
