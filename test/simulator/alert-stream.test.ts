import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseXml, textAt } from '../../lib/codec/xml';
import { SCENARIO_NAMES, type SimulatorOptions } from '../../lib/simulator';
import { planReplay } from '../../lib/simulator/replay';
import { capturesFolder } from '../support/captures';
import { until, type Incoming } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { clientOf, simulator } from '../support/simulators';

interface Part {
  readonly head: string;
  readonly body: Buffer;
}

/** Cuts by Content-Length and nothing else: what is between the parts has to be nothing. */
function parts(bytes: Buffer, boundary = 'boundary'): Part[] {
  const found: Part[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    const head = bytes.toString('latin1', at, headEnd);
    expect(head.startsWith(`--${boundary}\r\n`), `delimiter at ${at}`).toBe(true);
    const length = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
    const body = bytes.subarray(headEnd + 4, headEnd + 4 + length);
    found.push({ head, body });
    at = headEnd + 4 + length;
    // The line end behind a picture is not counted in its length (isapi.md §6.2, quirk 2).
    if (head.includes('image/') && bytes.toString('latin1', at, at + 2) === '\r\n') at += 2;
  }
  return found;
}

const documents = (incoming: Incoming) => parts(incoming.bytes).map((part) => parseXml(part.body));
const types = (incoming: Incoming) =>
  documents(incoming).map((document) => `${textAt(document, 'eventType')} ${textAt(document, 'eventState')}`);

async function opened(
  device: 'camera' | 'nvr' | 'doorstation' = 'camera',
  options: Omit<SimulatorOptions, 'device' | 'clock'> = {},
) {
  const clock = new FakeClock(Date.parse('2024-05-01T12:00:00Z'));
  const running = await simulator(device, { clock, ...options });
  const incoming = await clientOf(running).stream();
  return { clock, running, incoming };
}

describe('the answer', () => {
  it('has the head of a device, no length and no chunks', async () => {
    const { incoming, running } = await opened();
    const { statusCode, headers } = incoming.message;
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('multipart/mixed; boundary=boundary');
    expect(headers['mime-version']).toBe('1.0');
    expect(headers.connection).toBe('close');
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('content-length');
    expect(running.streams).toBe(1);
    incoming.message.destroy();
    await until(() => running.streams === 0, 'the stream is forgotten');
  });

  it('is refused to the seventeenth', async () => {
    const running = await simulator();
    const client = clientOf(running);
    for (let index = 0; index < 16; index++) await client.stream();
    const refused = await client.get('/ISAPI/Event/notification/alertStream');
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('deployExceedMax');
    expect(running.streams).toBe(16);
  });
});

