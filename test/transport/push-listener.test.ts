import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { HikvisionEvent } from '../../lib/events/event';
import { EventPump } from '../../lib/session/event-pump';
import { systemClock } from '../../lib/clock';
import {
  PUSH_MAX_BODY_BYTES,
  PUSH_MAX_PENDING_BYTES,
  PUSH_NONCE_MS,
  PUSH_SILENCE_MS,
  PUSH_TOTAL_MS,
} from '../../lib/settings';
import { digestAuthorization, parseChallenges, type DigestChallenge } from '../../lib/transport/digest';
import { PushListener, type PushListenerOptions, type PushReceiver } from '../../lib/transport/push-listener';
import { turns } from '../support/clients';
import { until } from '../support/digest-client';
import { FakeClock, settle } from '../support/fake-clock';
import { capturesFolder } from '../support/captures';

const folder = capturesFolder();
const TOKEN = 'T0ken-of-the-gate-camera';
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const motion = (changes = '') =>
  `<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><ipAddress>192.0.2.7</ipAddress>` +
  `<macAddress>02:00:00:00:00:07</macAddress><channelID>1</channelID><dateTime>2024-05-01T20:00:00+08:00</dateTime>` +
  `<activePostCount>1</activePostCount><eventType>VMD</eventType><eventState>active</eventState>` +
  `<eventDescription>Motion alarm</eventDescription>${changes}</EventNotificationAlert>`;

