import { describe, expect, it } from 'vitest';
import { commandNamed } from '../lib/commands/registry';
import type { Command, IsapiAnswer, IsapiRequest } from '../lib/commands/command';
import { dispatch, type DispatchOptions } from '../lib/dispatch';
import {
  ClosedError,
  ConfirmationError,
  ConnectionLostError,
  DeviceBusyError,
  TimeoutError,
  type HikvisionError,
} from '../lib/errors';
import { BUSY_RETRY_WAITS_MS } from '../lib/settings';
import { FakeClock, settle } from './support/fake-clock';
import { context, OK, refusal, xml } from './support/steps';

const INFO = xml('<DeviceInfo><model>M</model></DeviceInfo>');
const BUSY = refusal(503, 2, 'Device Busy', 'deviceBusy');

/** Runs a command against answers that are given in turn; the last one for ever. */
function running(
  name: string,
  args: Record<string, unknown>,
  answers: (IsapiAnswer | HikvisionError)[],
  options: Partial<DispatchOptions> = {},
) {
  const clock = new FakeClock();
  const sent: (IsapiRequest & { idempotent?: boolean | undefined })[] = [];
  const command = commandNamed(name) as Command;
  const result = dispatch(command, name, args, {
    carrier: {
      place: 'cam',
      send: (request: IsapiRequest, { idempotent }: { idempotent?: boolean }) => {
        sent.push({ ...request, idempotent });
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as IsapiAnswer);
      },
    },
    context: context(),
    clock,
    ...options,
  });
  result.catch(() => undefined);
  return { clock, sent, result };
}

describe('a read', () => {
  it('is asked again while the device is busy, after the waits of the settings', async () => {
    const { clock, sent, result } = running('config.deviceInfo', {}, [BUSY, BUSY, BUSY, INFO]);
    for (const [i, waitMs] of BUSY_RETRY_WAITS_MS.entries()) {
      await settle();
      expect(sent).toHaveLength(i + 1);
      await clock.advance(waitMs - 1);
      expect(sent).toHaveLength(i + 1);
      await clock.advance(1);
    }
    expect(await result).toMatchObject({ model: 'M' });
    expect(sent.every(({ idempotent }) => idempotent === true)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('gives up when it stays busy', async () => {
    const { clock, sent, result } = running('config.deviceInfo', {}, [BUSY]);
    await clock.advance(60_000);
    await expect(result).rejects.toThrow(DeviceBusyError);
    expect(sent).toHaveLength(1 + BUSY_RETRY_WAITS_MS.length);
  });

  it('is asked once more when the connection broke, and not when there was no answer in time', async () => {
    const lost = running('config.deviceInfo', {}, [new ConnectionLostError('x'), INFO]);
    await lost.clock.advance(1_000);
    expect(await lost.result).toMatchObject({ model: 'M' });
    const twice = running('config.deviceInfo', {}, [new ConnectionLostError('x')]);
    await twice.clock.advance(60_000);
    await expect(twice.result).rejects.toThrow(ConnectionLostError);
    expect(twice.sent).toHaveLength(2);
    const late = running('config.deviceInfo', {}, [new TimeoutError('x')]);
    await late.clock.advance(60_000);
    await expect(late.result).rejects.toThrow(TimeoutError);
    expect(late.sent).toHaveLength(1);
  });

  it('a wait ends when the caller gives up', async () => {
    const abort = new AbortController();
    const { clock, sent, result } = running('config.deviceInfo', {}, [BUSY], { signal: abort.signal });
    await settle();
    abort.abort(new ClosedError('cancelled'));
    await expect(result).rejects.toThrow(ClosedError);
    expect(sent).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('what changes the device', () => {
  it.each([
    ['camera.gotoPreset', { channel: 1, preset: 3 }, BUSY, 'HIK_BUSY'],
    ['camera.gotoPreset', { channel: 1, preset: 3 }, new ConnectionLostError('x'), 'HIK_CONNECTION_LOST'],
    ['stream.requestKeyFrame', { channel: 1, stream: 'main' }, new ConnectionLostError('x'), 'HIK_CONNECTION_LOST'],
  ] as const)('%s is sent once', async (name, args, answer, code) => {
    const { clock, sent, result } = running(name, args, [answer]);
    await clock.advance(60_000);
    await expect(result).rejects.toMatchObject({ code });
    expect(sent.map(({ method, idempotent }) => [method, idempotent])).toEqual([['PUT', false]]);
  });

  it('a danger is not even sent without a confirmation', async () => {
    const { sent, result } = running('config.reboot', {}, [OK]);
    await expect(result).rejects.toThrow(ConfirmationError);
    expect(sent).toEqual([]);
    const confirmed = running('config.reboot', {}, [OK], { confirm: true });
    await confirmed.result;
    expect(confirmed.sent).toHaveLength(1);
  });

  it('config.raw is a read for GET and a danger for the rest', async () => {
    const path = '/ISAPI/System/time';
    const read = running('config.raw', { method: 'GET', path }, [INFO]);
    await read.result;
    for (const method of ['PUT', 'POST', 'DELETE']) {
      await expect(running('config.raw', { method, path }, [OK]).result).rejects.toThrow(ConfirmationError);
    }
  });
});

it('errors name the command, the device and its answer', async () => {
  const { result } = running('config.deviceInfo', {}, [refusal(403, 4, 'Invalid Operation', 'lowPrivilege')]);
  await expect(result).rejects.toMatchObject({
    code: 'HIK_PERMISSION',
    message: expect.stringMatching(/config\.deviceInfo on cam: .*lowPrivilege/) as string,
  });
});

it('a movement given up is stopped, with a few steps and no more', async () => {
  const abort = new AbortController();
  const args = { channel: 1, pan: 50, tilt: 0, zoom: 0, forMs: 5_000 };
  const { clock, sent, result } = running('camera.move', args, [OK], { signal: abort.signal });
  await settle();
  abort.abort(new ClosedError('cancelled'));
  await settle();
  await expect(result).rejects.toThrow(ClosedError);
  expect(sent).toHaveLength(2);
  expect(sent[1]?.body).toContain('<pan>0</pan>');
  expect(clock.pending).toBe(0);
});