describe('parts', () => {
  it('of a camera: CRLF, the length up to the next delimiter', async () => {
    const { incoming, running } = await opened();
    running.sendEvent({ eventType: 'VMD', channelName: 'Tür & Tor' });
    running.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    await until(() => incoming.text.includes('inactive'), 'two parts');
    const [first, second] = parts(incoming.bytes);
    expect(first?.head).toBe(
      `--boundary\r\nContent-Type: application/xml; charset="UTF-8"\r\nContent-Length: ${first?.body.length}`,
    );
    const text = first?.body.toString('utf8') ?? '';
    expect(text.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/);
    expect(text.endsWith('</EventNotificationAlert>\r\n')).toBe(true);
    const document = parseXml(text);
    expect(textAt(document, 'channelID')).toBe('1');
    expect(textAt(document, 'channelName')).toBe('Tür & Tor');
    expect(textAt(document, 'dateTime')).toBe('2024-05-01T20:00:00+08:00');
    expect(textAt(document, 'eventDescription')).toBe('Motion alarm');
    // One counter over all kinds, which `inactive` does not move.
    expect(textAt(document, 'activePostCount')).toBe('1');
    expect(textAt(parseXml(second?.body ?? ''), 'activePostCount')).toBe('1');
  });

  it('of a recorder: LF, dynChannelID, protocolType with both ids for smart events', async () => {
    const { incoming, running } = await opened('nvr');
    running.sendEvent({ eventType: 'VMD', channel: 5 });
    const targetRect = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
    running.sendEvent({
      eventType: 'linedetection',
      channel: 2,
      regions: [{ id: 1, points: [{ x: 1, y: 2 }], target: 'human', targetRect }],
    });
    await until(() => incoming.text.includes('linedetection alarm'), 'two parts');
    expect(incoming.text).toContain('</EventNotificationAlert>\n--boundary\r\n');
    const [motion, line] = documents(incoming);
    expect([textAt(motion, 'dynChannelID'), textAt(motion, 'channelID'), textAt(motion, 'protocol')]).toEqual([
      '5',
      null,
      'HTTP',
    ]);
    expect([textAt(line, 'dynChannelID'), textAt(line, 'channelID'), textAt(line, 'protocolType')]).toEqual([
      '2',
      '2',
      'HTTP',
    ]);
    const entry = 'DetectionRegionList/DetectionRegionEntry';
    expect(textAt(line, `${entry}/detectionTarget`)).toBe('human');
    expect(textAt(line, `${entry}/TargetRect/width`)).toBe('0.300000');
    expect(textAt(line, `${entry}/RegionCoordinatesList/RegionCoordinates/positionY`)).toBe('2');
  });

  it('of a door station: JSON with its picture behind it', async () => {
    const { incoming, running } = await opened('doorstation');
    expect(incoming.message.headers['content-type']).toBe('multipart/mixed; boundary=MIME_boundary');
    const data = Buffer.from('\xff\xd8 --MIME_boundary \r\n\xff\xd9', 'latin1');
    running.sendEvent({
      eventType: 'AccessControllerEvent',
      channel: null,
      json: { AccessControllerEvent: { doorNo: 1 } },
      pictures: [{ data }],
    });
    await until(() => incoming.bytes.includes(data), 'the picture');
    const [event, picture] = parts(incoming.bytes, 'MIME_boundary');
    expect(event?.head).toContain('application/json');
    expect(JSON.parse(event?.body.toString('utf8') ?? '')).toMatchObject({
      eventType: 'AccessControllerEvent',
      eventDescription: 'Access Controller Event',
      AccessControllerEvent: { doorNo: 1 },
    });
    expect(picture?.head).toContain('Content-Disposition: form-data; name="Picture"; filename="Picture.jpg"');
    expect(picture?.head).toContain('Content-ID: pictureImage');
    expect(picture?.body.equals(data)).toBe(true);
  });

  it('can be documents and bytes of somebody else', async () => {
    const { incoming, running } = await opened();
    running.sendEvent('<EventNotificationAlert><eventType>mine</eventType></EventNotificationAlert>');
    running.sendEvent('{"eventType":"mine too"}');
    running.sendEvent(Buffer.from([0, 1, 2, 3]));
    await until(() => incoming.bytes.includes(Buffer.from([0, 1, 2, 3])), 'the bytes');
    const [xml, json] = parts(incoming.bytes.subarray(0, -4));
    expect(xml?.head).toContain('application/xml');
    expect(json?.head).toContain('application/json');
  });

  it('go to all streams, and to nobody where there is none', async () => {
    const running = await simulator();
    running.sendEvent({ eventType: 'VMD' });
    const client = clientOf(running);
    const both = [await client.stream(), await client.stream()];
    running.sendEvent({ eventType: 'duration', relationEvent: 'fielddetection' });
    for (const incoming of both) {
      await until(() => incoming.text.includes('</EventNotificationAlert>'), 'the part');
      expect(types(incoming)).toEqual(['duration active']);
      expect(incoming.text).toContain('<relationEvent>fielddetection</relationEvent>');
    }
  });
});

describe('heartbeats', () => {
  it('come after 10 s of silence only', async () => {
    const { clock, incoming, running } = await opened();
    await clock.advance(9_999);
    expect(incoming.text).toBe('');
    await clock.advance(1);
    await until(() => incoming.bytes.length > 0, 'the first');
    await clock.advance(6_000);
    running.sendEvent({ eventType: 'VMD' });
    await clock.advance(9_999);
    await until(() => types(incoming).length === 2, 'the event');
    await clock.advance(1);
    await until(() => types(incoming).length === 3, 'the second');
    expect(types(incoming)).toEqual(['videoloss inactive', 'VMD active', 'videoloss inactive']);
    expect(textAt(documents(incoming)[0], 'activePostCount')).toBe('0');
  });

  it('come in their own time, or never', async () => {
    const quick = await opened('nvr', { heartbeatMs: 1_000 });
    await quick.clock.advance(3_000);
    await until(() => documents(quick.incoming).length === 3, 'three');
    expect(textAt(documents(quick.incoming)[0], 'channelID')).toBe('0');
    const never = await opened('camera', { heartbeatMs: 0 });
    await never.clock.advance(600_000);
    expect(never.incoming.text).toBe('');
  });
});

