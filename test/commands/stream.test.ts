import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { stream } from '../../lib/commands/stream';
import { context, device, failureOf, OK, refusal, reply, run, type Responder } from '../support/steps';

const LIST = '/ISAPI/Streaming/channels';
const list = (respond: Responder) => run(stream.list.isapi({}, context()), respond);

const one = (id: number, fields = '') => `<StreamingChannel><id>${id}</id>${fields}</StreamingChannel>`;

describe('stream.list', () => {
  it('reads codec, size, rates and sound', () => {
    const document = `<StreamingChannelList>${one(
      102,
      `<channelName>Gate</channelName><enabled>true</enabled><Video><videoCodecType>H.265</videoCodecType>
       <videoResolutionWidth>640</videoResolutionWidth><videoResolutionHeight>480</videoResolutionHeight>
       <videoQualityControlType>VBR</videoQualityControlType><constantBitRate>512</constantBitRate><vbrUpperCap>256</vbrUpperCap>
       <maxFrameRate>1250</maxFrameRate><keyFrameInterval>4000</keyFrameInterval><GovLength>50</GovLength>
       <PacketType>PS</PacketType><PacketType>RTP</PacketType></Video><Audio><enabled>false</enabled></Audio>`,
    )}</StreamingChannelList>`;
    expect(list(device({ [LIST]: document })).result).toEqual([
      {
        streamId: 102,
        channel: 1,
        number: 2,
        name: 'Gate',
        enabled: true,
        codec: 'H.265',
        width: 640,
        height: 480,
        frameRate: 12.5,
        bitrateKbps: 256,
        bitrateControl: 'VBR',
        keyFrameIntervalMs: 4000,
        audio: false,
        smartCodec: null,
      },
    ]);
  });

  it('has null for what a recorder leaves out, and for its full rate', () => {
    const document = `<StreamingChannelList>${one(
      901,
      '<channelName>901</channelName><Video><maxFrameRate>0</maxFrameRate><GovLength>50</GovLength></Video>',
    )}</StreamingChannelList>`;
    const [found] = list(device({ [LIST]: document })).result ?? [];
    expect(found).toMatchObject({ channel: 9, number: 1, name: null, frameRate: null, keyFrameIntervalMs: null });
    for (const value of Object.values(found ?? {})) expect(value).not.toBeUndefined();
  });

  it('counts the key frames in time where the device counts them in frames', () => {
    const document = `<StreamingChannelList>${one(
      101,
      '<Video><maxFrameRate>1000</maxFrameRate><GovLength>40</GovLength></Video>',
    )}</StreamingChannelList>`;
    expect(list(device({ [LIST]: document })).result?.[0]?.keyFrameIntervalMs).toBe(4000);
  });

  it('numbers the streams 1, 2, 3 of each input', () => {
    const from = (id: number, input: number) =>
      one(id, `<Video><videoInputChannelID>${input}</videoInputChannelID></Video>`);
    const document = `<StreamingChannelList>${from(1, 1)}${from(2, 1)}${from(3, 2)}${one(0)}${one(1)}</StreamingChannelList>`;
    expect(list(device({ [LIST]: document })).result?.map((s) => [s.streamId, s.channel, s.number])).toEqual([
      [1, 1, 1],
      [2, 1, 2],
      [3, 2, 1],
    ]);
  });

  it('asks for the streams of every known channel where there is no list', () => {
    const respond = device({
      '/ISAPI/ContentMgmt/InputProxy/channels':
        '<L><InputProxyChannel><id>1</id></InputProxyChannel><InputProxyChannel><id>4</id></InputProxyChannel><InputProxyChannel><id>5</id></InputProxyChannel></L>',
      [`${LIST}/101`]: one(101),
      [`${LIST}/102`]: one(102),
      [`${LIST}/104`]: one(104),
      [`${LIST}/401`]: refusal(403, 4, 'Invalid Operation', 'notSupport'),
      [`${LIST}/501`]: one(501),
      [`${LIST}/502`]: one(502),
      [`${LIST}/504`]: one(504),
    });
    const { result, log } = list(respond);
    expect(result?.map((s) => s.streamId)).toEqual([101, 102, 104, 501, 502, 504]);
    // The first channel has no third stream, so the others are not asked for theirs.
    expect(log).toContain(`GET ${LIST}/103`);
    expect(log).not.toContain(`GET ${LIST}/503`);
  });

  it('is empty on a recorder without cameras and refused on a device without video', () => {
    const empty = device({ '/ISAPI/ContentMgmt/InputProxy/channels': '<InputProxyChannelList/>' });
    expect(list(empty).result).toEqual([]);
    expect(failureOf(() => list(device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('stream.rtspUrl', () => {
  const url = (given: Record<string, unknown>, respond: Responder = device({}), ctx = context()) =>
    run(stream.rtspUrl.isapi(checkArguments('stream.rtspUrl', stream.rtspUrl.params, given), ctx), respond).result;

  const accesses = (port: string) =>
    device({
      '/ISAPI/Security/adminAccesses': `<AdminAccessProtocolList>
      <AdminAccessProtocol><protocol>HTTP</protocol><portNo>80</portNo></AdminAccessProtocol>
      <AdminAccessProtocol><protocol>rtsp</protocol><portNo>${port}</portNo></AdminAccessProtocol></AdminAccessProtocolList>`,
    });

  it('names channel and stream', () => {
    expect(url({})).toBe('rtsp://192.0.2.10:554/Streaming/Channels/101');
    expect(url({ channel: 12, stream: 'third' })).toBe('rtsp://192.0.2.10:554/Streaming/Channels/1203');
  });

  it('has the port of the device, 554 where it does not say', () => {
    expect(url({ stream: 'sub' }, accesses('10554'))).toBe('rtsp://192.0.2.10:10554/Streaming/Channels/102');
    for (const port of ['', '0', '70000', 'x']) expect(url({}, accesses(port))).toContain(':554/');
  });

  it('holds neither user nor password unless asked', () => {
    const ctx = context({ username: 'admin', password: () => expect.fail('the password was read') });
    expect(url({}, device({}), ctx)).not.toContain('admin');
  });

  it('escapes user and password when asked', () => {
    const ctx = context({ username: 'a:b@c', password: () => "p/ä ?#!'" });
    expect(url({ withPassword: true }, device({}), ctx)).toBe(
      'rtsp://a%3Ab%40c:p%2F%C3%A4%20%3F%23%21%27@192.0.2.10:554/Streaming/Channels/101',
    );
  });

  it('puts IPv6 in brackets', () => {
    expect(url({}, device({}), context({ host: '2001:db8::1' }))).toBe(
      'rtsp://[2001:db8::1]:554/Streaming/Channels/101',
    );
    expect(url({}, device({}), context({ host: 'fe80::1%eth0' }))).toContain('rtsp://[fe80::1%25eth0]:554/');
    expect(url({}, device({}), context({ host: '[2001:db8::1]' }))).toContain('rtsp://[2001:db8::1]:554/');
    expect(url({}, device({}), context({ host: 'camera.example' }))).toContain('rtsp://camera.example:554/');
  });

  it('does not hide that the password is wrong', () => {
    expect(failureOf(() => url({}, () => reply(401))).code).toBe('HIK_AUTHENTICATION');
  });
});

describe('stream.requestKeyFrame', () => {
  it('asks for one', () => {
    const path = 'PUT /ISAPI/Streaming/channels/302/requestKeyFrame';
    const { result, log } = run(
      stream.requestKeyFrame.isapi({ channel: 3, stream: 'sub' }, context()),
      device({ [path]: OK }),
    );
    expect(log).toEqual([path]);
    expect(result).toEqual({ channel: 3, streamId: 302 });
  });
});
