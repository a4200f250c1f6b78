/** Each structure against bytes written by hand from the published tables. */
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { decode, encode, isStruct, layoutTable, type Struct } from '../../../lib/codec/layout';
import { FRAME_HEADERS } from '../../../lib/codec/frame';
import { loginReply, loginReplyTail, loginRequest1, loginRequest2 } from '../../../lib/codec/login-messages';
import {
  allStructures,
  audioCodecIndexOf,
  BITRATES_KBPS,
  bitrateKbpsOf,
  bitrateWordOf,
  buildText,
  diskStateOf,
  disksOf,
  FRAME_RATES,
  frameRateIndexOf,
  PTZ_CODES,
  ptzMoveOf,
  resolutionIndexOf,
  RESOLUTIONS,
  stopCode,
  streamSettingsOf,
  streamsOf,
  STRUCTURES,
  versionText,
  videoCodecIndexOf,
} from '../../../lib/codec/structs';
import { ProtocolError } from '../../../lib/errors';
import { be16, be32, bits, join, padded, time, zeros } from '../../support/wire';

const { camera, recorder, stream, event, config } = STRUCTURES;

const disk = (number: number, capacity: number, free: number, status: number) =>
  join(
    be32(number),
    be32(capacity),
    be32(free),
    be32(status),
    [1, 4, 3, 0],
    be32(2),
    [1, 0, 0, 0],
    be32(3),
    be32(7),
    be32(6),
    zeros(104),
  );
const diskValue = (number: number, capacityMb: number, freeMb: number, status: number) => ({
  number,
  capacityMb,
  freeMb,
  status,
  attribute: 1,
  type: 4,
  drive: 3,
  group: 2,
  recycling: 1,
  storageType: 3,
  pictureCapacityMb: 7,
  freePictureMb: 6,
});
const noDisk = Object.fromEntries(Object.keys(diskValue(0, 0, 0, 0)).map((key) => [key, 0])) as ReturnType<
  typeof diskValue
>;

const mainStream = join([1, 27, 0, 2], be32(23), be32(17), be16(50), [2, 0, 10, 7], zeros(10));
const mainValue = {
  streamType: 1,
  resolution: 27,
  bitrateType: 0,
  quality: 2,
  bitrate: 23,
  frameRate: 17,
  keyFrameInterval: 50,
  bFrames: 2,
  videoCodec: 10,
  audioCodec: 7,
};
const noStream = Object.fromEntries(Object.keys(mainValue).map((key) => [key, 0])) as typeof mainValue;

const july = { year: 2026, month: 7, day: 15, hour: 20, minute: 30, second: 5 };
const august = { year: 2026, month: 8, day: 1, hour: 0, minute: 0, second: 0 };

interface Vector {
  readonly layout: Struct;
  readonly bytes: Buffer;
  readonly value: Record<string, unknown>;
}
const vector = (layout: unknown, bytes: Buffer, value: Record<string, unknown>): Vector => ({
  layout: layout as Struct,
  bytes,
  value,
});