describe('scenarios', () => {
  it('play in rounds until they are stopped', async () => {
    const { clock, incoming, running } = await opened('camera', { heartbeatMs: 0 });
    running.playScenario('camera');
    await clock.advance(40_000);
    const round = [
      ...new Array<string>(7).fill('VMD active'),
      'VMD inactive',
      ...new Array<string>(3).fill('linedetection active'),
      'linedetection inactive',
    ];
    await until(() => types(incoming).length === round.length, 'one round');
    expect(types(incoming)).toEqual(round);
    await clock.advance(40_000);
    await until(() => types(incoming).length === 2 * round.length, 'the next');
    running.playScenario(null);
    await clock.advance(80_000);
    expect(types(incoming)).toHaveLength(2 * round.length);
  });

  it('of a recorder: several channels, and never an end', async () => {
    const { clock, incoming, running } = await opened('nvr', { heartbeatMs: 0 });
    running.playScenario('nvr');
    await clock.advance(59_999);
    await until(() => types(incoming).length === 29, 'one round');
    const told = new Set(
      documents(incoming).map((each) => `${textAt(each, 'eventType')} ${textAt(each, 'dynChannelID')}`),
    );
    expect([...told].sort()).toEqual(['VMD 1', 'VMD 3', 'VMD 5', 'linedetection 2', 'videoloss 8']);
    expect(incoming.text).not.toContain('inactive');
  });

  it('of a door station: the bell with a picture', async () => {
    const { clock, incoming, running } = await opened('doorstation', { heartbeatMs: 0 });
    running.playScenario('doorstation');
    await clock.advance(3_000);
    await until(() => incoming.bytes.includes(Buffer.from([0xff, 0xd9])), 'the picture');
    const [event, picture] = parts(incoming.bytes, 'MIME_boundary');
    expect(JSON.parse(event?.body.toString('utf8') ?? '')).toMatchObject({
      AccessControllerEvent: { majorEventType: 5, subEventType: 37, currentEvent: true, picturesNumber: 1 },
    });
    expect(picture?.head).toContain('image/jpeg');
  });

  it('start over when another one is asked for', async () => {
    const { clock, running } = await opened('camera', { heartbeatMs: 0 });
    for (const name of SCENARIO_NAMES) running.playScenario(name);
    expect(clock.pending).toBeLessThan(5);
  });
});

