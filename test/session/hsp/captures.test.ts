/** Every command that only reads, on every captured device, gives the same over the command port as over HTTP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandList, type HikvisionClient } from '../../../lib/index';
import { deviceFromDump } from '../../../lib/simulator';
import { capturesFolder, dumpNames } from '../../support/captures';
import { hikvisionClient, turns } from '../../support/clients';
import { FakeClock } from '../../support/fake-clock';
import { portClient } from '../../support/hsp-links';
import { hspSimulator } from '../../support/hsp-simulators';

const folder = capturesFolder();
const READS = commandList().filter(({ effect, isHttpOnly }) => effect === 'read' && !isHttpOnly);

/** The answer, or the code of the error, while a fake clock moves on where it is waited for. */
async function outcome(client: HikvisionClient, clock: FakeClock, name: string, example: object): Promise<unknown> {
  let isDone = false;
  const call = client
    .call(name, { ...example })
    .then((answer) => ({ answer }))
    .catch((error: Error & { code?: string }) => ({ code: error.code ?? error.message }))
    .finally(() => (isDone = true));
  for (let step = 0; !isDone; step++) {
    await turns(1);
    // Busy devices are asked again after a while; anything else is answered long before.
    if (step > 200) await clock.advance(500);
  }
  return call;
}

describe.skipIf(folder === undefined)('a captured device', () => {
  it.each(dumpNames())(
    '%s',
    async (name) => {
      const dump: unknown = JSON.parse(readFileSync(join(folder ?? '', 'devices', `${name}.json`), 'utf8'));
      const clock = new FakeClock();
      const device = await hspSimulator(deviceFromDump(dump), { clock });
      const [overHttp, overPort] = [hikvisionClient(device, { clock }), portClient(device, { clock })];
      for (const { name: command, example } of READS) {
        const plain = (value: unknown) => JSON.stringify(value).replaceAll(/127\.0\.0\.1:\d+/g, 'here');
        const text = plain(await outcome(overHttp, clock, command, example));
        expect(`${command} ${plain(await outcome(overPort, clock, command, example))}`).toBe(`${command} ${text}`);
      }
    },
    120_000,
  );
});