const vectors: Record<string, Vector> = {
  'an evening in July': vector(config.netDvrTime, time(2026, 7, 15, 20, 30, 5), july),
  'a move up at speed 4': vector(camera.ptzControl, join(be32(1), be32(21), be32(4)), {
    channel: 1,
    code: 21,
    value: 4,
  }),
  'the end of a move': vector(camera.ptzControl, join(be32(1), [255, 255, 255, 234], be32(0)), {
    channel: 1,
    code: 0xffff_ffea,
    value: 0,
  }),
  'a picture as large as the stream': vector(camera.jpegRequest, join(be32(33), be16(255), be16(0)), {
    channel: 33,
    pictureSize: 255,
    quality: 0,
  }),
  'a channel': vector(camera.channelRequest, join(be32(33)), { channel: 33 }),
  'the name of a channel': vector(camera.netDvrPictureConfig, join(be32(40), padded('Front door', 32), be32(1)), {
    size: 40,
    channelName: 'Front door',
    videoFormat: 1,
  }),
  'a disk': vector(recorder.netDvrDisk, disk(1, 3_815_447, 65_536, 0), diskValue(1, 3_815_447, 65_536, 0)),
  'two disks': vector(
    recorder.netDvrDisks,
    join(be32(4760), be32(2), disk(1, 100, 50, 0), disk(2, 200, 0, 7), zeros(31 * 144)),
    {
      size: 4760,
      count: 2,
      disks: [diskValue(1, 100, 50, 0), diskValue(2, 200, 0, 7), ...Array.from({ length: 31 }, () => noDisk)],
    },
  ),
  'a search': vector(
    recorder.findFileRequest,
    join(
      be32(1),
      be32(255),
      be32(255),
      be32(0),
      zeros(20),
      time(2026, 7, 15, 20, 30, 5),
      time(2026, 8, 1, 0, 0, 0),
      zeros(64),
    ),
    { channel: 1, fileType: 255, locked: 255, useCard: 0, cardNumber: '', start: july, stop: august },
  ),
  'a recording': vector(
    recorder.fileRecord,
    join(
      padded('ch01_00000000001000213', 100),
      time(2026, 7, 15, 20, 30, 5),
      time(2026, 8, 1, 0, 0, 0),
      be32(4096),
      zeros(32),
      [1, 2, 0, 0],
    ),
    {
      fileName: 'ch01_00000000001000213',
      start: july,
      stop: august,
      sizeBytes: 4096,
      cardNumber: '',
      locked: 1,
      fileType: 2,
    },
  ),
  'a recording of an older device': vector(
    recorder.fileRecordV10,
    join(padded('ch01', 100), time(2026, 7, 15, 20, 30, 5), time(2026, 8, 1, 0, 0, 0), be32(4096)),
    { fileName: 'ch01', start: july, stop: august, sizeBytes: 4096 },
  ),
  'a recording by hand': vector(recorder.recordRequest, join(be32(2), be32(0)), { channel: 2, recordType: 0 }),
  'a schedule': vector(
    recorder.recordSchedule,
    join(
      be32(508),
      be32(1),
      ...Array.from({ length: 7 }, () => [0, 1, 2, 0]),
      ...Array.from({ length: 56 }, () => [8, 0, 24, 0, 1, 0, 0, 0]),
      be32(3),
      be32(2),
      be32(14),
      [0, 1],
      zeros(10),
    ),
    {
      size: 508,
      enabled: 1,
      days: Array.from({ length: 7 }, () => ({ allDay: 1, recordType: 2 })),
      segments: Array.from({ length: 56 }, () => ({
        time: { startHour: 8, startMinute: 0, stopHour: 24, stopMinute: 0 },
        recordType: 1,
      })),
      keepRecordingIndex: 3,
      preRecordIndex: 2,
      keepDays: 14,
      redundant: 0,
      audio: 1,
    },
  ),
  'a busy recorder': vector(recorder.netDvrWorkState, join(be32(1), be32(100), be32(50), be32(2), zeros(15 * 12)), {
    deviceStatus: 1,
    disks: [
      { capacityMb: 100, freeMb: 50, status: 2 },
      ...Array.from({ length: 15 }, () => ({ capacityMb: 0, freeMb: 0, status: 0 })),
    ],
  }),
  'a stream': vector(stream.netDvrStream, mainStream, mainValue),
  'streams of a channel': vector(
    stream.netDvrCompression,
    join(be32(116), mainStream, zeros(28), mainStream, zeros(28)),
    {
      size: 116,
      main: mainValue,
      others: [noStream, mainValue, noStream],
    },
  ),
  'an older alarm': vector(event.netDvrAlarmInfo, join(be32(3), be32(0), be32(1), be32(5), [0x80, 0, 0, 1], be32(0)), {
    alarmType: 3,
    alarmInput: 0,
    alarmOutputs: [1],
    recordingChannels: [1, 3],
    channels: [1, 32],
    disks: [],
  }),
  'a V30 alarm': vector(
    event.netDvrAlarmInfoV30,
    join(be32(0), bits(32, 1, 9, 256), bits(16, 128), bits(16, 2), bits(16), bits(16)),
    { alarmType: 0, alarmInputs: [1, 9, 256], alarmOutputs: [128], recordingChannels: [2], channels: [], disks: [] },
  ),
  'an alarm output': vector(event.alarmOutputRequest, join(be32(1), be32(1)), { output: 1, active: 1 }),
  'a time server': vector(
    config.netDvrNtp,
    join(padded('pool.ntp.org', 64), be16(24), [1, 0xfb, 0xe2, 0], be16(123), zeros(8)),
    { server: 'pool.ntp.org', interval: 24, enabled: 1, zoneHours: -5, zoneMinutes: -30, port: 123 },
  ),
  'a recorder': vector(
    config.netDvrDevice,
    join(
      be32(180),
      padded('Network Video Recorder', 32),
      be32(255),
      be32(1),
      padded('DS-7608NI-K20820190101CCRRC12345678WCVU', 48),
      [4, 1, 0, 25],
      [0, 19, 3, 6],
      be32(0x0500_0000),
      be32(0x0012_0901),
      be32(0),
      be32(2),
      [4, 1, 1, 1, 1, 2, 2, 76],
      [0, 1, 0, 1, 2, 0, 1, 8],
      [1, 0x1f, 0, 1, 2, 3],
      be16(2307),
      padded('DS-7608NI-K2', 24),
      zeros(16),
    ),
    {
      size: 180,
      name: 'Network Video Recorder',
      deviceNumber: 255,
      overwrite: 1,
      serial: 'DS-7608NI-K20820190101CCRRC12345678WCVU',
      softwareVersion: 0x0401_0019,
      softwareBuild: 0x0013_0306,
      dspVersion: 0x0500_0000,
      dspBuild: 0x0012_0901,
      panelVersion: 0,
      hardwareVersion: 2,
      alarmInputs: 4,
      alarmOutputs: 1,
      rs232Ports: 1,
      rs485Ports: 1,
      networkPorts: 1,
      diskControllers: 2,
      disks: 2,
      deviceTypeV30: 76,
      channels: 0,
      firstChannel: 1,
      decodeChannels: 0,
      vgaPorts: 1,
      usbPorts: 2,
      auxOutputs: 0,
      voiceChannels: 1,
      ipChannels: 8,
      zeroChannels: 1,
      abilities: 0x1f,
      eSataUse: 0,
      ipChannelPlugAndPlay: 1,
      storageMode: 2,
      abilities1: 3,
      deviceType: 2307,
      typeName: 'DS-7608NI-K2',
    },
  ),
};

