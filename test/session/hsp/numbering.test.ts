/** By which number the IP channels of a recorder begin: the usual one, another one that is found out, or the one that is set. */
import { describe, expect, it } from 'vitest';
import { deviceChannelOf, firstIpChannels, renumbered, type PortDevice } from '../../../lib/commands/port';
import type { Warning } from '../../../lib/index';
import type { Simulator } from '../../../lib/simulator';
import { codeOf } from '../../support/clients';
import { portClient } from '../../support/hsp-links';
import { hspSimulator } from '../../support/hsp-simulators';

const BINARY = { encoding: 'binary' } as const;

const log = (device: Simulator): string[] => device.hspLog.map(({ name, status }) => `${name} ${status}`);

describe('IP channels of a recorder that numbers them from 1', () => {
  it('are found at the second try, which is remembered and told once', async () => {
    const device = await hspSimulator('nvr', { hsp: { firstIpChannel: 1 } });
    const client = portClient(device);
    const warnings: Warning[] = [];
    client.onWarning((warning) => warnings.push(warning));
    await client.stream.requestKeyFrame({ channel: 3 }, BINARY);
    expect(log(device)).toEqual(['keyFrameMain 7', 'keyFrameMain 1']);
    await client.stream.requestKeyFrame({ channel: 4, stream: 'sub' }, BINARY);
    expect(log(device)).toEqual(['keyFrameMain 7', 'keyFrameMain 1', 'keyFrameSub 1']);
    expect(warnings.filter(({ code }) => code === 'HSP_CHANNELS').map(({ message }) => message)).toEqual([
      'the command port numbers its IP channels from 1; remembered for this device',
    ]);
    // Another client of the same device need not find it out again.
    await portClient(device).stream.requestKeyFrame({ channel: 5 }, BINARY);
    expect(log(device).at(-1)).toBe('keyFrameMain 1');
  });

  it('are found by a command about all of them, too', async () => {
    const client = portClient(await hspSimulator('nvr', { hsp: { firstIpChannel: 1 } }));
    const streams = await client.stream.list({}, BINARY);
    expect(new Set(streams.map(({ channel }) => channel))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it('are not looked for where the number is set', async () => {
    const device = await hspSimulator('nvr', { hsp: { firstIpChannel: 1 } });
    const set = portClient(device, { commandPort: { firstIpChannel: 1 } });
    await set.stream.requestKeyFrame({ channel: 3 }, BINARY);
    expect(log(device)).toEqual(['keyFrameMain 1']);
    const wrong = portClient(device, { commandPort: { firstIpChannel: 33 } });
    expect(await codeOf(wrong.stream.requestKeyFrame({ channel: 3 }, BINARY))).toBe('HIK_UNSUPPORTED');
    expect(log(device)).toEqual(['keyFrameMain 1', 'keyFrameMain 7']);
  });
});

describe('a channel that a recorder has not', () => {
  it('is asked for once', async () => {
    const device = await hspSimulator('nvr');
    const client = portClient(device);
    expect(await codeOf(client.stream.requestKeyFrame({ channel: 9 }, BINARY))).toBe('HIK_UNSUPPORTED');
    expect(log(device)).toEqual(['keyFrameMain 7']);
  });
});

describe('the other numbering', () => {
  const recorder = (ipChannels: number, analogChannels = 0): PortDevice => ({
    serial: null,
    analogChannels,
    firstChannel: 1,
    ipChannels,
    firstIpChannel: 33,
  });

  it('begins behind the analog channels', () => {
    expect(firstIpChannels(recorder(8))).toEqual([33, 1]);
    expect(firstIpChannels(recorder(8, 4))).toEqual([33, 5]);
    expect(firstIpChannels(recorder(8, 32))).toEqual([33]);
    const other = renumbered(recorder(8, 4), 6);
    expect(other?.firstIpChannel).toBe(5);
    expect(other === null ? null : deviceChannelOf(6, other)).toBe(6);
  });

  it('is tried for IP channels only, and once', () => {
    const device = recorder(8, 4);
    expect([renumbered(device, 4), renumbered(device, 13), renumbered(recorder(0, 4), 1)]).toEqual([null, null, null]);
    const other = renumbered(device, null);
    expect(other === null ? undefined : renumbered(other, null)).toBeNull();
  });

  it('never reaches for a number that belongs to another channel', () => {
    expect(renumbered(recorder(64), 12)?.firstIpChannel).toBe(1);
    // 40 is IP channel 8 of a device that counts from 33.
    expect(renumbered(recorder(64), 40)).toBeNull();
  });
});
