/** The examples for each node, and the one for errors, run as a user would click through them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { element } from '../../lib/codec/xml';
import { drawPicture } from '../../lib/simulator';
import { startBroker, type Broker } from '../demo/broker';
import { until } from '../support/digest-client';
import { asked, Example, exampleNumbered, untilAsked, untilListening } from '../support/examples';
import { simulator } from '../support/simulators';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let broker: Broker;

beforeAll(async () => {
  whole = await startWhole();
  broker = await startBroker(0);
});

afterAll(async () => {
  await whole.close();
  await broker.close();
});

afterEach(() => whole.runtime.setFlows([]));

describe('hsp-event-in', () => {
  const run = async (changes: Record<string, Record<string, unknown>> = {}) => {
    const recorder = await simulator('nvr');
    const example = await Example.run(whole.runtime, exampleNumbered('10'), recorder, { changes });
    await untilListening(recorder);
    return { recorder, example };
  };
  const channelsOf = (values: readonly unknown[]) => values.map((value) => (value as { channel: number }).channel);

  it('passes on what fits kinds, channels and targets', async () => {
    const { recorder, example } = await run();
    for (const channel of [2, 3, 5]) recorder.sendEvent({ eventType: 'VMD', channel, target: 'human' });
    recorder.sendEvent({ eventType: 'VMD', channel: 1, target: 'vehicle' });
    recorder.sendEvent({ eventType: 'diskerror', channel: null, objects: [element('diskNo', 2)] });
    expect(await example.untilShown('Disk, network, log-in')).toMatchObject({ kind: 'diskError', channel: null });
    expect(channelsOf(example.shown('A human'))).toEqual([3, 5]);
    expect(example.shown('Disk, network, log-in')).toHaveLength(1);
  });

  it('passes on a region after a while, and motion once a minute', async () => {
    const { recorder, example } = await run({ 'Region 1, for 3 s at least': { minDuration: '0.05' } });
    const region = (id: number) => [{ id, target: 'human' as const }];
    recorder.sendEvent({ eventType: 'fielddetection', channel: 1, regions: region(2) });
    recorder.sendEvent({ eventType: 'fielddetection', channel: 1, regions: region(1) });
    expect(await example.untilShown('In region 1')).toMatchObject({ kind: 'intrusion', regions: [{ id: 1 }] });
    for (const eventState of ['active', 'inactive', 'active', 'inactive'] as const) {
      recorder.sendEvent({ eventType: 'VMD', channel: 3, eventState });
    }
    await example.untilShown('Ended', 2);
    expect(example.shown('Motion')).toHaveLength(1);
    expect(example.shown('In region 1')).toHaveLength(1);
    await example.untilStatus('Motion, once a minute', /1/);
  });

  it('sends starts and ends on two outputs, and ends what is not repeated', async () => {
    const { recorder, example } = await run({ 'Start and end': { endAfter: '0.3' } });
    recorder.sendEvent({ eventType: 'VMD', channel: 3 });
    expect(await example.untilShown('Started')).toMatchObject({ state: 'start', channel: 3 });
    expect(await example.untilShown('Ended')).toMatchObject({ state: 'end', inferred: true });
    recorder.sendEvent({ eventType: 'VMD', channel: 4 });
    recorder.sendEvent({ eventType: 'VMD', channel: 4, eventState: 'inactive' });
    expect(await example.untilShown('Ended', 2)).toMatchObject({ channel: 4, inferred: false });
  });

  it('brings pictures and documents, and tells late events apart', async () => {
    const { recorder, example } = await run();
    const pictures = [{ data: drawPicture({ widthPx: 64, heightPx: 48, label: 'X' }) }];
    recorder.sendEvent({ eventType: 'linedetection', channel: 2, pictures });
    expect(await example.untilShown('Picture')).toMatchObject({ contentType: 'image/jpeg' });
    expect(await example.untilShown('Document')).toMatchObject({ eventType: 'linedetection' });
    expect(example.shown('Now: something may be done')).toHaveLength(1);
    const time = new Date(Date.now() - 600_000).toISOString().replace(/\.\d+Z$/, '+00:00');
    recorder.sendEvent({ eventType: 'VMD', channel: 1, time });
    await example.untilShown('Late: only for the record');
    expect(example.shown('Now: something may be done')).toHaveLength(1);
  });
});

describe('hsp-command', () => {
  const run = async () => {
    const camera = await simulator('camera');
    const example = await Example.run(whole.runtime, exampleNumbered('11'), camera);
    await untilListening(camera);
    return { camera, example };
  };

  it('takes parameters from its fields, the environment and the message', async () => {
    const { camera, example } = await run();
    await example.press('Preset 1');
    await example.untilShown('There');
    await example.press('Preset of this flow');
    await example.untilShown('There', 2);
    expect(asked(camera, 'PUT', /\/presets\/1\/goto$/)).toBe(2);
    await example.press('Preset in msg.topic');
    await untilAsked(camera, 'PUT', /\/presets\/2\/goto$/);
    await example.press('As a thumbnail');
    await untilAsked(camera, 'GET', /\/picture\?.*320/);
    await example.untilShown('Picture');
    camera.sendEvent({ eventType: 'VMD' });
    expect(await example.untilShown('Picture', 2)).toMatchObject({ contentType: 'image/jpeg' });
    expect(example.seen.errors).toEqual([]);
  });

  it('runs any command, and a dangerous one only when it is confirmed', async () => {
    const { camera, example } = await run();
    await example.press('Who are you?');
    expect(await example.untilShown('Answer')).toMatchObject({ model: 'SIM-PTZ-4' });
    await example.press('List channels');
    expect(await example.untilShown('Answer', 2)).toMatchObject([{ channel: 1, name: 'Yard' }]);
    await example.press('List streams');
    await example.untilShown('Answer', 3);
    await example.press('Any request');
    await example.untilShown('Answer', 4);
    expect(asked(camera, 'GET', /^\/ISAPI\/System\/status$/)).toBeGreaterThan(0);
    expect(example.shown('Error and its code')).toEqual([]);

    await example.press('Restart, unconfirmed');
    expect(await example.untilShown('Error and its code')).toMatchObject({ code: 'HIK_CONFIRMATION' });
    expect(asked(camera, 'PUT', /\/System\/reboot$/)).toBe(0);
    await example.press('Restart, I am sure');
    await untilAsked(camera, 'PUT', /\/System\/reboot$/);
  });
});

describe('hsp-connect', () => {
  it('tells each change, answers, and says how long the device was away', async () => {
    const camera = await simulator('camera');
    const example = await Example.run(whole.runtime, exampleNumbered('12'), camera);
    expect(await example.untilShown('Connected')).toMatchObject({ device: { model: 'SIM-PTZ-4' } });
    await example.press('status');
    await example.untilShown('Connected', 2);
    await example.press('disconnect');
    await until(
      () => example.shown('Connecting, disconnected').some((each) => isState(each, 'disconnected')),
      'the end',
    );
    await example.press('connect');
    await example.untilShown('Connected', 3);
    camera.setFault('refused');
    expect(await example.untilShown('Lost: repairs itself')).toMatchObject({ state: 'lost' });
    camera.setFault(null);
    expect(await example.untilShown('Seconds away')).toBeGreaterThanOrEqual(1);
    await example.untilStatus('Seconds away', /\d+ s$/);
  });

  it('tells a wrong password, which is tried once', async () => {
    const camera = await simulator('camera');
    const example = await Example.run(whole.runtime, exampleNumbered('12'), camera, { password: 'wrong' });
    const refused = await example.untilShown('Refused: waits for you');
    expect(refused).toMatchObject({ state: 'refused', code: 'HIK_AUTHENTICATION' });
    expect(camera.authFailures).toBe(1);
  });
});

const isState = (value: unknown, state: string) => (value as { state?: unknown }).state === state;

describe('hsp-mqtt', () => {
  it('publishes states and events, and carries out what is allowed', async () => {
    const camera = await simulator('camera');
    const example = await Example.run(whole.runtime, exampleNumbered('13'), camera, { brokerPort: broker.port });
    await until(() => example.shown('online or offline').includes('online'), 'the device is online', 10_000);
    await untilListening(camera);
    camera.sendEvent({ eventType: 'VMD' });
    expect(await example.untilShown('Motion')).toBe('hikvision/yard-camera/1/motion');
    await until(() => example.shown('Event').some((each) => isType(each, 'motion_start')), 'the event', 10_000);
    camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    await until(() => example.shown('Event').some((each) => isType(each, 'motion_end')), 'its end', 10_000);
    await example.untilShown('Quiet');
    await example.press('A picture, please');
    await example.untilStatus('Picture', /\d+ bytes/);
    await example.press('Look to the right');
    await untilAsked(camera, 'PUT', /\/PTZCtrl\/channels\/1\//);
    const answers = () => example.shown('Answer') as { id: string; ok: boolean }[];
    await until(() => answers().length >= 2, 'both answers', 10_000);
    expect(answers()).toMatchObject([
      { id: 'picture', ok: true },
      { id: 'turn', ok: true },
    ]);
  });
});

const isType = (value: unknown, type: string) => (value as { event_type?: unknown }).event_type === type;

describe('errors', () => {
  const run = async (options: { password?: string } = {}) => {
    const camera = await simulator('camera');
    const changes = { '10 s later': { timeout: '0.01' } };
    const example = await Example.run(whole.runtime, exampleNumbered('14'), camera, { changes, ...options });
    return { camera, example };
  };

  it('a failed command goes the way of its code', async () => {
    const { example } = await run();
    await example.untilShown('Connected');
    await example.press('A clock that is there');
    await example.untilShown('It worked');
    await example.press('A preset that cannot be');
    expect(await example.untilShown('Mend the flow')).toMatchObject({ code: 'HIK_ARGUMENT' });
    await example.press('Restart, unconfirmed');
    expect(await example.untilShown('Mend the flow', 2)).toMatchObject({ code: 'HIK_CONFIRMATION' });
    await example.press('A door of a camera');
    expect(await example.untilShown('The device cannot do it')).toMatchObject({ code: 'HIK_UNSUPPORTED' });
    expect(example.shown('It worked')).toHaveLength(1);
  });

  it('a wrong password is one attempt, whatever is asked; then it waits for the user', async () => {
    const { camera, example } = await run({ password: 'wrong' });
    const refused = await example.untilShown('Refused: waits for you');
    expect(refused).toMatchObject({ state: 'refused', code: 'HIK_AUTHENTICATION' });
    await example.press('A clock that is there');
    expect(await example.untilShown('Look at password, device')).toMatchObject({ code: 'HIK_AUTHENTICATION' });
    await example.press('Take a picture');
    expect(await example.untilShown('Given up')).toMatchObject({ code: 'HIK_AUTHENTICATION' });
    expect(camera.authFailures).toBe(1);
    camera.setPassword('wrong');
    await example.press('Password mended: try again');
    await example.untilShown('Connected');
    expect(camera.authFailures).toBe(1);
  });

  it('what may be done twice is tried again, three times at most', async () => {
    const { camera, example } = await run();
    await example.untilShown('Connected');
    await example.press('Take a picture');
    await example.untilShown('Picture');
    camera.setFault('refused');
    await example.untilShown('Lost: repairs itself');
    const tries = () =>
      example.seen.statuses.filter(({ id, text }) => id === example.node('10 s later').id && text !== '');
    await example.press('Take a picture');
    expect(await example.untilShown('Given up')).toMatchObject({ code: expect.stringMatching(/^HIK_/) as string });
    expect(tries().length).toBeLessThanOrEqual(6);
    expect(example.shown('Picture')).toHaveLength(1);
  });

  it('while the device is away a wish is left out, or kept until it is back', async () => {
    const { camera, example } = await run();
    await example.untilShown('Connected');
    camera.setFault('refused');
    await example.untilShown('Lost: repairs itself');
    await example.press('Look to the left');
    await example.untilShown('Left out');
    await example.press('Preset 1');
    await example.untilShown('Waits');
    expect(asked(camera, 'PUT', /PTZCtrl/)).toBe(0);
    camera.setFault(null);
    await example.untilShown('Done');
    expect(asked(camera, 'PUT', /\/presets\/1\/goto$/)).toBe(1);
    expect(asked(camera, 'PUT', /\/continuous$/)).toBe(0);
    await until(() => example.shown('Status text').length > 0, 'what the nodes show');
  });
});
