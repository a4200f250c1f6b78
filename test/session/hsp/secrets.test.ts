/** A planted password, and what a login makes of it, come out nowhere: not in an error, its causes, a state or a warning. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES } from '../../../lib/simulator';
import { hikvisionClient, turns } from '../../support/clients';
import { FakeClock } from '../../support/fake-clock';
import { portUrl } from '../../support/hsp-links';
import { hspSimulator } from '../../support/hsp-simulators';
import { rawAnswer, tcpServer } from '../../support/servers';
import { reply } from '../../support/wire';

const SECRET = 'Pl4nted-S3cret!ü"\\';
const FIXED = {
  challenge: '0123456789abcdef0123456789abcdef',
  salt: 'f00d'.repeat(16),
  userId: 0x7e57ab1e,
  seed: 0x5eed5eed,
};
const DRESSES = [
  SECRET,
  'Pl4nted',
  'S3cret',
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64'),
  encodeURIComponent(SECRET),
  FIXED.challenge,
  FIXED.salt,
  String(FIXED.userId),
  String(FIXED.seed),
  '7e57ab1e',
  '5eed5eed',
];

async function everything(url: string, clock: FakeClock): Promise<unknown[]> {
  const client = hikvisionClient({ url }, { clock, password: SECRET });
  const told: unknown[] = [];
  const note = (promise: Promise<unknown>) => promise.catch((error: unknown) => void told.push(error));
  client.onState((state) => told.push(state));
  client.onWarning((warning) => told.push(warning));
  client.events((event) => told.push(event, JSON.stringify(event)));
  const all = Promise.all([
    note(client.connect()),
    note(client.call('config.deviceInfo')),
    note(client.call('config.deviceInfo', {}, { encoding: 'binary' })),
    note(client.call('camera.snapshot')),
    note(client.call('config.reboot')),
    note(client.call('config.raw', { method: 'PUT', path: '/ISAPI/x?password=1' }, { confirm: true })),
  ]);
  let isDone = false;
  void all.then(() => (isDone = true));
  for (let step = 0; step < 30 && !isDone; step++) {
    await turns(4);
    await clock.advance(2_500);
  }
  await turns(4);
  told.push(client.counters, client.state);
  await client.close();
  await all;
  return told;
}

function expectClean(told: readonly unknown[]): void {
  expect(told.length).toBeGreaterThan(2);
  const text = told.map((each) => `${inspect(each, { depth: 12, showHidden: true })}\n${String(each)}`).join('\n');
  for (const dress of DRESSES) expect(text.includes(dress), `found ${dress}`).toBe(false);
}

describe('a planted password', () => {
  it.each(FAULT_NAMES)('with the fault %s', async (fault) => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock, password: SECRET, hsp: { fixed: FIXED } });
    device.setFault(fault);
    expectClean(await everything(portUrl(device), clock));
    // Whether an account is locked shows only when one logs in.
    expect(device.authFailures).toBeLessThanOrEqual(fault === 'locked' ? 1 : 0);
  });

  it.each(['rsaSalt', 'rsa', 'legacy', 'tooOld'] as const)('refused by a login %s', async (login) => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock, password: 'another', hsp: { login, fixed: FIXED } });
    expectClean(await everything(portUrl(device), clock));
    expect(device.authFailures).toBeLessThanOrEqual(1);
  });

  it('with devices that answer nonsense', async () => {
    const servers = [
      await rawAnswer('SSH-2.0-dropbear\r\n'),
      await tcpServer((socket) => socket.resume()),
      await tcpServer((socket) => socket.once('data', () => socket.destroy())),
      // What was sent comes back.
      await tcpServer((socket) => socket.on('data', (chunk) => socket.write(chunk))),
      await tcpServer((socket) => socket.on('data', () => socket.write(reply(1)))),
      await tcpServer((socket) => socket.on('data', () => socket.write(reply(1, Buffer.alloc(192, 0xaa))))),
    ];
    for (const { port } of servers) expectClean(await everything(`hsp://127.0.0.1:${port}`, new FakeClock()));
  });
});
