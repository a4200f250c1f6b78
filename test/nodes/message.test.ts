import { describe, expect, it, vi } from 'vitest';
import { commandList, type DeviceInfo } from '../../lib/index';
import { answerProperties, callFrom, connectionPayload, toMessage, type DeviceState } from '../../nodes/shared/message';
import type { TypedField } from '../../nodes/shared/checks';
import { event } from '../support/events';

const evaluate = (field: TypedField) =>
  Promise.resolve<unknown>(field.type === 'num' ? Number(field.value) : field.value);

describe('an event as a message', () => {
  it('carries the event under a topic of device, channel and kind', () => {
    const { topic, payload } = toMessage(event({ channel: 3 }), { pictures: true, raw: false });
    expect(topic).toBe('Cam/3/motion');
    expect(payload).toMatchObject({
      kind: 'motion',
      state: 'start',
      active: true,
      channel: 3,
      device: { name: 'Cam' },
    });
    expect(payload).not.toHaveProperty('raw');
  });

  it('says "device" where there is no channel, and keeps the topic at three levels', () => {
    const device = { name: 'Gate #1/left+', host: 'h', serial: null, model: null };
    expect(toMessage(event({ channel: null, device }), { pictures: true, raw: false }).topic).toBe(
      'Gate _1_left_/device/motion',
    );
  });

  it('reads the document only when it is asked for', () => {
    const raw = vi.fn(() => ({ EventNotificationAlert: {} }));
    const lazy = Object.defineProperty(event(), 'raw', { get: raw, enumerable: true });
    toMessage(lazy, { pictures: true, raw: false });
    expect(raw).not.toHaveBeenCalled();
    expect(toMessage(lazy, { pictures: true, raw: true }).payload.raw).toEqual({ EventNotificationAlert: {} });
  });

  it('leaves pictures out when they are not wanted', () => {
    const pictures = [{ name: 'a.jpg', contentType: 'image/jpeg', data: Buffer.from('x') }];
    expect(toMessage(event({ pictures }), { pictures: false, raw: false }).payload.pictures).toEqual([]);
    expect(toMessage(event({ pictures }), { pictures: true, raw: false }).payload.pictures).toEqual(pictures);
  });
});

const DEVICE: DeviceInfo = {
  name: 'Cam',
  model: 'DS-2CD2047G2',
  firmware: 'V5.7.15',
  firmwareReleased: null,
  serial: null,
  mac: null,
  deviceType: 'IPCamera',
  deviceId: null,
  hardware: null,
  manufacturer: null,
};

describe('a message as a command', () => {
  const node = {
    command: 'camera.gotoPreset',
    args: { channel: { type: 'num', value: '2' }, preset: { type: 'num', value: '7' } },
  };

  it('takes the fields of the node', async () => {
    const call = await callFrom(node, { payload: 'tick' }, commandList(), evaluate);
    expect(call).toEqual({ command: 'camera.gotoPreset', args: { channel: 2, preset: 7 } });
  });

  it('lets an object in the payload override single arguments', async () => {
    const call = await callFrom(node, { payload: { preset: 3 } }, commandList(), evaluate);
    expect(call.args).toEqual({ channel: 2, preset: 3 });
  });

  it('drops the fields of the node when the message names another command', async () => {
    const call = await callFrom(node, { command: 'camera.snapshot', payload: { channel: 5 } }, commandList(), evaluate);
    expect(call).toEqual({ command: 'camera.snapshot', args: { channel: 5 } });
  });

  it('takes the channel of an event and nothing else', async () => {
    const { payload } = toMessage(event({ channel: 4 }), { pictures: true, raw: false });
    expect((await callFrom(node, { payload }, commandList(), evaluate)).args).toEqual({ channel: 4, preset: 7 });
    const call = await callFrom({ command: 'config.status', args: {} }, { payload }, commandList(), evaluate);
    expect(call.args).toEqual({});
  });

  it.each<DeviceState>([
    { state: 'idle' },
    { state: 'connecting' },
    { state: 'connected', sinceMs: 0, device: DEVICE, stream: 'open', ways: ['alertStream'] },
    { state: 'lost', reason: 'the device does not answer', code: 'HIK_UNREACHABLE', retryAtMs: 0 },
    { state: 'locked', reason: 'too many attempts', code: 'HIK_LOCKED', unlockAtMs: 0 },
    { state: 'refused', reason: 'wrong password', code: 'HIK_AUTHENTICATION' },
    { state: 'misconfigured', reason: 'the host is missing' },
  ])('takes nothing of a change of the connection: $state', async (state) => {
    const payload = connectionPayload(state);
    expect((await callFrom(node, { payload }, commandList(), evaluate)).args).toEqual({ channel: 2, preset: 7 });
  });

  it('hands other states on, as they come from no connection', async () => {
    const call = await callFrom(node, { payload: { state: 'on' } }, commandList(), evaluate);
    expect(call.args).toHaveProperty('state', 'on');
  });

  it('finds no command with a parameter that could be taken for a state', () => {
    const taken = commandList().filter(({ params }) => Object.hasOwn(params, 'state'));
    expect(taken.map(({ name }) => name)).toEqual([]);
  });

  it('hands unknown names on, so that a slip of the pen is reported', async () => {
    const call = await callFrom(node, { payload: { chanel: 3 } }, commandList(), evaluate);
    expect(call.args).toHaveProperty('chanel', 3);
  });

  it('leaves out what is left to the default, empty, or no longer a parameter', async () => {
    const args = {
      channel: { type: 'default', value: '' },
      preset: { type: 'str', value: '' },
      gone: { type: 'num', value: '1' },
    };
    expect((await callFrom({ ...node, args }, {}, commandList(), evaluate)).args).toEqual({});
  });

  it('ignores buffers and lists', async () => {
    for (const payload of [Buffer.from('x'), [1, 2], null, undefined, 5]) {
      expect((await callFrom(node, { payload }, commandList(), evaluate)).args).toEqual({ channel: 2, preset: 7 });
    }
  });
});

describe('an answer as a message', () => {
  it('is a Buffer with its type for a picture, the value for anything else, null for nothing', () => {
    const data = Buffer.from([0xff, 0xd8]);
    expect(answerProperties({ contentType: 'image/jpeg', data })).toEqual({ payload: data, contentType: 'image/jpeg' });
    expect(answerProperties({ model: 'X' })).toEqual({ payload: { model: 'X' } });
    expect(answerProperties([1])).toEqual({ payload: [1] });
    expect(answerProperties(undefined)).toEqual({ payload: null });
  });
});

describe('a state of the connection as a message', () => {
  it('says what users need and nothing more', () => {
    expect(connectionPayload({ state: 'idle' })).toEqual({ state: 'disconnected' });
    expect(connectionPayload({ state: 'lost', reason: 'gone', code: 'HIK_TIMEOUT', retryAtMs: 5 })).toEqual({
      state: 'lost',
      reason: 'gone',
      code: 'HIK_TIMEOUT',
    });
    expect(connectionPayload({ state: 'locked', reason: 'locked', code: 'HIK_LOCKED', unlockAtMs: 0 })).toEqual({
      state: 'locked',
      reason: 'locked',
      code: 'HIK_LOCKED',
      unlockAt: '1970-01-01T00:00:00.000Z',
    });
    expect(connectionPayload({ state: 'misconfigured', reason: 'no host' })).toEqual({
      state: 'refused',
      reason: 'no host',
    });
  });
});