describe('replays', () => {
  const part = (time: string | null, name: string) =>
    `--boundary\r\nContent-Type: application/xml\r\nContent-Length: 9\r\n\r\n<a>${
      time === null ? '' : `<dateTime>${time}</dateTime>`
    }${name}</a>\r\n`;
  const capture = Buffer.from(
    part('2021-07-02T14:00:00+08:00', 'one') +
      part('2021-07-02T14:00:10+08:00', 'two') +
      part(null, 'picture of two') +
      part('2021-07-02T14:00:09+08:00', 'late') +
      part('2021-07-02T19:00:00+08:00', 'clock was set') +
      '--boundary\r\nContent-Type: application/xml\r\n\r\n<a><dateTime>2021-07-02T19:00:024+',
  );

  it('go by the time in the parts', async () => {
    const { clock, incoming } = await opened('camera', { stream: { bytes: capture, speed: 10 } });
    await until(() => incoming.text.includes('one'), 'the first at once');
    await clock.advance(999);
    expect(incoming.text).not.toContain('two');
    await clock.advance(1);
    await until(() => incoming.text.includes('clock was set'), 'what has no gap of its own');
    await clock.advance(200);
    await until(() => incoming.bytes.length >= capture.length, 'the rest');
    expect(incoming.bytes.subarray(0, capture.length).equals(capture)).toBe(true);
  });

  it('begin on a new line after a capture that was cut off', async () => {
    const { clock, incoming } = await opened('camera', { stream: { bytes: capture, speed: Infinity } });
    await until(() => incoming.bytes.length >= capture.length, 'the capture');
    await clock.advance(10_000);
    await until(() => incoming.text.includes('videoloss'), 'a heartbeat');
    expect(incoming.text.slice(capture.length, capture.length + 14)).toBe('\r\n--boundary\r\n');
  });

  it('start over on each stream', async () => {
    const { running, incoming } = await opened('nvr', { stream: { bytes: capture, speed: Infinity }, heartbeatMs: 0 });
    const second = await clientOf(running).stream();
    await until(() => second.bytes.length === capture.length, 'the second');
    expect(second.bytes.equals(capture)).toBe(true);
    expect(incoming.bytes.equals(capture)).toBe(true);
  });

  it('take a second for each part where no part has a time', () => {
    const untimed = Buffer.from(part(null, 'a') + part(null, 'b') + part(null, 'c'));
    expect(planReplay(untimed).map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000]);
  });

  it('read times as devices write them', () => {
    const times = [
      '2019-11-17T17:53:4200:00',
      '2019-11-17T17:53:43.500+01:00',
      '2019-11-17 17:53:44',
      '1970-01-01T00:00:00Z',
    ];
    const bytes = Buffer.from(
      times.map((time) => `--x\r\n\r\n{"dateTime":\t"${time}"}\r\n`).join('') + '--x\r\n\r\n{"dateTime" : "none"}\r\n',
    );
    expect(planReplay(bytes).map(({ atMs }) => atMs)).toEqual([0, 1_500, 2_000, 2_000, 2_000]);
  });

  it('leave nothing out: any bytes are cut into pieces that make them up', () => {
    for (const text of [
      '',
      'no delimiter',
      '--',
      '--a\n',
      'HTTP/1.1 200 OK\r\n\r\n--a\r\nx\n--a--\r\n--a\r\n',
      '<a/>\n<a/>',
    ]) {
      const bytes = Buffer.from(text);
      const pieces = planReplay(bytes);
      expect(Buffer.concat(pieces.map(({ from, to }) => bytes.subarray(from, to))).equals(bytes), text).toBe(true);
    }
  });

  it('want a speed above 0', async () => {
    await expect(simulator('camera', { stream: { bytes: capture, speed: 0 } })).rejects.toThrow(RangeError);
  });

  it('wait for a client that reads slowly', async () => {
    const bytes = Buffer.from(part('2021-07-02T14:00:00Z', 'x'.repeat(20_000)).repeat(2_000));
    const { incoming } = await opened('camera', { stream: { bytes, speed: Infinity }, heartbeatMs: 0 });
    incoming.message.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Counted, not kept: it is a lot.
    let size = incoming.bytes.length;
    expect(size).toBeLessThan(bytes.length / 2);
    incoming.message.removeAllListeners('data');
    incoming.message.on('data', (chunk: Buffer) => (size += chunk.length));
    incoming.message.resume();
    await until(() => size === bytes.length, 'all of it', 10_000);
  });
});

const captures = capturesFolder();

describe.skipIf(captures === undefined)('every captured stream', () => {
  const folder = join(captures ?? '', 'streams');
  const files = captures === undefined ? [] : readdirSync(folder);
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    it(`${file} is replayed byte for byte, at once`, async () => {
      const { incoming } = await opened('camera', { stream: { bytes, speed: Infinity }, heartbeatMs: 0 });
      await until(() => incoming.bytes.length >= bytes.length, 'all of it');
      expect(incoming.bytes.equals(bytes)).toBe(true);
    });

    it(`${file} is replayed byte for byte, by its own time`, async () => {
      const { clock, incoming } = await opened('camera', { stream: { bytes, speed: 60 }, heartbeatMs: 0 });
      await clock.advance(3_600_000);
      await until(() => incoming.bytes.length >= bytes.length, 'all of it');
      expect(incoming.bytes.equals(bytes)).toBe(true);
    });
  }

  it('takes the time that it took: 64 minutes of a camera', () => {
    const pieces = planReplay(readFileSync(join(folder, 'DS-2CD2185FWD-I.bin')));
    expect(pieces).toHaveLength(770);
    const minutes = (pieces[pieces.length - 1]?.atMs ?? 0) / 60_000;
    expect(minutes).toBeGreaterThan(60);
    expect(minutes).toBeLessThan(66);
  });
});
