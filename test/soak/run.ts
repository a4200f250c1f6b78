/** `npm run soak`: every fault with every cut, and damaged inputs for every reader. Run it by hand, and before a release. */
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fuzz, type Finding } from '../fuzz/fuzz';
import { TARGETS } from '../fuzz/targets';
import { lostOf, NOTHING, sum, type Outcome } from '../faults/outcome';
import { SCENARIOS } from '../faults/scenarios';
import { leakedSince, resources } from '../support/leaks';
import { tableOf, writeMarked } from '../support/marked';
import { isHelpAsked } from '../support/usage';

const MIN_INPUTS = 1_000_000;
/** Inputs of one target before the next one has its turn. */
const TURN = 1_000;
/** What the whole process may grow by once everything has run: caches of the engine, and no more. */
const MAX_GROWTH_MB = 96;

const USAGE = `
npm run soak [-- OPTION...]

Every fault with every cut, and damaged inputs for every reader, until the time is over and enough inputs were read. Ctrl-C ends it early,
with the table of what has been.

  --minutes 10       at least so long
  --inputs ${MIN_INPUTS}   at least so many
  --seed N           the same inputs again
  --only TEXT        only scenarios whose names hold it
  --write            puts the table into test/bench/README.md

Ends with 1 where an event was lost without being counted, something was left, or a reader took too long or threw what is not ours.
`;

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly minInputs: number;
  /** Only scenarios whose names hold it. */
  readonly only: string;
  readonly isWritten: boolean;
}

interface Ran {
  readonly name: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  readonly leaks: readonly string[];
  readonly problem: string | null;
}

