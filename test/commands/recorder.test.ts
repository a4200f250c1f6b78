import { describe, expect, it } from 'vitest';
import { recorder } from '../../lib/commands/recorder';
import type { Channel } from '../../lib/commands/results';
import { TimeoutError } from '../../lib/errors';
import { context, device, failureOf, refusal, reply, run, type Responder } from '../support/steps';

const channels = (respond: Responder) => run(recorder.listChannels.isapi({}, context()), respond);

const nothing: Channel = {
  channel: 0,
  name: null,
  kind: 'camera',
  online: null,
  reason: null,
  address: null,
  model: null,
  serial: null,
  firmware: null,
};

const PROXIES = '/ISAPI/ContentMgmt/InputProxy/channels';
const STATUS = `${PROXIES}/status`;
const INPUTS = '/ISAPI/System/Video/inputs/channels';
const STREAMS = '/ISAPI/Streaming/channels';

describe('recorder.listChannels', () => {
  it('merges the IP channels of a recorder with their state', () => {
    const respond = device({
      [PROXIES]: `<InputProxyChannelList size="19">
        <InputProxyChannel><id>2</id><name>Yard</name><sourceInputPortDescriptor><ipAddress>192.0.2.22</ipAddress>
          <model></model><serialNumber></serialNumber></sourceInputPortDescriptor></InputProxyChannel>
        <InputProxyChannel><id>1</id><name>Gate & Door</name><sourceInputPortDescriptor><ipAddress>0.0.0.0</ipAddress>
          <hostName>gate.example</hostName><model>DS-X</model><serialNumber>S1</serialNumber>
          <firmwareVersion>V1 build 2</firmwareVersion></sourceInputPortDescriptor></InputProxyChannel>
        <InputProxyChannel><id></id><name>no number</name></InputProxyChannel>
        <InputProxyChannel><id>2</id><name>twice</name></InputProxyChannel></InputProxyChannelList>`,
      [STATUS]: `<InputProxyChannelStatusList>
        <InputProxyChannelStatus><id>1</id><online>true</online><chanDetectResult>connect</chanDetectResult></InputProxyChannelStatus>
        <InputProxyChannelStatus><id>2</id><online>false</online><chanDetectResult>netUnreachable</chanDetectResult></InputProxyChannelStatus>
        </InputProxyChannelStatusList>`,
      [INPUTS]: reply(403),
    });
    const { result, log } = channels(respond);
    expect(result).toEqual([
      {
        ...nothing,
        channel: 1,
        name: 'Gate & Door',
        kind: 'ip',
        online: true,
        address: 'gate.example',
        model: 'DS-X',
        serial: 'S1',
        firmware: 'V1 build 2',
      },
      {
        ...nothing,
        channel: 2,
        name: 'Yard',
        kind: 'ip',
        online: false,
        reason: 'netUnreachable',
        address: '192.0.2.22',
      },
    ]);
    expect(log).toEqual([`GET ${PROXIES}`, `GET ${STATUS}`, `GET ${INPUTS}`]);
  });

  it('counts the analog inputs of a hybrid recorder first and its IP channels as it numbers them', () => {
    const respond = device({
      [INPUTS]: `<VideoInputChannelList>
        <VideoInputChannel><id>1</id><name>Hall</name><resDesc>1920*1080P25</resDesc></VideoInputChannel>
        <VideoInputChannel><id>2</id><name></name><resDesc>NO VIDEO</resDesc></VideoInputChannel>
        <VideoInputChannel><id>3</id><videoInputEnabled>false</videoInputEnabled></VideoInputChannel></VideoInputChannelList>`,
      [PROXIES]: `<InputProxyChannelList><InputProxyChannel><id>33</id><name>Roof</name></InputProxyChannel></InputProxyChannelList>`,
    });
    expect(channels(respond).result).toEqual([
      { ...nothing, channel: 1, name: 'Hall', kind: 'analog', online: true },
      { ...nothing, channel: 2, kind: 'analog', online: false, reason: 'NO VIDEO' },
      { ...nothing, channel: 3, kind: 'analog', online: false, reason: 'disabled' },
      { ...nothing, channel: 33, name: 'Roof', kind: 'ip' },
    ]);
  });

  it('lists an IP channel once that stands in both lists', () => {
    const respond = device({
      [INPUTS]:
        '<VideoInputChannelList><VideoInputChannel><id>1</id><name>IPdome</name></VideoInputChannel></VideoInputChannelList>',
      [PROXIES]: '<InputProxyChannelList><InputProxyChannel><id>1</id></InputProxyChannel></InputProxyChannelList>',
    });
    expect(channels(respond).result).toEqual([{ ...nothing, channel: 1, name: 'IPdome', kind: 'ip' }]);
  });

  it('names the lenses of a camera by its inputs before its streams', () => {
    const respond = device({
      [PROXIES]: reply(403),
      [INPUTS]: `<VideoInputChannelList><VideoInputChannel><id>1</id><name>Front</name></VideoInputChannel>
        <VideoInputChannel><id>2</id><name></name></VideoInputChannel></VideoInputChannelList>`,
      [STREAMS]: `<StreamingChannelList>
        <StreamingChannel><id>101</id><channelName>Other</channelName></StreamingChannel>
        <StreamingChannel><id>201</id><channelName>Thermal</channelName></StreamingChannel></StreamingChannelList>`,
    });
    expect(channels(respond).result).toEqual([
      { ...nothing, channel: 1, name: 'Front' },
      { ...nothing, channel: 2, name: 'Thermal' },
    ]);
  });

  it('makes one channel of the streams 1, 2, 3 of an old camera', () => {
    const stream = (id: number) =>
      `<StreamingChannel><id>${id}</id><channelName>Zoom</channelName><Video><videoInputChannelID>1</videoInputChannelID></Video></StreamingChannel>`;
    const respond = device({
      [STREAMS]: `<StreamingChannelList>${[1, 2, 3].map(stream).join('')}</StreamingChannelList>`,
    });
    expect(channels(respond).result).toEqual([{ ...nothing, channel: 1, name: 'Zoom' }]);
  });

  it('asks for one stream after another where there is no list', () => {
    const stream = (id: number, name: string) =>
      `<StreamingChannel><id>${id}</id><channelName>${name}</channelName></StreamingChannel>`;
    const respond = device({
      [`${STREAMS}/101`]: stream(101, 'One'),
      [`${STREAMS}/201`]: stream(201, '201'),
      // Some cameras answer with another channel's document.
      [`${STREAMS}/301`]: stream(101, 'One'),
    });
    expect(channels(respond).result).toEqual([
      { ...nothing, channel: 1, name: 'One' },
      { ...nothing, channel: 2 },
    ]);
  });

  it('ends the search at the device error that old cameras give for a stream they do not have', () => {
    const busy = refusal(500, 3, 'Device Error', 'deviceError');
    const first = '<StreamingChannel><id>101</id><channelName>One</channelName></StreamingChannel>';
    const respond = device({ [`${STREAMS}/101`]: first, [`${STREAMS}/201`]: busy });
    expect(channels(respond).result).toEqual([{ ...nothing, channel: 1, name: 'One' }]);
    expect(failureOf(() => channels(device({ [`${STREAMS}/101`]: busy }))).code).toBe('HIK_BUSY');
  });

  it('finds nothing on a device without video', () => {
    expect(channels(device({})).result).toEqual([]);
  });

  it('finds nothing on a recorder without cameras, and does not search', () => {
    const { result, log } = channels(device({ [PROXIES]: '<InputProxyChannelList size="8"/>' }));
    expect(result).toEqual([]);
    expect(log).toEqual([`GET ${PROXIES}`, `GET ${INPUTS}`]);
  });

  it('says that the right is missing when that is why it finds nothing', () => {
    const respond = device({ [PROXIES]: refusal(403, 4, 'Invalid Operation', 'lowPrivilege') });
    expect(failureOf(() => channels(respond)).code).toBe('HIK_PERMISSION');
  });

  it('does not take a busy, silent or locked device for one without channels', () => {
    const codes = [refusal(503, 2, 'Device Busy', 'deviceBusy'), new TimeoutError('no answer'), reply(401)].map(
      (answer) => failureOf(() => channels(device({ [PROXIES]: answer }))).code,
    );
    expect(codes).toEqual(['HIK_BUSY', 'HIK_TIMEOUT', 'HIK_AUTHENTICATION']);
  });
});

