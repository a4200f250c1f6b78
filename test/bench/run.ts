/**
 * `npm run bench`: every figure is measured side by side with its peer and its floor in one run, because the speed of a machine
 * drifts. `npm run bench -- NAME...` runs those whose names begin so, `--json` prints one JSON line per figure, `--write` puts the
 * table into `test/bench/README.md`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mosquittoProgram } from '../support/brokers';
import { isHelpAsked } from '../support/usage';
import { alertStreamRead } from './alert-stream';
import { builtInStream } from './built-in-stream';
import { benchCommands } from './commands';
import { benchDownload } from './download';
import { benchEditorSize } from './editor-size';
import { ratio, type Figure } from './figure';
import { benchFrames } from './hsp-frames';
import { hspRoundTrips } from './hsp-round-trips';
import { benchIdle } from './idle';
import { mqttPublish } from './mqtt';
import { benchStartUp } from './start-up';
import { tableIn } from './table';

interface Bench {
  /** What the names of its figures begin with. */
  readonly name: string;
  readonly run: () => Promise<readonly Figure[]> | readonly Figure[];
}

const ROUNDS = 7;

/** In the order in which they are printed. */
const BENCHES: readonly Bench[] = [
  { name: 'alertStream', run: () => alertStreamRead(...streamToRead(), ROUNDS) },
  { name: 'hsp.frames', run: () => [hspFrames()] },
  { name: 'hsp.roundTrips', run: async () => [await hspRoundTrips(ROUNDS)] },
  { name: 'commands', run: () => benchCommands(ROUNDS) },
  { name: 'mqtt', run: mqtt },
  { name: 'recorder', run: async () => Object.values<Figure>({ ...(await benchDownload(ROUNDS)) }) },
  { name: 'idle', run: () => benchIdle(3) },
  { name: 'start', run: () => benchStartUp(11) },
  { name: 'editor', run: benchEditorSize },
];

const USAGE = `
npm run bench [-- [NAME...] [--json | --write]]

Measures ours, peer and floor side by side, in less than ten minutes. Nothing else should run on the machine.

  NAME      only the benches whose names begin so: ${BENCHES.map(({ name }) => name).join(', ')}
  --json    one line of JSON for each figure: name, ours, floor, peer, unit, ratioToFloor, ratioToPeer
  --write   puts the table into test/bench/README.md
`;

async function main(): Promise<void> {
  if (isHelpAsked(USAGE)) return;
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const isWanted = ({ name }: { readonly name: string }) =>
    positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted) || wanted.startsWith(name));
  const benches = BENCHES.filter(isWanted);
  if (benches.length === 0) {
    throw new Error(`no such bench; there are ${BENCHES.map(({ name }) => name).join(', ')}`);
  }
  const startedMs = performance.now();
  const figures: Figure[] = [];
  for (const { run } of benches) {
    for (const figure of await run()) {
      figures.push(figure);
      (values.json ? printJson : printText)(figure);
    }
  }
  process.stderr.write(`bench: ${Math.round((performance.now() - startedMs) / 1_000)} s in all\n`);
  if (!values.write) return;
  if (positionals.length > 0) throw new Error('the table is written with all figures of one run, or not at all');
  const file = resolve(__dirname, '../../../test/bench/README.md');
  writeFileSync(file, tableIn(readFileSync(file, 'utf8'), figures));
}

async function mqtt(): Promise<readonly Figure[]> {
  if (mosquittoProgram !== null) return (await mqttPublish(5, 10_000)).figures;
  process.stderr.write('bench: mosquitto is not installed; mqtt is left out\n');
  return [];
}

/** Alarm pushes of the command port. */
function hspFrames(): Figure {
  const { framesPerSecond } = benchFrames();
  return {
    name: 'hsp.frames',
    about: '108-byte alarm pushes',
    unit: 'frames/s',
    ours: framesPerSecond.ours,
    peer: framesPerSecond.byHand,
    peerName: 'DataView code written by hand for this frame',
    floor: framesPerSecond.copy,
    floorName: 'Buffer.copy of the same bytes',
    aimToPeer: 0.7,
  };
}

/** The captured stream where the captures are there, else one of our own making; the output says which. */
function streamToRead(): [bytes: Buffer, name: string] {
  const file = join(captures(), 'streams/DS-2CD2185FWD-I.bin');
  if (existsSync(file)) return [readFileSync(file), 'DS-2CD2185FWD-I.bin'];
  return [builtInStream(770), 'built-in stream (the captures are not there)'];
}

function captures(): string {
  // From dist/test/bench.
  return resolve(__dirname, '../../../../shared/fixtures');
}

function printJson(figure: Figure): void {
  const { name, ours, floor, peer, unit } = figure;
  const line = { name, ours, floor, peer, unit, ratioToFloor: ratio(ours, floor), ratioToPeer: ratio(ours, peer) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function printText(figure: Figure): void {
  const number = (value: number) => Math.round(value).toLocaleString('en-US').padStart(12);
  const note = figure.isLowerBetter === true ? '; lower is better' : '';
  const lines = [`${figure.name} on ${figure.about}${note}`, `  ours   ${number(figure.ours)} ${figure.unit}`];
  if (figure.peer !== null) {
    const aim = figure.aimToPeer === null ? '' : `, aim ${figure.aimToPeer} or better`;
    lines.push(
      `  peer   ${number(figure.peer)} ${figure.unit}  (${figure.peerName}; ratio ${ratio(figure.ours, figure.peer)}${aim})`,
    );
  }
  if (figure.peer === null && figure.peerName !== null) lines.push(`  peer   ${figure.peerName}`);
  if (figure.floor !== null) {
    lines.push(
      `  floor  ${number(figure.floor)} ${figure.unit}  (${figure.floorName}; ratio ${ratio(figure.ours, figure.floor)})`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

void main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
