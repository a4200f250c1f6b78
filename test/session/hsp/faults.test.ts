/** Every fault of the command port ends in the right error, and is over when it is over. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode, HikvisionEvent } from '../../../lib/index';
import type { FaultName } from '../../../lib/simulator';
import { advanceUntil, codeOf, turns } from '../../support/clients';
import { FakeClock } from '../../support/fake-clock';
import { bothFaces, portClient } from '../../support/hsp-links';
import { hspSimulator } from '../../support/hsp-simulators';

/** What a command ends with while the fault lasts: logged in before, and not. `fine`: the client copes. */
const OUTCOMES: readonly (readonly [FaultName, ErrorCode | 'fine', ErrorCode | 'fine'])[] = [
  ['hsp-split', 'fine', 'fine'],
  ['hsp-joined', 'fine', 'fine'],
  // The sum of a login reply is no sum, so the login itself is well.
  ['hsp-wrong-checksum', 'HIK_PROTOCOL', 'HIK_PROTOCOL'],
  ['hsp-short-ack', 'fine', 'fine'],
  ['hsp-length-0', 'HIK_PROTOCOL', 'HIK_PROTOCOL'],
  ['hsp-length-3', 'HIK_PROTOCOL', 'HIK_PROTOCOL'],
  ['hsp-length-2g', 'HIK_PROTOCOL', 'HIK_PROTOCOL'],
  ['hsp-silence', 'HIK_TIMEOUT', 'HIK_TIMEOUT'],
  ['hsp-reset', 'HIK_CONNECTION_LOST', 'HIK_CONNECTION_LOST'],
  ['hsp-closed', 'HIK_UNREACHABLE', 'HIK_UNREACHABLE'],
];

/** Moves the clock on until the call has ended. */
async function ended<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isDone = false;
  void promise.finally(() => (isDone = true)).catch(() => undefined);
  await advanceUntil(clock, () => isDone, 'an end of the call', { limitMs: 60_000 });
  return promise;
}

describe.each(OUTCOMES)('%s', (fault, afterLogin, atLogin) => {
  it.each(['config.getTime', 'camera.gotoPreset'])('%s, logged in and not, and afterwards', async (name) => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const args = name === 'camera.gotoPreset' ? { preset: 1 } : {};
    const client = portClient(device, { clock });
    const encoding = 'binary';
    expect(await ended(clock, codeOf(client.call(name, args, { encoding })))).toBe('fine');
    device.setFault(fault);
    expect(await ended(clock, codeOf(client.call(name, args, { encoding })))).toBe(afterLogin);
    const other = portClient(device, { clock });
    expect(await ended(clock, codeOf(other.call(name, args, { encoding })))).toBe(atLogin);
    device.setFault(null);
    for (const each of [client, other]) {
      // The port is taken again a moment later.
      await advanceUntil(clock, () => device.isListening, 'listening');
      expect(await ended(clock, codeOf(each.call(name, args, { encoding })))).toBe('fine');
    }
    expect(device.authFailures).toBe(0);
    await Promise.all([client.close(), other.close()]);
    await turns();
    expect(device.hspSessions).toBe(0);
  });

  it('a connection is lost and found again', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    const client = portClient(device, { clock });
    const events: HikvisionEvent[] = [];
    client.events((event) => events.push(event));
    const connecting = client.connect();
    await turns();
    await connecting;
    await advanceUntil(clock, () => device.hspAlarmChannels === 1, 'an alarm channel');
    device.setFault(fault);
    device.dropConnections();
    await advanceUntil(clock, () => client.state.state === 'lost' || afterLogin === 'fine', 'lost');
    await clock.advance(2_000);
    device.setFault(null);
    await advanceUntil(
      clock,
      () => client.state.state === 'connected' && device.hspAlarmChannels === 1,
      'connected again',
      { limitMs: 200_000 },
    );
    device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
    await turns();
    expect(events.map(({ kind, state, source }) => `${kind} ${state} ${source}`)).toEqual(['motion start hsp']);
    expect(device.authFailures).toBe(0);
    await client.close();
    expect(clock.pending).toBeLessThanOrEqual(1); // of the simulator: its own watch over connections
  });
});

it('a restart: retried soon, and the new session is found', async () => {
  const clock = new FakeClock();
  const device = await hspSimulator('camera', { clock });
  const client = portClient(device, { clock });
  client.events(() => undefined);
  const connecting = client.connect();
  await turns();
  await connecting;
  await ended(clock, client.call('config.reboot', {}, { confirm: true }));
  await advanceUntil(clock, () => client.state.state === 'lost', 'lost');
  const waited = await advanceUntil(clock, () => client.state.state === 'connected', 'connected again');
  expect(waited).toBeLessThan(120_000);
  expect(device.authFailures).toBe(0);
});

describe('auto', () => {
  it('takes events and commands by HTTP where that is open', async () => {
    const device = await hspSimulator();
    const client = bothFaces(device, 'auto');
    client.events(() => undefined);
    await client.connect();
    expect(device.streams).toBe(1);
    expect(device.hspLogins).toBe(0);
  });

  it('takes the command port where HTTP is closed, and says so once', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    device.setFault('http-closed');
    const client = bothFaces(device, 'auto', { clock });
    const warnings: string[] = [];
    client.onWarning(({ code }) => warnings.push(code));
    const events: HikvisionEvent[] = [];
    client.events((event) => events.push(event));
    const connecting = client.connect();
    await turns();
    await connecting;
    await advanceUntil(clock, () => device.hspAlarmChannels === 1, 'an alarm channel');
    device.sendEvent({ eventType: 'VMD', eventState: 'active', channel: 1 });
    await turns();
    expect(events.map(({ kind, source }) => `${kind} ${source}`)).toEqual(['motion hsp']);
    expect(warnings.filter((code) => code === 'HTTP_CLOSED')).toHaveLength(1);
    expect(await ended(clock, codeOf(client.call('config.status')))).toBe('fine');
  });

  it('goes back to HTTP when that is open again', async () => {
    const clock = new FakeClock();
    const device = await hspSimulator('camera', { clock });
    device.setFault('http-closed');
    const client = bothFaces(device, 'auto', { clock });
    expect(await ended(clock, codeOf(client.call('config.getTime')))).toBe('fine');
    device.setFault(null);
    await advanceUntil(clock, () => device.isListening, 'listening');
    const before = device.log.filter(({ face }) => face !== 'hsp').length;
    expect(await ended(clock, codeOf(client.call('config.getTime')))).toBe('fine');
    expect(device.log.filter(({ face }) => face !== 'hsp')).toHaveLength(before);
    for (let minute = 0; minute < 6; minute++) {
      await clock.advance(60_000);
      await turns(4);
    }
    expect(await ended(clock, codeOf(client.call('config.getTime')))).toBe('fine');
    expect(device.log.filter(({ face }) => face !== 'hsp').length).toBeGreaterThan(before);
  });

  it('is unreachable when both are closed', async () => {
    const device = await hspSimulator();
    const client = bothFaces(device, 'auto', { commandPort: { port: 1 } });
    device.setFault('http-closed');
    await turns();
    expect(await codeOf(client.call('config.getTime'))).toBe('HIK_UNREACHABLE');
  });
});