describe('structures', () => {
  for (const [name, { layout, bytes, value }] of Object.entries(vectors)) {
    it(`decodes ${name}`, () => assert.deepEqual(decode(layout, bytes), value));
    it(`encodes ${name}`, () => assert.deepEqual(encode(layout, value as never), bytes));
    it(`refuses ${name} without its last byte`, () => {
      assert.throws(
        () => decode(layout, bytes.subarray(0, -1)),
        (error) => error instanceof ProtocolError && error.offset < bytes.length,
      );
    });
  }

  const all = allStructures();

  it('have a vector each, a level of confidence and a source', () => {
    const covered = new Set(Object.values(vectors).map((known) => known.layout));
    for (const layout of all) {
      assert.ok(covered.has(layout), `${layout.name} has no vector`);
      assert.match(layout.info?.confidence ?? '', /^[HML]$/);
      assert.notEqual(layout.info?.source ?? '', '');
    }
  });

  it('name reserved bytes by their place', () => {
    const walk = (layout: Struct): void => {
      for (const { key, field, offset } of layout.steps) {
        if (field.kind === 'reserved') assert.equal(key, `reserved${offset}`, layout.name);
        if (isStruct(field)) walk(field);
        if (field.element !== undefined && isStruct(field.element)) walk(field.element);
      }
    };
    [...all, ...Object.values(FRAME_HEADERS), loginRequest1, loginRequest2, loginReply, loginReplyTail].forEach(
      (layout) => walk(layout),
    );
  });

  it('have the sizes that were seen on the wire', () => {
    const sizes = { netDvrTime: 24, netDvrNtp: 80, netDvrDevice: 180 };
    for (const [name, size] of Object.entries(sizes)) assert.equal(config[name as keyof typeof sizes].sizeBytes, size);
    assert.equal(recorder.netDvrDisk.sizeBytes, 144);
    assert.equal(recorder.findFileRequest.sizeBytes, 148);
    assert.equal(stream.netDvrCompression.sizeBytes, 116);
    assert.equal(event.netDvrAlarmInfo.sizeBytes, 24);
    assert.equal(event.netDvrAlarmInfoV30.sizeBytes, 100);
  });

  it('draw a table each', () => {
    for (const layout of all) {
      const rows = layoutTable(layout).split('\n').slice(2);
      assert.equal(rows.length, layout.steps.length);
    }
  });

  it('refuses a 13th month', () => {
    assert.throws(
      () => decode(config.netDvrTime, time(2026, 13, 1, 0, 0, 0)),
      (error) => error instanceof ProtocolError && error.offset === 4,
    );
  });
});

