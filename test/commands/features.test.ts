/** What each captured device has, written down by reading its documents; and what a client remembers of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCapabilities } from '../../lib/commands/feature-reader';
import { FEATURE_NAMES, type Feature, type Features } from '../../lib/commands/features';
import { availableCommands, commandList } from '../../lib/commands/registry';
import { TimeoutError } from '../../lib/errors';
import { capturesFolder, dumpNames } from '../support/captures';
import { hikvisionClient } from '../support/clients';
import { simulator } from '../support/simulators';
import { device, dumpDevice, failureOf, refusal, reply, run, type Dump } from '../support/steps';

const folder = capturesFolder();

/** What a device has and what cannot be told; the other features it lacks. */
interface Expected {
  readonly has: readonly Feature[];
  readonly unknown: readonly Feature[];
}

const CAMERA_UNKNOWN = ['light', 'softInputs'] as const;
/** A dump of a few documents lacks all others, and only these two are no question of a document that is missing. */
const FRAGMENT: Expected = { has: [], unknown: ['light', 'smartEvents', 'softInputs'] };
const RECORDER_UNKNOWN = ['light', 'siren', 'pir', 'plates', 'thermometry', 'peopleCounting'] as const;

const EXPECTED: Readonly<Record<string, Expected>> = {
  'ACR4-40': { ...FRAGMENT, has: ['recording'] },
  'AXPRO-zoneStatus': { has: ['alarmPanel'], unknown: PANEL_UNKNOWN() },
  'DS-2CD2146G2-ISU': {
    has: ['video', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs'],
    unknown: CAMERA_UNKNOWN,
  },
  'DS-2CD2185FWD-I': FRAGMENT,
  'DS-2CD2343G2-I': FRAGMENT,
  'DS-2CD2346G2-ISU': {
    has: ['video', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs'],
    unknown: CAMERA_UNKNOWN,
  },
  'DS-2CD2347G2H-LI': FRAGMENT,
  // No sockets for alarms, and no loudspeaker: voicetalkNums 0.
  'DS-2CD2386G2-IU': { has: ['video', 'recording', 'smartEvents'], unknown: CAMERA_UNKNOWN },
  'DS-2CD2443G0-IW': { has: ['video', 'talk', 'recording', 'smartEvents', 'pir'], unknown: CAMERA_UNKNOWN },
  'DS-2CD2T46G2-ISU': {
    has: ['video', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs'],
    unknown: CAMERA_UNKNOWN,
  },
  // Its Image document names SupplementLight; it has no capabilities among its documents.
  'DS-2DF8C832MX-ZDK': { has: ['video', 'talk', 'light'], unknown: ['smartEvents', 'softInputs'] },
  'DS-2TD1228-2-QA': {
    has: ['video', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs', 'thermometry'],
    unknown: CAMERA_UNKNOWN,
  },
  'DS-7608NI-K2': FRAGMENT,
  'DS-7608NXI-I2': {
    has: ['video', 'ptz', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs', 'softInputs'],
    unknown: RECORDER_UNKNOWN,
  },
  'DS-7616NI-Q2': {
    has: ['video', 'ptz', 'talk', 'recording', 'smartEvents', 'alarmInputs', 'alarmOutputs'],
    unknown: [...RECORDER_UNKNOWN, 'softInputs'],
  },
  'DS-8632N-I8': {
    has: ['video', 'talk', 'recording'],
    unknown: [...RECORDER_UNKNOWN, 'ptz', 'smartEvents', 'softInputs'],
  },
  'DS-FB2127': { has: ['video', 'talk'], unknown: ['light', 'smartEvents', 'softInputs'] },
  'DS-K1T341AM': FRAGMENT,
  'DS-PHA20-P': FRAGMENT,
  'DS-PWA64-L-WE': { has: ['alarmPanel'], unknown: PANEL_UNKNOWN() },
  'NVR-HikSink': FRAGMENT,
  'doorbell-misc': { has: ['intercom', 'doors', 'alarmOutputs'], unknown: ['light', 'smartEvents', 'softInputs'] },
  // IOInputPortNums and IOOutputPortNums are 0.
  'iDS-7204HUHI-M1': {
    has: ['video', 'ptz', 'talk', 'recording', 'smartEvents'],
    unknown: [...RECORDER_UNKNOWN, 'softInputs'],
  },
};

function PANEL_UNKNOWN(): readonly Feature[] {
  return ['video', 'siren', 'talk', 'pir', 'alarmInputs', 'alarmOutputs', 'softInputs', 'sounds'];
}

function featuresOf({ has, unknown }: Expected): Features {
  const of = (name: Feature) => (has.includes(name) ? true : unknown.includes(name) ? null : false);
  return Object.fromEntries(FEATURE_NAMES.map((name) => [name, of(name)])) as Features;
}

describe.skipIf(folder === undefined)('captured devices', () => {
  it('are all known here', () => {
    expect(dumpNames()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    const dump = JSON.parse(readFileSync(join(folder ?? '', 'devices', `${name}.json`), 'utf8')) as Dump;
    const { result, requests } = run(readCapabilities(), dumpDevice(dump));
    expect(result?.features).toEqual(featuresOf(expected));
    // Those with capabilities need few questions.
    const isTold = dump.responses['/ISAPI/System/capabilities'] !== undefined;
    expect(requests.length).toBeLessThanOrEqual(isTold ? 13 : 23);
    expect(new Set(requests.map(({ path }) => path)).size).toBe(requests.length);
  });
});

const capabilities = (content: string) => `<DeviceCap>${content}</DeviceCap>`;
const info = (type: string) => `<DeviceInfo><deviceType>${type}</deviceType></DeviceInfo>`;

describe('what a device has', () => {
  const read = (routes: Parameters<typeof device>[0]) => run(readCapabilities(), device(routes)).result;

  it('counts its inputs and outputs', () => {
    const result = read({
      '/ISAPI/System/deviceInfo': info('NVR'),
      '/ISAPI/System/capabilities': capabilities(
        '<SysCap><IOCap><IOInputPortNums>16</IOInputPortNums><IOOutputPortNums>4</IOOutputPortNums></IOCap>' +
          '<VideoCap><videoInputPortNums>0</videoInputPortNums></VideoCap></SysCap><voicetalkNums>1</voicetalkNums>' +
          '<RacmCap><inputProxyNums>32</inputProxyNums></RacmCap>',
      ),
      '/ISAPI/PTZCtrl/channels':
        '<PTZChannelList><PTZChannel><id>1</id><enabled>true</enabled></PTZChannel><PTZChannel><id>2</id>' +
        '<enabled>false</enabled></PTZChannel><PTZChannel><id>7</id></PTZChannel></PTZChannelList>',
    });
    expect(result).toMatchObject({
      deviceType: 'NVR',
      videoInputs: 0,
      ipChannels: 32,
      alarmInputs: 16,
      alarmOutputs: 4,
      softInputs: null,
      talkChannels: 1,
      ptzChannels: [1, 7],
    });
  });

  it.each([
    [
      'with a continuous space',
      '<ContinuousPanTiltSpace><XRange><Min>-100</Min></XRange></ContinuousPanTiltSpace>',
      true,
    ],
    ['with presets only', '<maxPresetNum>300</maxPresetNum>', true],
    ['of a fixed camera, zeros', '<maxPresetNum>0</maxPresetNum><maxPatrolNum>0</maxPatrolNum>', false],
    ['without anything', '', false],
  ])('PTZ capabilities %s', (_what, content, turns) => {
    const result = read({ '/ISAPI/PTZCtrl/channels/1/capabilities': `<PTZChanelCap>${content}</PTZChanelCap>` });
    expect([result?.features.ptz, result?.ptzChannels]).toEqual([turns, turns ? [1] : []]);
  });

  it('is left open where the user lacks the right, and where the device fails', () => {
    const result = read({
      '/ISAPI/VideoIntercom/callStatus?format=json': refusal(403, 4, 'Invalid Operation', 'lowPrivilege'),
      '/ISAPI/Thermal/capabilities': refusal(500, 3, 'Device Error', 'deviceError'),
      '/ISAPI/AccessControl/RemoteControl/door/capabilities': refusal(403, 4, 'Invalid Operation', 'notSupport'),
    });
    expect(result?.features).toMatchObject({ intercom: null, thermometry: null, doors: false });
  });

  it('is not told by web pages and by documents of another kind', () => {
    const page = reply(200, '<html><body>Login</body></html>', 'text/html');
    const result = read({
      '/ISAPI/VideoIntercom/callStatus?format=json': page,
      '/ISAPI/AccessControl/RemoteControl/door/capabilities': page,
      '/ISAPI/System/IO/inputs': '<IOInputPortList/>',
    });
    expect(result?.features).toMatchObject({ intercom: false, doors: false, alarmInputs: false });
  });

  it('cannot be told by a device that is gone', () => {
    const silent = () => new TimeoutError('no answer');
    expect(failureOf(() => run(readCapabilities(), silent)).code).toBe('HIK_TIMEOUT');
  });
});

describe('commands', () => {
  const all = (value: boolean | null) => Object.fromEntries(FEATURE_NAMES.map((name) => [name, value])) as Features;

  it('are offered unless the device says that it lacks what they need', () => {
    expect(availableCommands(all(true))).toEqual(commandList());
    expect(availableCommands(all(null))).toEqual(commandList());
    expect(availableCommands(all(false))).toEqual(commandList().filter(({ needs }) => needs === null));
  });
});

describe('a client', () => {
  it('asks once, whoever asks', async () => {
    const device = await simulator('camera');
    const client = hikvisionClient(device);
    const [first, second] = await Promise.all([client.features(), client.features()]);
    expect(first).toBe(second);
    const asked = device.log.length;
    expect(await client.features()).toBe(first);
    expect(device.log.length).toBe(asked);
    expect(first).toMatchObject({ video: true, ptz: true, recording: true, doors: false, alarmPanel: false });
  });

  it('asks again after a failure', async () => {
    const client = hikvisionClient({ url: 'http://127.0.0.1:9' });
    await expect(client.features()).rejects.toMatchObject({ code: 'HIK_UNREACHABLE' });
    await expect(client.features()).rejects.toMatchObject({ code: 'HIK_UNREACHABLE' });
  });
});
