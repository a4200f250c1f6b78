/**
 * `npm run bench`: every figure is measured side by side with its peer and its floor in one run, because the speed of a machine
 * drifts. `npm run bench -- --json` prints one JSON line per figure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alertStreamRead } from './alert-stream';
import { builtInStream } from './built-in-stream';
import { benchDownload } from './download';
import { ratio, type Figure } from './figure';
import { benchFrames } from './hsp-frames';
import { mosquittoProgram } from '../support/brokers';
import { mqttPublish } from './mqtt';
import { hspRoundTrips } from './hsp-round-trips';

const ROUNDS = 7;

async function main(): Promise<void> {
  const asJson = process.argv.includes('--json');
  const { bytes, name } = streamToRead();
  const { rate, memory } = await benchDownload(ROUNDS);
  const figures: Figure[] = [
    await alertStreamRead(bytes, name, ROUNDS),
    hspFrames(),
    await hspRoundTrips(ROUNDS),
    rate,
    memory,
  ];
  if (mosquittoProgram === null) process.stderr.write('bench: mosquitto is not installed; mqtt is left out\n');
  else figures.push(...(await mqttPublish(5, 10_000)).figures);
  for (const figure of figures) (asJson ? printJson : printText)(figure);
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
function streamToRead(): { bytes: Buffer; name: string } {
  const file = join(captures(), 'streams/DS-2CD2185FWD-I.bin');
  if (existsSync(file)) return { bytes: readFileSync(file), name: 'DS-2CD2185FWD-I.bin' };
  return { bytes: builtInStream(770), name: 'built-in stream (the captures are not there)' };
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