describe('recorder.storage', () => {
  const storage = (respond: Responder, ctx = context()) => run(recorder.storage.isapi({}, ctx), respond);
  const document = `<storage><hddList size="8"><hdd><id>1</id><hddName>hdda</hddName><hddPath></hddPath><hddType>SATA</hddType>
    <status>ok</status><capacity> 3815447</capacity><freeSpace>0</freeSpace><property>RW</property></hdd>
    <hdd><id>2</id><status>notexist</status><capacity></capacity></hdd></hddList>
    <nasList><nas><id>9</id><ipAddress>192.0.2.9</ipAddress><nasType>NFS</nasType><path>/pub/x</path><status>offline</status>
    <capacity>100</capacity><freeSpace>50</freeSpace><property>RW</property><mountType>SMB/CIFS</mountType></nas></nasList>
    <workMode>quota</workMode></storage>`;
  const expected = {
    disks: [
      {
        id: 1,
        name: 'hdda',
        kind: 'SATA',
        status: 'ok',
        capacityMb: 3_815_447,
        freeMb: 0,
        property: 'RW',
        address: null,
        path: null,
      },
      {
        id: 2,
        name: null,
        kind: null,
        status: 'notexist',
        capacityMb: null,
        freeMb: null,
        property: null,
        address: null,
        path: null,
      },
    ],
    network: [
      {
        id: 9,
        name: null,
        kind: 'SMB/CIFS',
        status: 'offline',
        capacityMb: 100,
        freeMb: 50,
        property: 'RW',
        address: '192.0.2.9',
        path: '/pub/x',
      },
    ],
    workMode: 'quota',
  };

  it('lists disks and network storage', () => {
    expect(storage(device({ '/ISAPI/ContentMgmt/Storage': document })).result).toEqual(expected);
  });

  it('finds it in small letters too, and remembers', () => {
    const ctx = context();
    const respond = device({ '/ISAPI/ContentMgmt/storage': document });
    expect(storage(respond, ctx).result).toEqual(expected);
    expect(storage(respond, ctx).log).toEqual(['GET /ISAPI/ContentMgmt/storage']);
  });

  it('is empty where the device has none', () => {
    expect(storage(device({ '/ISAPI/ContentMgmt/Storage': '<storage><hddList/><nasList/></storage>' })).result).toEqual(
      {
        disks: [],
        network: [],
        workMode: null,
      },
    );
    expect(failureOf(() => storage(device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});
