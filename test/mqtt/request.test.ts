import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commandList } from '../../lib/index';
import { ALLOWANCES, allowanceFrom, allows, type Allowance } from '../../lib/mqtt/allowance';
import { requestOf } from '../../lib/mqtt/request';
import { MQTT_COMMAND_MAX_BYTES } from '../../lib/settings';

function ask(command: string | null, body: unknown, allowance: Allowance = 'write', retain = false) {
  const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return requestOf({ device: 'gate', command }, { payload, retain }, allowance);
}

function codeOf(answer: ReturnType<typeof ask>): string | null {
  return 'error' in answer ? answer.error.code : null;
}

describe('a command by MQTT', () => {
  it('takes its arguments as the body, checked, with the defaults', () => {
    expect(ask('camera.gotoPreset', { preset: '3' })).toEqual({
      device: 'gate',
      command: 'camera.gotoPreset',
      id: null,
      args: { channel: 1, preset: 3 },
      confirm: false,
    });
  });

  it('takes id and confirm beside them, or around them', () => {
    const asked = { id: 'x', confirm: true, args: { channel: 1, preset: 3 } };
    expect(ask('camera.gotoPreset', { preset: 3, id: 'x', confirm: true })).toMatchObject(asked);
    expect(ask('camera.gotoPreset', { args: { preset: 3 }, id: 'x', confirm: true })).toMatchObject(asked);
    expect(ask('config.deviceInfo', '')).toMatchObject({ args: {} });
  });

  it('may be named in the body', () => {
    expect(ask(null, { command: 'camera.gotoPreset', args: { preset: 3 }, id: 'x' })).toMatchObject({
      command: 'camera.gotoPreset',
      args: { channel: 1, preset: 3 },
      id: 'x',
    });
    expect(ask(null, { command: 'config.reboot', confirm: true })).toMatchObject({
      command: 'config.reboot',
      args: {},
    });
    expect(ask(null, { command: 5, id: 'x' })).toMatchObject({
      command: null,
      id: 'x',
      error: { code: 'HIK_ARGUMENT' },
    });
    expect(codeOf(ask(null, ''))).toBe('HIK_ARGUMENT');
  });

  it('has no parameter that could be taken for something else', () => {
    for (const { params } of commandList()) {
      expect(Object.keys(params)).not.toContain('args');
      expect(Object.keys(params)).not.toContain('confirm');
    }
  });

  for (const [what, command, body, code] of [
    ['no JSON', 'camera.gotoPreset', '{"preset":', 'HIK_ARGUMENT'],
    ['no object', 'camera.gotoPreset', [3], 'HIK_ARGUMENT'],
    ['a wrong argument', 'camera.gotoPreset', { preset: 'three' }, 'HIK_ARGUMENT'],
    ['arguments that are none', 'camera.gotoPreset', { args: 3 }, 'HIK_ARGUMENT'],
    ['something beside the envelope', 'camera.gotoPreset', { args: { preset: 3 }, preset: 4 }, 'HIK_ARGUMENT'],
    ['an unknown name', 'camera.explode', {}, 'HIK_ARGUMENT'],
    ['a name of every object', 'camera.constructor', {}, 'HIK_ARGUMENT'],
    ['too much', 'config.raw', 'x'.repeat(MQTT_COMMAND_MAX_BYTES + 1), 'HIK_TOO_LARGE'],
  ] as const) {
    it(`is refused with ${what}`, () => expect(codeOf(ask(command, body))).toBe(code));
  }

  it.each([
    ['in a body that is broken', '{"password":"hunter2hunter2",'],
    ['in a body that is only a text', '"hunter2hunter2"'],
    ['beside the envelope', { args: {}, password: 'hunter2hunter2' }],
    ['within an argument that is none', { user: { password: 'hunter2hunter2' } }],
    ['within a list', { user: [{ loginPassword: 'hunter2hunter2' }] }],
  ])('that is refused repeats no secret %s', (_where, body) => {
    const answer = ask('config.setPassword', body);
    expect(codeOf(answer)).toBe('HIK_ARGUMENT');
    expect(inspect(answer, { depth: null })).not.toContain('hunter2');
  });

  it('keeps the id in a refusal, so that the sender can tell', () => {
    expect(ask('camera.gotoPreset', { preset: 0, id: 7 })).toMatchObject({
      device: 'gate',
      command: 'camera.gotoPreset',
      id: 7,
    });
  });

  it('is not carried out when it was retained', () => {
    const answer = ask('camera.gotoPreset', { preset: 1 }, 'write', true);
    expect(codeOf(answer)).toBe('HIK_NOT_ALLOWED');
    expect('error' in answer && answer.error.message).toContain('retain');
  });
});

describe('what is allowed', () => {
  const calls = {
    read: ['config.deviceInfo', {}],
    act: ['camera.gotoPreset', { preset: 1 }],
    write: ['event.setMotionDetection', { enabled: true }],
    danger: ['config.reboot', { confirm: true }],
  } as const;

  it('is nothing by itself, and else what the word says', () => {
    const table = ALLOWANCES.map((allowance) => [
      allowance,
      ...Object.values(calls).map(([command, body]) => codeOf(ask(command, body, allowance)) ?? 'yes'),
    ]);
    const no = 'HIK_NOT_ALLOWED';
    expect(table).toEqual([
      ['nothing', no, no, no, no],
      ['read', 'yes', no, no, no],
      ['act', 'yes', 'yes', no, no],
      ['write', 'yes', 'yes', 'yes', 'yes'],
    ]);
  });

  it('is never something dangerous without a confirmation', () => {
    for (const confirm of [false, 'true', 1, null]) {
      expect(codeOf(ask('config.reboot', { confirm }))).toBe('HIK_CONFIRMATION');
    }
  });

  it('follows the arguments where they decide', () => {
    expect(codeOf(ask('config.raw', { path: '/ISAPI/System/time' }, 'read'))).toBeNull();
    expect(codeOf(ask('config.raw', { method: 'PUT', path: '/ISAPI/System/reboot' }, 'act'))).toBe('HIK_NOT_ALLOWED');
    expect(codeOf(ask('config.raw', { method: 'PUT', path: '/ISAPI/System/reboot' }))).toBe('HIK_CONFIRMATION');
  });

  it('is one of the words', () => {
    expect(allowanceFrom('act')).toBe('act');
    for (const word of ['danger', '', null, 'constructor']) expect(allowanceFrom(word)).toBeNull();
    expect(allows('nothing', 'read')).toBe(false);
  });
});
