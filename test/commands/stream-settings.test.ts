/** Settings of a stream, the address of a recording, viewers. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import type { Command } from '../../lib/commands/command';
import { registry } from '../../lib/commands/registry';
import { errorOf, hikvisionClient } from '../support/clients';
import { simulator } from '../support/simulators';
import { context, device, failureOf, OK, run, type Responder } from '../support/steps';

const { stream } = registry;
const PATH = '/ISAPI/Streaming/channels/101';

function call(name: keyof typeof stream, args: Record<string, unknown>, respond: Responder) {
  const command = stream[name] as unknown as Command;
  return run(command.isapi(checkArguments(name, command.params, args), context()), respond);
}

const document = (id: number, more = '') =>
  `<StreamingChannel xmlns="urn:x" version="1.0"><id>${id}</id><Video><videoCodecType>H.265</videoCodecType>` +
  `<videoQualityControlType>VBR</videoQualityControlType>${more}<vbrUpperCap>2048</vbrUpperCap><maxFrameRate>0</maxFrameRate>` +
  '<own>1</own></Video></StreamingChannel>';

describe('a stream', () => {
  it('of another number is none: some cameras answer so', () => {
    const respond = device({ '/ISAPI/Streaming/channels/103': document(101) });
    const error = failureOf(() => call('get', { stream: 'third' }, respond));
    expect([error.code, error.message]).toEqual(['HIK_UNSUPPORTED', expect.stringContaining('stream 101')]);
    expect(failureOf(() => call('get', {}, device({ [PATH]: '<Other/>' }))).code).toBe('HIK_UNSUPPORTED');
  });

  it('is written whole, and both bit rates where there are two', () => {
    const both = document(101, '<constantBitRate>2048</constantBitRate>');
    for (const [was, isBoth] of [
      [both, true],
      [document(101), false],
    ] as const) {
      const respond = device({ [`GET ${PATH}`]: was, [`PUT ${PATH}`]: OK });
      const body = String(
        call('set', { bitrateKbps: 1_000 }, respond).requests.find(({ method }) => method === 'PUT')?.body,
      );
      expect(body).toContain('<vbrUpperCap>1000</vbrUpperCap>');
      expect(body.includes('<constantBitRate>1000</constantBitRate>')).toBe(isBoth);
      for (const kept of ['xmlns="urn:x"', '<own>1</own>', '<maxFrameRate>0</maxFrameRate>'])
        expect(body).toContain(kept);
    }
  });

  it('without smart codec or audio says so', () => {
    const respond = device({ [`GET ${PATH}`]: document(101), [`PUT ${PATH}`]: OK });
    for (const args of [{ smartCodec: true }, { audio: true }])
      expect(failureOf(() => call('set', args, respond)).code).toBe('HIK_UNSUPPORTED');
  });

  it('keeps what was set, in the device and in its binary form', async () => {
    const client = hikvisionClient(await simulator('camera'));
    const wanted = {
      codec: 'h.264',
      width: 1_920,
      height: 1_080,
      frameRate: 12.5,
      bitrateKbps: 3_000,
      smartCodec: true,
    };
    expect(
      await client.stream.set({ ...wanted, keyFrameIntervalFrames: 25, bitrateControl: 'CBR', audio: false }),
    ).toMatchObject({
      ...wanted,
      codec: 'H.264',
      bitrateControl: 'CBR',
      keyFrameIntervalMs: 2_000,
      audio: false,
      rebootRequired: false,
    });
    expect(await client.stream.get()).toMatchObject({ codec: 'H.264', width: 1_920, bitrateKbps: 3_000 });
    expect((await client.stream.list())[0]).toMatchObject({ codec: 'H.264', frameRate: 12.5, smartCodec: true });
  });

  it('names what is allowed, all at once', async () => {
    const client = hikvisionClient(await simulator('camera'));
    const { message } = await errorOf(
      client.stream.set({ codec: 'AV1', width: 1_920, height: 720, frameRate: 17, bitrateKbps: 999_999 }),
    );
    for (const part of ['H.264, H.265', '2560x1440, 1920x1080, 1280x720', '25, 22, 20', 'from 32 to 16384'])
      expect(message).toContain(part);
    expect((await errorOf(client.stream.set({ width: 640 }))).message).toContain('width and height together');
  });
});

describe('viewers', () => {
  it('are listed', () => {
    const item =
      '<StreamingSessionStatus><clientAddress><ipAddress>192.0.2.5</ipAddress></clientAddress></StreamingSessionStatus>';
    const list = (content: string) =>
      device({ '/ISAPI/Streaming/status': `<StreamingSessionStatusList>${content}</StreamingSessionStatusList>` });
    expect(call('listViewers', {}, list(item)).result).toEqual([{ address: '192.0.2.5', user: null, streamId: null }]);
    expect(call('listViewers', {}, list('')).result).toEqual([]);
    expect(failureOf(() => call('listViewers', {}, device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});
