/** Alarm inputs and outputs with hand-fed answers. */
import { describe, expect, it } from 'vitest';
import { event } from '../../../lib/commands/event';
import { DeviceBusyError } from '../../../lib/errors';
import { context, device, failureOf, OK, refusal, reply, run } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const IO = '/ISAPI/System/IO';
const PROXY = '/ISAPI/ContentMgmt/IOProxy';
const input = (id: number, level = 'high', name = '') =>
  `<IOInputPort version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><id>${id}</id><enabled>false</enabled><triggering>${level}</triggering><name>${name}</name></IOInputPort>`;
const state = (id: number, side: string, word: string) =>
  `<IOPortStatus><ioPortID>${id}</ioPortID><ioPortType>${side}</ioPortType><ioState>${word}</ioState></IOPortStatus>`;

describe('event.listAlarmInputs', () => {
  const list = (routes: Parameters<typeof device>[0]) =>
    run(event.listAlarmInputs.isapi({}, context()), device(routes));

  it('lists the own ones and those of cameras, with the states in one answer', () => {
    const { result, log } = list({
      [`${IO}/inputs`]: `<IOInputPortList>${input(2, 'low', 'Tür')}${input(1)}${input(1)}<IOInputPort><id>x</id></IOInputPort></IOInputPortList>`,
      [`${PROXY}/inputs`]:
        '<IOProxyInputPortList><IOProxyInputPort><id>301</id><triggering>odd</triggering></IOProxyInputPort></IOProxyInputPortList>',
      [`${IO}/status`]: `<IOPortStatusList>${state(1, 'input', 'active')}${state(1, 'output', 'inactive')}${state(2, 'input', 'strange')}</IOPortStatusList>`,
    });
    expect(result).toEqual([
      { input: 1, channel: null, name: null, enabled: false, contact: 'normallyOpen', active: true },
      { input: 2, channel: null, name: 'Tür', enabled: false, contact: 'normallyClosed', active: null },
      { input: 301, channel: 3, name: null, enabled: null, contact: 'odd', active: null },
    ]);
    expect(log).toHaveLength(3);
  });

  it('asks one by one where there is no list', () => {
    const caps = (count: number) =>
      `<DeviceCap><SysCap><IOCap><IOInputPortNums>${count}</IOInputPortNums></IOCap></SysCap></DeviceCap>`;
    const single = { [`${IO}/inputs/1`]: input(1), [`${IO}/inputs/2/status`]: state(2, 'input', 'inactive') };
    const found = list({ '/ISAPI/System/capabilities': caps(3), ...single }).result;
    expect(found?.map((each) => [each.input, each.active])).toEqual([
      [1, null],
      [2, false],
    ]);
    expect(list({ '/ISAPI/System/capabilities': caps(0) }).result).toEqual([]);
    expect(list({ [`${IO}/inputs`]: '<IOInputPortList/>' }).result).toEqual([]);
    expect(failureOf(() => list({ '/ISAPI/System/capabilities': caps(1e9) })).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('one alarm input', () => {
  it('of a camera behind a recorder is at the proxy', () => {
    const { result, log } = run(
      event.getAlarmInput.isapi({ input: 301 }, context()),
      device({ [`${PROXY}/inputs/301`]: '<IOProxyInputPort><id>301</id><enabled>true</enabled></IOProxyInputPort>' }),
    );
    expect(result).toMatchObject({ input: 301, channel: 3, enabled: true, active: null });
    expect(log[0]).toBe(`GET ${PROXY}/inputs/301`);
    const wrong = device({ [`${PROXY}/inputs/301`]: '<Other/>' });
    expect(failureOf(() => run(event.getAlarmInput.isapi({ input: 301 }, context()), wrong)).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is changed in one value', () => {
    const args = { input: 1, enabled: undefined, contact: 'normallyClosed', name: undefined } as const;
    const { requests, result } = run(event.setAlarmInput.isapi(args, context()), (request) =>
      request.method === 'PUT' ? OK : request.path === `${IO}/inputs/1` ? reply(200, input(1)) : reply(404),
    );
    const body = plainXml(String(requests.find(({ method }) => method === 'PUT')?.body));
    expect(body).toBe(input(1, 'low'));
    // What the device says, which ignored it here.
    expect(result).toMatchObject({ contact: 'normallyOpen', rebootRequired: false });
    const nothing = { ...args, contact: undefined };
    expect(failureOf(() => run(event.setAlarmInput.isapi(nothing, context()), device({}))).code).toBe('HIK_ARGUMENT');
  });
});

describe('event.triggerSoftInput', () => {
  const path = `${IO}/softInputs/trigger?format=json`;
  it('raises, and clears after a while', () => {
    const args = { input: 2, active: true, forMs: 500 };
    const { log, requests, result } = run(event.triggerSoftInput.isapi(args, context()), () => OK);
    expect(log).toEqual([`PUT ${path}`, 'wait 500', `PUT ${path}`]);
    expect(requests.map(({ body }) => JSON.parse(String(body)) as unknown)).toEqual([
      { SoftIO: [{ id: 2, triggerType: 'start' }] },
      { SoftIO: [{ id: 2, triggerType: 'stop' }] },
    ]);
    expect(result).toEqual({ input: 2, active: false });
    expect(run(event.triggerSoftInput.isapi({ ...args, forMs: 0 }, context()), () => OK).result?.active).toBe(true);
    expect(failureOf(() => run(event.triggerSoftInput.isapi(args, context()), device({}))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });
});

describe('alarm outputs', () => {
  const trigger = `${IO}/outputs/1/trigger`;
  const pulse = event.pulseAlarmOutput;
  const levels = (requests: readonly { readonly body?: unknown }[]) =>
    requests.map(({ body }) => /<outputState>(\w+)</.exec(String(body))?.[1]);

  it('are listed with what they are for', () => {
    const { result } = run(
      event.listAlarmOutputs.isapi({}, context()),
      device({
        [`${IO}/outputs`]:
          '<IOOutputPortList><IOOutputPort><id>1</id><name>COM1</name><IOUseType>electricLock</IOUseType><PowerOnState>' +
          '<outputState>pulse</outputState><pulseDuration>5000</pulseDuration></PowerOnState></IOOutputPort></IOOutputPortList>',
        [`${IO}/outputs/1/status`]: state(1, 'output', 'inactive'),
      }),
    );
    expect(result).toEqual([
      { output: 1, channel: null, name: 'COM1', use: 'electricLock', pulseMs: 5000, active: false },
    ]);
  });

  it('are switched, at the proxy where the device says so', () => {
    const { log, result } = run(
      event.setAlarmOutput.isapi({ output: 301, active: true }, context()),
      device({
        [`PUT ${PROXY}/outputs/301/trigger`]: OK,
        [`${PROXY}/outputs/301/status`]: state(301, 'output', 'active'),
      }),
    );
    expect(log).toEqual([`PUT ${PROXY}/outputs/301/trigger`, `GET ${PROXY}/outputs/301/status`]);
    expect(result).toEqual({ output: 301, active: true });
    expect(
      event.setAlarmOutput.commandPort?.({ output: 301, active: true }, { ...context(), device: {} as never }),
    ).toBeNull();
  });

  it('are pulsed: on, a while, off', () => {
    const { log, requests, result } = run(pulse.isapi({ output: 1, forMs: 300 }, context()), () => OK);
    expect(log).toEqual([`PUT ${trigger}`, 'wait 300', `PUT ${trigger}`]);
    expect(levels(requests)).toEqual(['high', 'low']);
    expect(result).toEqual({ output: 1, forMs: 300, switchedOff: true });
  });

  it('go off when the caller gives up, insisting while the device is busy', () => {
    const given = run(pulse.isapi({ output: 1, forMs: 300 }, context()), () => OK, { giveUpAt: 'wait 300' });
    expect(levels(given.requests)).toEqual(['high', 'low']);
    let turn = 0;
    const busy = run(pulse.isapi({ output: 1, forMs: 300 }, context()), () =>
      ++turn === 2 ? new DeviceBusyError('x') : OK,
    );
    expect(busy.log).toEqual([`PUT ${trigger}`, 'wait 300', `PUT ${trigger}`, 'wait 400', `PUT ${trigger}`]);
  });

  it('are left alone after a refusal, and by a pulse that was taken over', () => {
    const refused = failureOf(() =>
      run(pulse.isapi({ output: 1, forMs: 300 }, context()), () => refusal(403, 4, 'x', 'lowPrivilege')),
    );
    expect(refused.code).toBe('HIK_PERMISSION');
    const ctx = context();
    const { result, requests } = run(pulse.isapi({ output: 1, forMs: 300 }, ctx), () => OK, {
      during: () => void run(event.setAlarmOutput.isapi({ output: 1, active: true }, ctx), () => OK),
    });
    expect(levels(requests)).toEqual(['high']);
    expect(result?.switchedOff).toBe(false);
    expect(ctx.memory.size).toBe(0);
  });
});