function optionsFrom(args: readonly string[]): Options {
  const numberOf = (name: string, usual: number): number => {
    const at = args.indexOf(`--${name}`);
    if (at < 0) return usual;
    const value = Number(args[at + 1]);
    if (!(Number.isFinite(value) && value >= 0)) throw new RangeError(`--${name} needs a number`);
    return value;
  };
  return {
    minutes: numberOf('minutes', 10),
    seed: Math.floor(numberOf('seed', Date.now() % 2 ** 31)),
    minInputs: numberOf('inputs', MIN_INPUTS),
    only: args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : '',
    isWritten: args.includes('--write'),
  };
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const seconds = (sinceMs: number): number => Math.round((performance.now() - sinceMs) / 100) / 10;

async function ranOnce(scenario: (typeof SCENARIOS)[number], seed: number): Promise<Ran> {
  const startedMs = performance.now();
  const before = resources();
  let outcome = NOTHING;
  let problem: string | null = null;
  try {
    outcome = await scenario.run({ isWhole: true, seed });
    if (lostOf(outcome) !== 0) problem = `${lostOf(outcome)} events were lost and not counted`;
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const leaks = await leakedSince(before);
  return { name: scenario.name, outcome, seconds: seconds(startedMs), leaks, problem };
}

interface Fuzzing {
  inputs: number;
  slowestMs: number;
  slowest: string;
  readonly byTarget: Map<string, number>;
  readonly findings: Finding[];
}

/** One turn for each target that has not failed yet. */
async function fuzzed(sofar: Fuzzing, seed: number, isInterrupted: () => boolean): Promise<void> {
  for (const target of TARGETS) {
    // Readers wait for nothing, so without a turn of the event loop nobody would hear Ctrl-C.
    await nextTurn();
    if (isInterrupted()) return;
    if (sofar.findings.some((finding) => finding.target === target.name)) continue;
    const { inputs, finding, slowestMs } = await fuzz(target, TURN, seed);
    sofar.inputs += inputs;
    sofar.byTarget.set(target.name, (sofar.byTarget.get(target.name) ?? 0) + inputs);
    if (slowestMs > sofar.slowestMs) Object.assign(sofar, { slowestMs, slowest: target.name });
    if (finding === null) continue;
    sofar.findings.push(finding);
    say(`  FOUND in ${finding.target}, seed ${finding.seed}: ${finding.problem}\n  input ${finding.input}`);
  }
}

function heapMb(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
}

function row(name: string, runs: readonly Ran[], tookSeconds: number): string[] {
  const outcome = runs.reduce((all, ran) => sum(all, ran.outcome), NOTHING);
  const leaks = runs.reduce((count, ran) => count + ran.leaks.length, 0);
  const { sent, delivered, counted, untold, repeats, faults } = outcome;
  const told = [sent, delivered, counted, untold, lostOf(outcome), repeats];
  const cells = [runs.length, faults, ...told, leaks, Math.round(tookSeconds)];
  return [name, ...cells.map((cell) => cell.toLocaleString('en-US'))];
}

const HEAD = [
  'scenario',
  ...['runs', 'faults', 'sent', 'delivered', 'counted', 'untold', 'lost', 'repeats', 'leaks', 'seconds'],
];

async function main(): Promise<boolean> {
  if (isHelpAsked(USAGE)) return true;
  const { minutes, seed, minInputs, only, isWritten } = optionsFrom(process.argv.slice(2));
  if (isWritten && only !== '') throw new Error('the table is written with all scenarios, or not at all');
  const startedMs = performance.now();
  const scenarios = SCENARIOS.filter(({ name }) => name.includes(only));
  say(`soak: seed ${seed}, ${minutes} minutes or more, ${scenarios.length} scenarios, ${TARGETS.length} readers`);
  const ran: Ran[] = [];
  const fuzzing: Fuzzing = { inputs: 0, slowestMs: 0, slowest: '', byTarget: new Map(), findings: [] };
  let heapBeforeMb: number | null = null;
  let isInterrupted = false;
  process.once('SIGINT', () => (isInterrupted = true));
  const isTimeOver = () => isInterrupted || performance.now() - startedMs >= minutes * 60_000;
  /** A million, unless somebody wants the table now. */
  const isEnough = () => isInterrupted || fuzzing.inputs >= minInputs;
  for (let round = 0; round === 0 || !isTimeOver() || !isEnough(); round++) {
    // Each scenario once, then as often as there is time.
    if (round === 0 || !isTimeOver()) {
      for (const scenario of scenarios) {
        if (isInterrupted || (round > 0 && isTimeOver())) break;
        const result = await ranOnce(scenario, seed + round);
        ran.push(result);
        const { sent, delivered, counted } = result.outcome;
        const bad = result.problem ?? (result.leaks.length > 0 ? `left: ${result.leaks.join(', ')}` : 'well');
        say(
          `[${seconds(startedMs)} s] ${result.name}: ${sent} sent, ${delivered} delivered, ${counted} counted; ${bad}`,
        );
      }
      heapBeforeMb ??= heapMb();
    }
    const endMs = performance.now() + Math.max(60_000, (minutes * 60_000) / 4);
    const before = fuzzing.inputs;
    for (let turn = 0; performance.now() < endMs && (!isTimeOver() || !isEnough()); turn++) {
      await fuzzed(fuzzing, seed + round * 1_000_000 + turn, () => isInterrupted);
      if (turn % 5 === 4) say(`[${seconds(startedMs)} s] ${fuzzing.inputs} inputs`);
      if (fuzzing.findings.length === TARGETS.length) break;
    }
    if (fuzzing.inputs === before && isTimeOver()) break;
  }
  for (const { close } of TARGETS) await close?.();
  const grownMb = heapMb() - (heapBeforeMb ?? 0);

  const names = [...new Set(ran.map(({ name }) => name))];
  const total = ran.reduce((all, { outcome }) => sum(all, outcome), NOTHING);
  const leaks = ran.flatMap(({ name, leaks: left }) => left.map((what) => `${name}: ${what}`));
  const problems = ran.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const rows = [HEAD];
  for (const name of names) {
    const all = ran.filter((each) => each.name === name);
    const tookSeconds = all.reduce((sofar, each) => sofar + each.seconds, 0);
    rows.push(row(name, all, tookSeconds));
  }
  rows.push(row('all, with the inputs', ran, seconds(startedMs)));
  for (const [name = '', ...cells] of rows)
    print(`${name.padEnd(58)}${cells.map((cell) => cell.padStart(10)).join('')}`);
  print('');
  for (const [name, inputs] of fuzzing.byTarget) print(`${name.padEnd(58)}${String(inputs).padStart(10)} inputs`);
  const slowest = `slowest ${Math.round(fuzzing.slowestMs)} ms (${fuzzing.slowest})`;
  const read = `${fuzzing.findings.length} findings, ${slowest}`;
  print(`${'all'.padEnd(58)}${String(fuzzing.inputs).padStart(10)} inputs, ${read}`);
  const grown = `heap ${grownMb} MB more than after the first round`;
  print(grown);
  for (const problem of [...problems, ...leaks]) print(`PROBLEM ${problem}`);
  const isGrown = grownMb > MAX_GROWTH_MB;
  print(
    JSON.stringify({
      name: 'soak',
      seed,
      seconds: seconds(startedMs),
      scenarios: names.length,
      runs: ran.length,
      ...total,
      lost: lostOf(total),
      inputs: fuzzing.inputs,
      readers: TARGETS.length,
      findings: fuzzing.findings,
      leaks,
      problems,
      heapGrowthMb: grownMb,
    }),
  );
  if (isWritten) {
    const inputs = `${fuzzing.inputs.toLocaleString('en-US')} inputs over ${TARGETS.length} readers, seed ${seed}: ${read}; ${grown}.`;
    writeMarked(resolve(__dirname, '../../../test/bench/README.md'), 'soak', `${tableOf(rows)}\n\n${inputs}`);
  }
  return problems.length === 0 && leaks.length === 0 && fuzzing.findings.length === 0 && !isGrown;
}

void main().then(
  (isWell) => process.exit(isWell ? 0 : 1),
  (error: unknown) => {
    say(`soak: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(1);
  },
);
