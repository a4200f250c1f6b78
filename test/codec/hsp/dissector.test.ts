/** lib/hsp.lua: the same tables as the codec, and the same reading in tshark, where that is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath, resolve } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { COMMAND_CODES } from '../../../lib/codec/command-codes';
import { encodeChallenge, encodeLoginReply, encodeLoginRequest1 } from '../../../lib/codec/login-messages';
import { allStructures } from '../../../lib/codec/structs';
import vectors from '../../fixtures/hsp-vectors.json';
import { DISSECTOR_FILE, dissectorLua } from '../../docs/dissector';
import { damage, hex } from '../../support/hex';
import { pcapOf, type Segment } from '../../support/pcap';
import { alarmV30, be32, join, push, reply, request, zeros } from '../../support/wire';

const dissector = resolve(__dirname, '../../..', DISSECTOR_FILE);

describe('dissector', () => {
  const lua = readFileSync(dissector, 'utf8');

  it('is what the tables give now (else: npm run docs)', () => assert.equal(lua, dissectorLua()));

  it('knows every command and every structure', () => {
    for (const [name, { code }] of Object.entries(COMMAND_CODES)) {
      assert.ok(lua.includes(`[0x${code.toString(16).padStart(6, '0')}] = "${name}"`), name);
    }
    for (const layout of allStructures()) {
      assert.ok(lua.includes(`  ${layout.name.toLowerCase()} = {`), layout.name);
    }
  });
});

const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
const installed = version.status === 0;
const title = installed
  ? `dissector in ${version.stdout.split('\n')[0] ?? 'tshark'}`
  : 'dissector in tshark (SKIPPED: tshark is not installed)';

describe.skipIf(!installed)(title, () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(joinPath(tmpdir(), 'hsp-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The named fields of each packet, as tshark prints them. */
  function shown(segments: readonly Segment[], fields: readonly string[], port = 8000): string[][] {
    const file = joinPath(folder, 'capture.pcap');
    writeFileSync(file, pcapOf(segments, port));
    const asked = fields.flatMap((field) => ['-e', field]);
    const decodeAs = port === 8000 ? [] : ['-d', `tcp.port==${port},hsp`];
    const result = spawnSync(
      'tshark',
      ['-r', file, '-X', `lua_script:${dissector}`, ...decodeAs, '-2', '-T', 'fields', '-E', 'separator=|', ...asked],
      { encoding: 'utf8' },
    );
    assert.equal(result.status, 0, result.stderr);
    assert.doesNotMatch(result.stderr, /lua|error/i);
    return result.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'));
  }
  const client = (data: Buffer): Segment => ({ from: 'client', data });
  const device = (data: Buffer): Segment => ({ from: 'device', data });

  it('reads the published frame as decodeCapture does', () => {
    const fields = [
      'hsp.direction',
      'hsp.command',
      'hsp.client_ip',
      'hsp.user_id',
      'hsp.request_header.client_mac',
      '_ws.col.Info',
    ];
    assert.deepEqual(shown([client(hex(vectors.decodeOnly.hex))], fields), [
      ['request', '0x001110c2', '192.168.0.104', '0x25801157', 'cc:28:aa:16:ed:da', 'Request getDeviceV40'],
    ]);
  });

  it('follows a login, a command and its answer', () => {
    const reply1 = { deviceClock: 0x1234, ciphertext: Buffer.alloc(128, 3), salt: 's'.repeat(64) };
    const path = 'GET /ISAPI/System/deviceInfo\r\n';
    const body = join(zeros(8), be32(12 + path.length), be32(path.length), [1, 0, 0, 0], path);
    const answer = reply(1, join(zeros(2), '<DeviceInfo/>'));
    const rows = shown(
      [
        client(encodeLoginRequest1({ user: 'admin', publicKey: Buffer.alloc(140, 7) }, { clientIp: '192.0.2.56' })),
        device(encodeChallenge(reply1)),
        client(hex(vectors.login.step2)),
        device(encodeLoginReply(loginValue)),
        client(request({ command: 0x117000, userId: 9, body })),
        device(answer),
        device(damage(answer, 7, 0)),
      ],
      [
        '_ws.col.Info',
        'hsp.login_request_1.user',
        'hsp.login_reply.serial',
        'hsp.isapi.request',
        'hsp.isapi.document',
        'hsp.checksum_ok',
      ],
    );
    assert.deepEqual(
      rows,
      [
        ['Request login', 'admin', '', '', '', ''],
        ['Reply ok to login', '', '', '', '', ''],
        ['Request login', '', '', '', '', ''],
        ['Reply ok to login', '', 'DS-1', '', '', ''],
        ['Request isapi', '', '', 'GET /ISAPI/System/deviceInfo', '', ''],
        ['Reply ok to isapi', '', '', '', '<DeviceInfo/>', 'True'],
        ['Reply ok to isapi', '', '', '', '<DeviceInfo/>', 'False'],
      ].map((row) => row.map((cell) => cell.replace('True', trueWord).replace('False', falseWord))),
    );
  });

  it('reads structures, nested ones included', () => {
    const disks = join(be32(4760), be32(1), be32(1), be32(3_815_447), zeros(4760 - 16));
    const rows = shown(
      [
        client(hex(vectors.controlFrame.hex)),
        device(reply(1, disks)),
        client(hex(vectors.frames.ptzCh1TiltUp)),
        client(request({ command: 0x030200, body: join(be32(1), [255, 255, 255, 234], be32(0)) })),
      ],
      ['hsp.net_dvr_hdcfg.count', 'hsp.net_dvr_single_hd.capacity_mb', 'hsp.ptz_control.code'],
    );
    assert.equal(rows[1]?.[0], '1');
    assert.match(rows[1]?.[1] ?? '', /^3815447(,0){32}$/);
    assert.deepEqual([rows[2]?.[2], rows[3]?.[2]], ['21', '4294967274']);
  });

  it('reads alarms that come joined and cut', () => {
    const stream = Buffer.concat([
      push(2),
      alarmV30({ type: 3, channels: [1, 33] }),
      push(20, join(be32(2), zeros(12), be32(5), zeros(4))),
      alarmV30({ type: 0, inputs: [4] }),
    ]);
    const rows = shown(
      [device(stream.subarray(0, 130)), device(stream.subarray(130))],
      [
        '_ws.col.Info',
        'hsp.net_dvr_alarminfo_v30.channels',
        'hsp.net_dvr_alarminfo.channels',
        'hsp.net_dvr_alarminfo_v30.alarm_inputs',
      ],
    );
    const all = rows.map((row) => row.join(' ')).join(' ');
    assert.match(all, /Push keepAlive, Push alarmV30 motion/);
    assert.match(all, /1,33/);
    assert.match(all, /Push alarm videoLoss, Push alarmV30 alarmInput/);
    assert.equal(rows[1]?.[2], '1,3');
  });

  it('shows lengths that cannot be as what they are', () => {
    for (const length of [0, 3, 2 ** 31]) {
      const [row] = shown([device(join(be32(length), zeros(20)))], ['hsp.nonsense', '_ws.malformed']);
      assert.match(row?.[0] ?? '', /^[0-9A-F]{48}$/i);
      assert.equal(row?.[1], '');
    }
  });

  it('reads other ports when told', () => {
    assert.deepEqual(shown([device(push(2))], ['hsp.status'], 9000), [['2']]);
  });

  it('never fails on damaged frames', () => {
    const sound = [
      hex(vectors.loginStep1.hex),
      hex(vectors.frames.stdxmlGetDeviceInfo),
      alarmV30({ type: 3, channels: [1] }),
      reply(1, '<a/>'),
    ];
    const segments = sound.flatMap((frame) =>
      [4, 7, 11, 12, 15, 20, 35, 43, 51].flatMap((at) => (at < frame.length ? [device(damage(frame, at, 0xff))] : [])),
    );
    const errors = shown(segments, ['_ws.lua.error', '_ws.lua.text', '_ws.malformed']);
    for (const row of errors) assert.equal(row.join(''), '');
  });
});

/** tshark writes booleans as `1` and `0`, newer ones as `True` and `False`. */
const booleansAreWords = /^TShark \(Wireshark\) (?:4\.[2-9]|[5-9])/.test(version.stdout ?? '');
const trueWord = booleansAreWords ? 'True' : '1';
const falseWord = booleansAreWords ? 'False' : '0';

const loginValue = {
  seed: 1,
  retVal: 1,
  sdkVersion: 0x0501_3d4b,
  userId: 9,
  serial: 'DS-1',
  deviceType: 31,
  analogChannels: 1,
  firstChannel: 1,
  alarmInputs: 1,
  alarmOutputs: 1,
  disks: 1,
  protocols: 3,
  voiceChannels: 1,
  ipChannels: 0,
  subProtocol: 0,
  zeroChannels: 0,
  abilities: 0,
};