/** A multipart body as devices build it. */
function multipart(...parts: readonly [string, string, Buffer | string][]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(([name, type, body]) => [
      Buffer.from(
        `--boundary\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${type}\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
      ),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--boundary--\r\n'),
  ]);
}

async function listening(
  options: Partial<PushListenerOptions> = {},
  receiver: Partial<PushReceiver> = {},
  clock = options.clock ?? systemClock,
) {
  const listener = new PushListener({ clock, ...options });
  open.push(listener);
  const pump = new EventPump({
    clock,
    device: () => ({ name: 'gate', host: '192.0.2.7', serial: null, model: null }),
    warn: () => undefined,
  });
  open.push(pump);
  const events: HikvisionEvent[] = [];
  pump.subscribe((event) => events.push(event));
  const inlet = pump.inlet('push');
  inlet.begin();
  listener.register({ token: TOKEN, body: () => inlet.body(), ...receiver });
  await listener.listen({ host: '127.0.0.1', port: 0 });
  return { listener, pump, events, inlet };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string | null;
  readonly headers?: Record<string, string>;
  readonly chunked?: boolean;
  /** Where the body is cut in two. */
  readonly cutAt?: number | undefined;
}

function send(listener: PushListener, body: Buffer | string, sent: Sent = {}) {
  const {
    path = `/hsp/${TOKEN}`,
    method = 'POST',
    type = 'application/xml',
    headers = {},
    chunked = false,
    cutAt,
  } = sent;
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const request = httpRequest({ port: listener.port, host: '127.0.0.1', method, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on('error', reject);
    if (type !== null) request.setHeader('Content-Type', type);
    if (!chunked) request.setHeader('Content-Length', Buffer.byteLength(body));
    for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
    if (cutAt === undefined) request.end(body);
    else {
      request.setNoDelay(true);
      request.write(body.slice(0, cutAt));
      // What follows comes in a chunk of its own.
      setTimeout(() => request.end(body.slice(cutAt)), 20);
    }
  });
}

/** A socket that says exactly this. */
async function raw(
  listener: PushListener,
  text: string,
): Promise<{ socket: Socket; said: () => string; isOver: () => boolean }> {
  const socket = connect(listener.port, '127.0.0.1');
  open.push({ close: () => void socket.destroy() });
  let said = '';
  let isOver = false;
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (isOver = true));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(text);
  return { socket, said: () => said, isOver: () => isOver };
}

it('turns away what grows beyond the bound of all pushes together, though each began while there was room', async () => {
  const ends: number[] = [];
  const body = () => {
    let pendingBytes = 0;
    return {
      get pendingBytes() {
        return pendingBytes;
      },
      push: (chunk: Buffer) => (pendingBytes += chunk.length * PUSH_MAX_PENDING_BYTES * 0.06),
      end: () => void ends.push(pendingBytes),
    };
  };
  const { listener } = await listening({}, { body });
  const head = `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n`;
  const first = await raw(listener, head);
  const second = await raw(listener, head);
  first.socket.write('0123456789');
  second.socket.write('0123456789');
  await until(() => first.said() + second.said() !== '', 'an answer');
  expect(first.said() + second.said()).toMatch(/^HTTP\/1\.1 503 /);
  expect(listener.counters).toEqual({ pushes: 0, refused: 0, cut: 0, busy: 1 });
  // What is over has made room.
  (first.said() === '' ? first : second).socket.destroy();
  await until(() => ends.length === 2, 'both ends');
  const third = await raw(listener, head);
  third.socket.write('0123456789');
  third.socket.end();
  await until(() => ends.length === 3, 'the third end');
  expect(listener.counters.busy).toBe(1);
});

describe('what devices push', () => {
  it.each<[string, Buffer | string, Sent]>([
    ['plain XML', motion(), {}],
    ['plain XML in chunks', motion(), { chunked: true }],
    ['XML without a Content-Type', motion(), { type: null }],
    ['XML as text', motion(), { type: 'text/xml; charset="UTF-8"' }],
    ['with PUT', motion(), { method: 'PUT' }],
    ['behind a path of its own', motion(), { path: `/hsp/${TOKEN}/ISAPI/Event` }],
    ['behind the prefix of another server', motion(), { path: `/red/hsp/${TOKEN}` }],
    [
      'JSON',
      JSON.stringify({ eventType: 'VMD', eventState: 'active', channelID: 1, dateTime: '2024-05-01T20:00:00+08:00' }),
      { type: 'application/json' },
    ],
    [
      'multipart',
      multipart(['MoveDetection.xml', 'application/xml', motion()]),
      { type: 'multipart/form-data; boundary=boundary' },
    ],
    [
      'multipart that announces another boundary',
      multipart(['VMD', 'text/xml', motion()]),
      { type: 'multipart/form-data; boundary=other' },
    ],
    [
      'a query instead of a document',
      '',
      { path: `/hsp/${TOKEN}?eventType=VMD&channelID=1&dateTime=2024-05-01T20:00:00` },
    ],
  ])('%s', async (_what, body, sent) => {
    const { listener, events } = await listening();
    expect(await send(listener, body, sent)).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '0' },
    });
    expect(events.map(({ kind, state, channel, source }) => [kind, state, channel, source])).toEqual([
      ['motion', 'start', 1, 'push'],
    ]);
    expect(listener.counters).toEqual({ pushes: 1, refused: 0, cut: 0, busy: 0 });
  });

  it('pictures come with their event', async () => {
    const { listener, events } = await listening();
    const announced = motion('<detectionPicturesNumber>2</detectionPicturesNumber>');
    const body = multipart(
      ['MoveDetection.xml', 'application/xml', announced],
      ['detectionPicture.jpg', 'image/jpeg', JPEG],
      ['vehiclePicture.jpg', 'image/jpeg', JPEG],
    );
    await send(listener, body, { type: 'multipart/form-data; boundary=boundary' });
    expect(events[0]?.pictures.map(({ name }) => name)).toEqual(['detectionPicture.jpg', 'vehiclePicture.jpg']);
  });

  it('pictures that nobody announced come along too: the body ends, so there is nothing to wait for', async () => {
    const { listener, events } = await listening();
    const body = multipart(['anpr.xml', 'text/xml', motion()], ['licensePlatePicture.jpg', 'image/jpeg', JPEG]);
    await send(listener, body, { type: 'multipart/form-data; boundary=boundary' });
    expect(events[0]?.pictures.map(({ name }) => name)).toEqual(['licensePlatePicture.jpg']);
  });

  it('a picture before its document, as some firmware sends it', async () => {
    const { listener, pump, events } = await listening();
    const body = multipart(['detectionPicture.jpg', 'image/jpeg', JPEG], ['anpr.xml', 'text/xml', motion()]);
    await send(listener, body, { type: 'multipart/form-data; boundary=boundary' });
    expect(events[0]?.pictures.map(({ name, role }) => [name, role])).toEqual([['detectionPicture.jpg', 'scene']]);
    await send(listener, multipart(['detectionPicture.jpg', 'image/jpeg', JPEG]));
    expect(pump.counters.orphanPictures).toBe(1);
  });

  it.skipIf(folder === undefined)('a captured push of a plate', async () => {
    const { listener, events } = await listening();
    const body = readFileSync(join(folder ?? '', 'streams', 'push-ANPR.bin'));
    const { status } = await send(listener, body, { type: 'multipart/form-data; boundary=boundary' });
    expect(status).toBe(200);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ kind: 'plate', source: 'push' });
    expect(events[0]?.pictures.length).toBeGreaterThan(0);
  });

  it('one connection may push again and again', async () => {
    const { listener, events } = await listening();
    const one = `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: ${motion().length}\r\n\r\n${motion()}`;
    const { said, socket } = await raw(listener, one);
    await until(() => said().includes('200 OK'), 'the first answer');
    expect(said()).toMatch(/Connection: keep-alive/i);
    socket.write(one.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nConnection: close\r\n'));
    await until(() => said().split('200 OK').length === 3, 'the second answer');
    expect(events).toHaveLength(1); // a repeat
    expect(listener.counters.pushes).toBe(2);
  });

  it('waits for the word to go on where a device asks', async () => {
    const { listener, events } = await listening();
    const { said, socket } = await raw(
      listener,
      `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${motion().length}\r\n\r\n`,
    );
    await until(() => said().includes('100 Continue'), 'the word');
    socket.write(motion());
    await until(() => events.length === 1, 'the event');
  });
});

describe('who may push', () => {
  it('nobody without the secret of a device', async () => {
    const { listener, events } = await listening();
    for (const path of [
      '/',
      '/hsp/',
      '/hsp',
      '/hsp/wrong',
      '/hsp/..',
      `/other/${TOKEN}`,
      `/hsp/${TOKEN.toLowerCase()}`,
    ])
      expect(await send(listener, motion(), { path })).toMatchObject({ status: 404, body: '' });
    expect(events).toEqual([]);
    expect(listener.counters).toMatchObject({ pushes: 0, refused: 7 });
  });

  it('a device that was removed no longer', async () => {
    const { listener, inlet } = await listening();
    const handle = listener.register({ token: 'second', body: () => inlet.body() });
    expect((await send(listener, motion(), { path: '/hsp/second' })).status).toBe(200);
    handle.close();
    expect((await send(listener, motion(), { path: '/hsp/second' })).status).toBe(404);
  });

  const digest = { username: 'events', password: 'planted-secret' };

  /** Asks for the challenge, answers it. */
  async function pushWithDigest(
    listener: PushListener,
    password: string,
    body = motion(),
    at = '/anywhere?x=1',
    cutAt?: number,
  ) {
    const asked = await send(listener, body, { path: at });
    expect(asked.status).toBe(401);
    const [challenge] = parseChallenges([String(asked.headers['www-authenticate'])]);
    const authorization = digestAuthorization(challenge as DigestChallenge, {
      username: digest.username,
      password,
      method: 'POST',
      uri: at,
      nc: 1,
      cnonce: 'c',
    });
    return send(listener, body, { path: at, headers: { Authorization: authorization }, cutAt });
  }

  it('by digest, known by its address', async () => {
    const { listener, events } = await listening({ digest }, { addresses: ['127.0.0.1'] });
    expect((await pushWithDigest(listener, digest.password)).status).toBe(200);
    expect(events).toHaveLength(1);
    expect((await pushWithDigest(listener, 'wrong')).status).toBe(401);
    expect(events).toHaveLength(1);
  });

  it('by digest, known by the MAC address in its document', async () => {
    const { listener, events } = await listening({ digest }, { addresses: ['192.0.2.9'], mac: '02-00-00-00-00-07' });
    expect((await pushWithDigest(listener, digest.password)).status).toBe(200);
    expect(events).toHaveLength(1);
  });

  it.each([
    ['within its name', '<macAdd'],
    ['in front of it', '<macAddress>'],
    ['within it', '<macAddress>02:00:00:00:00'],
    ['behind it', '<macAddress>02:00:00:00:00:07'],
  ])('by digest, known by a MAC address that comes in two chunks, cut %s', async (_where, before) => {
    const { listener, events } = await listening({ digest }, { addresses: ['192.0.2.9'], mac: '02-00-00-00-00-07' });
    const body = motion();
    const cutAt = body.indexOf(before) + before.length;
    expect((await pushWithDigest(listener, digest.password, body, '/anywhere', cutAt)).status).toBe(200);
    expect(events).toHaveLength(1);
  });

  it('a device that proves itself and that nobody knows is refused', async () => {
    const { listener, events } = await listening({ digest }, { addresses: ['192.0.2.9'], mac: '02-00-00-00-00-08' });
    expect((await pushWithDigest(listener, digest.password)).status).toBe(403);
    expect((await pushWithDigest(listener, digest.password, '<a/>')).status).toBe(403);
    expect(events).toEqual([]);
  });

  it('an address alone proves nothing', async () => {
    const { listener } = await listening({}, { addresses: ['127.0.0.1'] });
    expect((await send(listener, motion(), { path: '/' })).status).toBe(404);
  });

  it('a nonce that is old, or not ours, is not taken', async () => {
    const clock = new FakeClock();
    const { listener } = await listening({ digest, clock }, { addresses: ['127.0.0.1'] });
    const asked = await send(listener, '', { path: '/' });
    const [challenge] = parseChallenges([String(asked.headers['www-authenticate'])]) as [DigestChallenge];
    const withNonce = (nonce: string) =>
      send(listener, motion(), {
        path: '/',
        headers: {
          Authorization: digestAuthorization(
            { ...challenge, nonce },
            { ...digest, method: 'POST', uri: '/', nc: 1, cnonce: 'c' },
          ),
        },
      });
    expect((await withNonce('0.0123456789abcdef0123456789abcdef')).status).toBe(401);
    expect((await withNonce(challenge.nonce)).status).toBe(200);
    await clock.advance(PUSH_NONCE_MS + 1);
    expect((await withNonce(challenge.nonce)).status).toBe(401);
  });
});

describe('bad senders', () => {
  it('two hundred at once with pictures: nothing is lost, and nothing is kept', async () => {
    const { listener, pump } = await listening();
    const picture = Buffer.concat([JPEG.subarray(0, -2), Buffer.alloc(60_000, 0x20), JPEG.subarray(-2)]);
    const plate = (index: number) =>
      `<EventNotificationAlert><eventType>ANPR</eventType><eventState>active</eventState><channelID>1</channelID>` +
      `<dateTime>2024-05-01T20:00:00+08:00</dateTime><picNum>1</picNum><ANPR><licensePlate>P${index}</licensePlate></ANPR></EventNotificationAlert>`;
    const plates = new Set<unknown>();
    let pictures = 0;
    pump.subscribe(({ details, pictures: with_ }) => {
      plates.add(details['plate']);
      pictures += with_.length;
    });
    const round = (from: number) =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          send(
            listener,
            multipart(
              ['anpr.xml', 'text/xml', plate(from + index)],
              ['licensePlatePicture.jpg', 'image/jpeg', picture],
            ),
            { type: 'multipart/form-data; boundary=boundary' },
          ),
        ),
      );
    const answers = [...(await round(0)), ...(await round(200))];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(plates.size).toBe(400);
    expect(pictures).toBe(400);
    expect(listener.counters).toEqual({ pushes: 400, refused: 0, cut: 0, busy: 0 });
  });

  it('a slow sender is cut off, and so is one that trickles', async () => {
    const clock = new FakeClock();
    const { listener } = await listening({ clock });
    const head = `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`;
    const slow = await raw(listener, head);
    const trickling = await raw(listener, head);
    await turns(5);
    await clock.advance(PUSH_SILENCE_MS - 1);
    trickling.socket.write('<');
    await turns(5);
    await clock.advance(2);
    await until(() => slow.isOver(), 'the slow one is cut off');
    expect(trickling.isOver()).toBe(false);
    for (let passed = 0; passed < PUSH_TOTAL_MS && !trickling.isOver(); passed += PUSH_SILENCE_MS / 2) {
      trickling.socket.write(' ');
      await turns(3);
      await clock.advance(PUSH_SILENCE_MS / 2);
    }
    await until(() => trickling.isOver(), 'the trickling one is cut off');
    expect(listener.counters).toMatchObject({ pushes: 0, cut: 2 });
    expect(slow.said()).toContain('408');
  });

  it.each([
    // What is too much for its length begins no push.
    ['announces less than it sends', (length: number) => length - 40, { pushes: 2, cut: 1 }],
    ['announces more than it sends, and goes', (length: number) => length + 40, { pushes: 1, cut: 1 }],
  ])('a sender that %s costs its own push, once', async (_what, lie, counted) => {
    const { listener, events } = await listening();
    const { socket } = await raw(
      listener,
      `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: ${lie(motion().length)}\r\n\r\n${motion()}`,
    );
    await settle(5);
    socket.end();
    await until(() => listener.counters.cut + listener.counters.pushes > 0, 'its end');
    expect((await send(listener, motion())).status).toBe(200);
    await until(() => events.length === 1, 'what the next one says');
    expect(listener.counters).toMatchObject(counted);
  });

  it('a body beyond all bounds is refused before it is read, and cut off when it did not say so', async () => {
    const { listener } = await listening();
    const said = await raw(
      listener,
      `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: ${PUSH_MAX_BODY_BYTES + 1}\r\n\r\n`,
    );
    await until(() => said.said().includes('413'), 'the refusal');
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const unsaid = await raw(listener, `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let sent = 0; sent <= PUSH_MAX_BODY_BYTES + chunk.length && !unsaid.isOver(); sent += chunk.length) {
      unsaid.socket.write(`${chunk.length.toString(16)}\r\n`);
      unsaid.socket.write(chunk);
      unsaid.socket.write('\r\n');
      await settle(2);
    }
    await until(() => unsaid.isOver(), 'it is cut off');
    expect(listener.counters).toMatchObject({ pushes: 0, cut: 2 });
  });

  it('whatever is sent costs its sender, never the listener', async () => {
    const { listener, events } = await listening();
    const line = fc.constantFrom(
      `POST /hsp/${TOKEN} HTTP/1.1`,
      'POST / HTTP/1.1',
      `GET /hsp/${TOKEN}?eventType=VMD HTTP/1.0`,
      `PUT /hsp/${TOKEN} HTTP/9.9`,
      'Host: x',
      'Content-Length: 12',
      'Content-Length: -3',
      'Content-Length: 99999999999999999999',
      'Transfer-Encoding: chunked',
      'Content-Type: multipart/form-data; boundary=boundary',
      'Authorization: Digest username="x", nonce="0.0", nc=zz',
      'Connection: close',
      '',
      '--boundary',
      '5',
      '<EventNotificationAlert>',
      '{"eventType":"VMD","eventState":',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, fc.string({ maxLength: 40 })), { maxLength: 12 }), async (lines) => {
        const { socket } = await raw(listener, lines.join('\r\n'));
        socket.end();
        await settle(1);
        socket.destroy();
      }),
      { numRuns: 400 },
    );
    const before = events.length;
    expect((await send(listener, motion().replace('<channelID>1', '<channelID>9'))).status).toBe(200);
    expect(events.length).toBe(before + 1);
  });
});

it('closing leaves no socket and no timer', async () => {
  const clock = new FakeClock();
  const { listener, pump } = await listening({ clock });
  const held = await raw(listener, `POST /hsp/${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n<`);
  await turns(5);
  expect(clock.pending).toBeGreaterThan(0);
  await listener.close();
  await until(() => held.isOver(), 'the sender is cut off');
  pump.close();
  expect(clock.pending).toBe(0);
  expect(listener.port).toBe(0);
});