describe('disks', () => {
  it('gives those that are there', () => {
    const value = decode(recorder.netDvrDisks, (vectors['two disks'] as Vector).bytes);
    assert.deepEqual(
      disksOf(value).map((one) => [one.number, diskStateOf(one.status)]),
      [
        [1, 'active'],
        [2, 'full'],
      ],
    );
    assert.equal(diskStateOf(99), null);
  });
});

describe('streams', () => {
  const others = (...streams: Buffer[]) =>
    streamsOf(decode(stream.netDvrCompression, join(be32(116), mainStream, ...streams)));
  const sub = join([0, 16, 1, 3], be32(15), be32(10), be16(25), [2, 0, 1, 0], zeros(10));
  const empty = Buffer.alloc(28);

  it('are found in both orders', () => {
    const eventFirst = others(mainStream, sub, empty);
    const reservedFirst = others(empty, mainStream, sub);
    assert.equal(eventFirst.order, 'eventFirst');
    assert.equal(reservedFirst.order, 'reservedFirst');
    assert.deepEqual(eventFirst.sub, reservedFirst.sub);
    assert.equal(others(mainStream, sub, sub).order, 'eventFirst');
  });

  it('are given in words and units', () => {
    assert.deepEqual(streamSettingsOf(others(mainStream, sub, empty).main), {
      width: 1920,
      height: 1080,
      codec: 'H.265',
      audioCodec: 'AAC',
      frameRate: 25,
      bitrateKbps: 2048,
      bitrateControl: 'VBR',
      keyFrameIntervalFrames: 50,
      audio: true,
    });
    const unknown = streamSettingsOf({
      ...mainValue,
      resolution: 250,
      frameRate: 0,
      bitrate: 99,
      videoCodec: 9,
      audioCodec: 9,
    });
    assert.deepEqual(
      [unknown.width, unknown.height, unknown.frameRate, unknown.bitrateKbps, unknown.codec, unknown.audioCodec],
      [null, null, null, null, null, null],
    );
  });

  it('take bit rates that are no index', () => {
    assert.equal(bitrateKbpsOf(0x8000_0000 + 5000), 5000);
    assert.equal(bitrateKbpsOf(0x8000_0000 + 5000 * 1024), 5000);
    assert.equal(bitrateWordOf(5000), 0x8000_0000 + 5000);
  });

  it('turn words back into indexes', () => {
    for (const [index, kbps] of Object.entries(BITRATES_KBPS)) assert.equal(bitrateWordOf(kbps), Number(index));
    for (const [index, rate] of Object.entries(FRAME_RATES)) assert.equal(frameRateIndexOf(rate), Number(index));
    for (const [index, { width, height }] of Object.entries(RESOLUTIONS)) {
      assert.equal(resolutionIndexOf(width, height), Number(index));
    }
    assert.equal(videoCodecIndexOf('H.264'), 1);
    assert.equal(videoCodecIndexOf('H.265'), 10);
    assert.equal(audioCodecIndexOf('AAC'), 7);
    assert.equal(frameRateIndexOf(17), undefined);
  });
});

describe('PTZ codes', () => {
  it('are turned over to stop', () => {
    assert.equal(stopCode(PTZ_CODES.tiltUp), 0xffff_ffea);
    assert.deepEqual(ptzMoveOf(0xffff_ffea), { move: 'tiltUp', stop: true });
    assert.deepEqual(ptzMoveOf(39), { move: 'gotoPreset', stop: false });
    assert.equal(ptzMoveOf(1000), undefined);
  });
});

describe('versions', () => {
  it('are written as devices write them', () => {
    assert.equal(versionText(0x0507_000f), 'V5.7.15');
    assert.equal(buildText(0x0018_0201), 'build 240201');
    assert.deepEqual([versionText(0), buildText(0)], [null, null]);
  });
});
