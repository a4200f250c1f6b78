/**
 * Everything that reads what others wrote, with sound samples of it and what may come of it: a value, or one of our own errors. The
 * tests run each a little, the soak a million times. A new reader gets an entry here.
 */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { validateHeaderValue, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDeviceTime } from '../../lib/codec/device-time';
import { parseEhome, registrationFrom, serverInfoFrom } from '../../lib/codec/ehome';
import { decodeGridMap, encodeGridMap } from '../../lib/codec/grid-map';
import { bytesOfDump } from '../../lib/codec/hex-dump';
import { responseStatusOf, rootNameOf } from '../../lib/codec/isapi';
import { jsonAt, jsonList, parseJson } from '../../lib/codec/json';
import { MultipartReader } from '../../lib/codec/multipart';
import { FrameRedactor } from '../../lib/codec/redact';
import { parseSadp } from '../../lib/codec/sadp';
import { sessionChallengeOf, sessionHeadersOf, sessionLoginBody } from '../../lib/codec/session-login';
import { decodeText, sniff } from '../../lib/codec/text';
import { Unwrapper } from '../../lib/codec/unwrapper';
import { formatWav, parseWav, resampled } from '../../lib/codec/wav';
import { formatXml, parseXml, toPlain } from '../../lib/codec/xml';
import { checkArguments } from '../../lib/commands/arguments';
import { commandList, commandNamed } from '../../lib/commands/registry';
import { HikvisionError, ProtocolError } from '../../lib/errors';
import { fieldsOfBytes, fieldsOfJson, fieldsOfTree } from '../../lib/events/fields';
import { positionBytes, readPosition, scanSegment, segmentHeader, writeRecord } from '../../lib/mqtt/journal-format';
import { packEvent, unpackEvent } from '../../lib/mqtt/journaled';
import { requestOf } from '../../lib/mqtt/request';
import { Topics } from '../../lib/mqtt/topics';
import { Journal } from '../../lib/publisher/journal';
import { Leftovers } from '../../lib/publisher/leftovers';
import { siteFrom } from '../../lib/publisher/site';
import { CursorFile } from '../../lib/session/cursor-file';
import { EventPump } from '../../lib/session/event-pump';
import { deviceFromDump, DumpError } from '../../lib/simulator/device';
import { planReplay } from '../../lib/simulator/replay';
import { readSubscription, typeOf } from '../../lib/simulator/subscribing';
import { parseDeviceUrl, placeOf } from '../../lib/transport/address';
import {
  basicAuthorization,
  chooseChallenge,
  digestAuthorization,
  nonceOf,
  parseChallenges,
  verifiedDigest,
} from '../../lib/transport/digest';
import { forgetGates } from '../../lib/transport/gate';
import { HttpClient } from '../../lib/transport/http';
import { systemClock } from '../../lib/clock';
import { PushListener } from '../../lib/transport/push-listener';
import { FakeClock } from '../support/fake-clock';
import { MemoryFiles } from '../support/memory-files';
import { context, reply, run } from '../support/steps';
import { hspDecoders, hspSamples } from './hsp';
import {
  ANSWERS,
  CHALLENGES,
  COMMAND_BODIES,
  DATAGRAMS,
  DOCUMENTS,
  DUMPS,
  EVENT_JSON,
  EVENT_XML,
  LOGIN_ANSWERS,
  SITES,
  STREAMS,
} from './samples';

export interface Target {
  readonly name: string;
  readonly samples: readonly Buffer[];
  /** Words of the format beside those of all formats. */
  readonly words: readonly string[];
  /** Throws what is allowed, or returns. @throws anything else for a finding. */
  readonly run: (input: Buffer) => void | Promise<void>;
  /** What it may throw; our own errors when not given. */
  readonly allows?: (error: unknown) => boolean;
  /** How many inputs it gets where others get one: about as many as take as long. */
  readonly share?: number;
  /** The codec's own test gives it more than this one would. */
  readonly isTestedElsewhere?: boolean;
  readonly close?: () => Promise<void>;
}

const never = (): boolean => false;
const CLOCK = new FakeClock();

const XML_WORDS = [
  '<a>',
  '</a>',
  '<a/>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&b;',
  '&#0;',
  '&#x110000;',
  '<?xml version="1.0" encoding="utf-16"?>',
  'xmlns="x"',
];
const EVENT_WORDS = [
  '<eventType>',
  'eventState',
  'inactive',
  'dateTime',
  'channelID',
  '<regionID>',
  'ANPR',
  'videoloss',
  '2024-13-45T99:99:99+99:99',
  '99999999999999999999',
];
const PART_WORDS = [
  '--boundary',
  '--boundary--',
  '\r\n\r\n',
  'Content-Length: ',
  'Content-Length: 99999999999',
  'Content-Type: image/jpeg',
  'Content-Disposition: form-data; name="',
  '\xff\xd8\xff',
  '\xff\xd9',
];

/** In pieces of a size that the bytes themselves say, so that a finding is found again. */
function* pieces(input: Buffer): Generator<Buffer> {
  const size = [1, 13, 1_000, Infinity][(input[0] ?? 0) % 4] as number;
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, Math.min(input.length, at + size));
}

function pump(): EventPump {
  const device = { name: 'Cam', host: '192.0.2.1', serial: null, model: null };
  const made = new EventPump({ clock: CLOCK, device: () => device, warn: () => undefined });
  made.subscribe((event) => void JSON.stringify({ ...event, pictures: event.pictures.length }));
  return made;
}

/* Requests of senders that call us, without a socket */

class Answer extends EventEmitter {
  headersSent = false;
  readonly destroyed = false;
  setHeader(name: string, value: string | number): void {
    validateHeaderValue(name, String(value));
  }
  writeHead(): void {
    this.headersSent = true;
  }
  end(): void {
    this.emit('finish');
  }
}

const TOKEN = 'T0ken-of-the-fuzz-camera';

/** First line: target; second line: Authorization; the rest is the body. */
function pushed(input: Buffer): void {
  const clock = new FakeClock();
  const listener = new PushListener({ clock, digest: { username: 'u', password: 'p' } });
  const events = pump();
  const inlet = events.inlet('push');
  inlet.begin();
  listener.register({ token: TOKEN, mac: '02:00:00:00:00:07', addresses: ['192.0.2.7'], body: () => inlet.body() });
  const [target = '', authorization = ''] = input.toString('latin1').split('\n', 2);
  const body = input.subarray(target.length + authorization.length + 2);
  const request = Object.assign(new EventEmitter(), {
    url: target,
    method: 'POST',
    headers: { authorization, 'content-length': String(body.length) },
    socket: { remoteAddress: authorization.length % 2 === 0 ? '192.0.2.7' : '192.0.2.8' },
    complete: false,
    readableEnded: false,
    pause: () => undefined,
    resume: () => undefined,
    destroy: () => undefined,
  });
  listener.handle(request as unknown as IncomingMessage, new Answer() as unknown as ServerResponse);
  for (const piece of pieces(body)) request.emit('data', piece);
  request.complete = true;
  request.emit('end');
  request.emit('close');
  events.close();
  void listener.close();
  if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
}

/* Answers to commands: whatever a device says, its command ends in a value or in one of our errors */

const READS = commandList().filter(({ effect }) => effect === 'read');
const STEPS_MAX = 200;

function answered(input: Buffer): void {
  const { name, example } = READS[(input[0] ?? 0) % READS.length] as (typeof READS)[number];
  const command = commandNamed(name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const body = input.subarray(1);
  const type = sniff(body) === 'json' ? 'application/json' : 'application/xml';
  let asked = 0;
  const args = checkArguments(name, command.params, example);
  run(command.isapi(args, context()), () => (++asked > STEPS_MAX ? reply(503) : reply(200, body, type)));
}

/* Answers of a device on a socket */

let server: Promise<Server> | null = null;
let nextAnswer: Buffer = Buffer.alloc(0);

function answering(): Promise<Server> {
  return (server ??= new Promise((resolve) => {
    const started = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end(nextAnswer));
    });
    started.listen(0, '127.0.0.1', () => resolve(started));
  }));
}

async function headed(input: Buffer): Promise<void> {
  const { port } = (await answering()).address() as AddressInfo;
  nextAnswer = input;
  forgetGates();
  const address = parseDeviceUrl(`http://u:p@127.0.0.1:${port}`);
  const http = new HttpClient({ address, trust: {}, allowBasic: true, clock: systemClock });
  try {
    const { status } = await http.send({ method: 'PUT', path: '/ISAPI/x', body: '<a/>' });
    if (!(status >= 100 && status <= 999)) throw new Error(`status ${status}`);
  } finally {
    http.close();
  }
}

/* Files of ours that somebody may have written to */

const segment = (): Buffer => {
  const bodies = [
    packEvent('gate', [{ topic: 'hikvision/gate/1/event', payload: '{"id":"a"}', retain: false, qos: 1 }]),
    packEvent('gate', [
      { topic: 'hikvision/gate/1/event', payload: '{"id":"b"}', retain: false, qos: 1 },
      { topic: 'hikvision/gate/1/motion/picture', payload: '', retain: true, qos: 1 },
    ]),
  ];
  const bytes = Buffer.alloc(400);
  segmentHeader().copy(bytes);
  let at = 8;
  for (const [index, body] of bodies.entries())
    at = writeRecord(bytes, at, { sequence: index + 1, firstPicture: 1, pictureCount: index, body });
  return bytes.subarray(0, at);
};
const position = Buffer.concat(
  [1, 2].map((generation) =>
    positionBytes({ generation, done: 0, nextPicture: 1, droppedEvents: 0, droppedPictures: 0 }),
  ),
);

let journals = 0;

/** The same bytes stand in every file that a journal reads; it opens, takes an event and gives it back. */
async function opened(input: Buffer): Promise<void> {
  const files = new MemoryFiles();
  for (const name of ['e-0000000001.journal', 'p-0000000001.journal', 'position', 'lock', 'served'])
    files.files.set(name, Buffer.from(input));
  const processes = { self: () => ({ pid: 1, host: 'a', startedAt: null }), isRunning: () => false } as never;
  const journal = await Journal.open({ files, place: `fuzz ${journals++}`, clock: new FakeClock(), processes });
  const before = journal.status.queued;
  journal.append(Buffer.from('x'));
  await journal.written();
  for (let round = 0; round <= before + 1; round++) {
    if (journal.needsLoad) await journal.load();
    const entry = journal.take();
    if (entry === null) break;
    await journal.picturesOf(entry);
    journal.done(entry);
  }
  const { queued } = journal.status;
  await journal.close();
  if (queued !== 0) throw new Error(`${queued} of ${before + 1} events were never given back`);
  await Leftovers.open(files, new Topics({}), 'fuzz', ['gate']);
}

let folder: string | null = null;

function cursorFolder(): string {
  return (folder ??= mkdtempSync(join(tmpdir(), 'hsp-fuzz-')));
}

const SOURCES = {
  env: { PW: 'secret' },
  readFile: (path: string): string => {
    throw Object.assign(new Error(path), { code: 'ENOENT' });
  },
};

const REQUEST_PATHS = ['/ISAPI/System/deviceInfo', '/ISAPI/System/time', '/ISAPI/Streaming/channels/101/picture'];

/** Place and sense of the error of a decoder of the command port. */
function located(decoder: (bytes: Buffer) => unknown, bytes: Buffer): void {
  try {
    decoder(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (!(Number.isInteger(error.offset) && error.offset >= 0 && error.offset <= bytes.length))
      throw new Error(`offset ${error.offset} of ${bytes.length}`, { cause: error });
  }
}

export const TARGETS: readonly Target[] = [
  {
    name: 'multipart',
    share: 1 / 8,
    samples: STREAMS,
    words: [...PART_WORDS, ...EVENT_WORDS],
    allows: never,
    run: (input) => {
      const reader = new MultipartReader({}, () => undefined);
      for (const piece of pieces(input)) reader.push(piece);
      reader.finish();
    },
  },
  {
    name: 'alertStream to events',
    share: 1 / 10,
    samples: STREAMS,
    words: [...PART_WORDS, ...EVENT_WORDS, ...XML_WORDS],
    allows: never,
    run: (input) => {
      const events = pump();
      const inlet = events.inlet('isapi');
      inlet.begin();
      for (const piece of pieces(input)) inlet.push(piece);
      inlet.end();
      events.close();
    },
  },
  {
    name: 'push',
    share: 1 / 4,
    samples: STREAMS.flatMap((body) =>
      [
        `/hsp/${TOKEN}\n\n`,
        `/hsp/${TOKEN}?eventType=VMD&channelID=1\n\n`,
        `/x\n${CHALLENGES[3]?.toString() ?? ''}\n`,
      ].map((head) => Buffer.concat([Buffer.from(head), body])),
    ),
    words: [...PART_WORDS, ...EVENT_WORDS, '?eventType=', 'macAddress', '02:00:00:00:00:07', '%', '&'],
    allows: never,
    run: pushed,
  },
  {
    name: 'XML',
    share: 1 / 2,
    samples: [...DOCUMENTS, ...EVENT_XML],
    words: XML_WORDS,
    run: (input) => {
      const tree = parseXml(input);
      toPlain(tree);
      fieldsOfTree(tree);
      // What was read can be written, and is read as the same.
      if (parseXml(formatXml(tree)).name !== tree.name)
        throw new Error('written and read again it is another document');
    },
  },
  {
    name: 'event documents',
    samples: [...EVENT_XML, ...EVENT_JSON],
    words: [...EVENT_WORDS, ...XML_WORDS],
    allows: never,
    run: (input) => {
      fieldsOfBytes(input);
      fieldsOfBytes(input, true);
      typeOf(input.toString('latin1'));
    },
  },
  {
    name: 'JSON',
    samples: EVENT_JSON,
    words: [
      '{"',
      '":',
      '[{',
      '}]',
      'null',
      'true',
      '1e400',
      '\\u0000',
      '\\ud800',
      '"constructor":',
      '"eventType":',
      ...EVENT_WORDS,
    ],
    run: (input) => {
      const value = parseJson(input);
      jsonAt(value, 'a.b.__proto__');
      jsonList(value, 'AcsEvent.InfoList');
      fieldsOfJson(value);
      if (({} as Record<string, unknown>).polluted !== undefined) throw new Error('the prototype was changed');
    },
  },
  {
    name: 'answers of devices',
    samples: [...DOCUMENTS, ...EVENT_JSON, ...LOGIN_ANSWERS],
    words: [...XML_WORDS, 'statusCode', 'subStatusCode', 'lockStatus', 'unlockTime', '{"statusCode":'],
    run: (input) => {
      for (const contentType of [null, 'application/json', 'text/html'])
        responseStatusOf({ status: 401, contentType, body: input });
      rootNameOf(input);
      decodeText(input);
    },
  },
  {
    name: 'answers to commands',
    samples: [...DOCUMENTS, ...EVENT_JSON, ...READS.map(() => Buffer.from('<a/>'))].map((document, index) =>
      Buffer.concat([Buffer.from([index % 256]), document]),
    ),
    words: [...XML_WORDS, '<id>', '<enabled>', '<Channel>', '<searchID>', 'responseStatusStrg', 'MORE', '{"'],
    run: answered,
  },
  {
    name: 'SADP',
    samples: DATAGRAMS,
    words: [...XML_WORDS, '<MAC>', '<IPv4Address>', 'ProbeMatch', 'hello'],
    allows: never,
    run: (input) => void parseSadp(input),
  },
  {
    name: 'EHome',
    samples: DATAGRAMS,
    words: [...XML_WORDS, '<Params>', '<Command>', 'REGISTER', '<DeviceID>', 'SERVERINFO'],
    allows: never,
    run: (input) => {
      const message = parseEhome(input);
      if (message === null) return;
      registrationFrom('a', message.params);
      serverInfoFrom(message.params);
    },
  },
  {
    name: 'MQTT commands',
    samples: COMMAND_BODIES.flatMap((body) =>
      ['hikvision/gate/command', 'hikvision/gate/command/camera/gotoPreset', 'hikvision/gate/command/config/raw'].map(
        (topic) => Buffer.concat([Buffer.from(`${topic}\n`), body]),
      ),
    ),
    words: [
      'hikvision/',
      '/command',
      '+',
      '#',
      '/camera/move',
      '"args":{',
      '"id":',
      '"confirm":true',
      '"command":"config.reboot"',
      'null',
    ],
    allows: never,
    run: (input) => {
      const end = input.indexOf(10);
      const place = new Topics({}).commandOf(input.toString('utf8', 0, Math.max(0, end)));
      if (place === null) return;
      const message = { payload: input.subarray(end + 1), retain: false };
      for (const allowance of ['nothing', 'write'] as const) {
        const answer = requestOf(place, message, allowance);
        if ('error' in answer && !(answer.error instanceof HikvisionError)) throw answer.error as Error;
      }
    },
  },
  {
    name: 'dumps',
    samples: DUMPS,
    words: [
      '"responses":{',
      '"status":200',
      '"body":"',
      '"contentType":',
      '"/ISAPI/System/deviceInfo"',
      '"PUT /',
      '\\r\\n',
    ],
    allows: (error) => error instanceof DumpError || error instanceof SyntaxError,
    run: (input) => {
      const device = deviceFromDump(JSON.parse(input.toString('utf8')));
      for (const path of REQUEST_PATHS)
        for (const method of ['GET', 'PUT'])
          device.answer({ method, target: path, path, query: new URLSearchParams(), body: Buffer.from('<a/>') }, CLOCK);
    },
  },
  {
    name: 'replays and subscriptions',
    samples: [
      ...STREAMS,
      Buffer.from(
        '<SubscribeEvent><heartbeat>5</heartbeat><eventMode>list</eventMode><EventList><Event><type>VMD</type></Event></EventList></SubscribeEvent>',
      ),
    ],
    words: [...PART_WORDS, ...XML_WORDS],
    allows: never,
    run: (input) => {
      const planned = planReplay(input);
      for (const { atMs } of planned) if (!Number.isFinite(atMs)) throw new Error(`a piece at ${atMs}`);
      readSubscription(input);
    },
  },
  {
    name: 'YAML sites',
    share: 1 / 30,
    samples: SITES,
    words: [
      '- ',
      ': ',
      '&a ',
      '*a',
      '!!js/function',
      '!!binary',
      '|\n',
      '>-\n',
      '? ',
      '---\n',
      '...\n',
      '%YAML 9.9\n',
      '<<: *a',
      'devices:',
      'broker:',
      '~',
      '0x',
      '.inf',
    ],
    allows: never,
    run: (input) => {
      const { site, mistakes } = siteFrom(input.toString('utf8'), SOURCES);
      if ((site === null) !== mistakes.length > 0) throw new Error('a site and mistakes, or neither');
      for (const { line, column, message } of mistakes) {
        if (!(line >= 1 && column >= 1 && message !== '')) throw new Error(`a mistake at ${line}:${column}`);
        if (message.includes('secret')) throw new Error('the password stands in a message');
      }
    },
  },
  {
    name: 'digest',
    samples: CHALLENGES,
    words: ['Digest ', 'Basic ', 'nonce=', 'realm="', 'qop="auth"', 'algorithm=SHA-256-sess', 'stale=', ', ', '\u00e9'],
    allows: never,
    run: (input) => {
      const header = input.toString('latin1');
      const challenges = parseChallenges([header, header.slice(1)]);
      const chosen = chooseChallenge(challenges, true);
      const who = { username: 'u', password: 'p', method: 'GET', uri: '/a?b' };
      const written =
        chosen?.scheme === 'digest'
          ? digestAuthorization(chosen, { ...who, nc: 1, cnonce: 'c' })
          : basicAuthorization('u', 'p');
      validateHeaderValue('Authorization', written);
      nonceOf(header);
      if (chosen?.scheme === 'digest') verifiedDigest(header, chosen, who);
    },
  },
  {
    name: 'HTTP answers',
    samples: ANSWERS,
    words: [
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'ffffffff\r\n',
      '\r\n\r\n',
      'WWW-Authenticate: ',
    ],
    share: 1 / 25,
    run: headed,
    close: async () => {
      const started = await server;
      server = null;
      if (started !== null) await new Promise((resolve) => started.close(resolve));
    },
  },
  {
    name: 'session login',
    samples: LOGIN_ANSWERS,
    words: [...XML_WORDS, '<iterations>10000</iterations>', '<challenge>', '<sessionID>', '\r\nX: y'],
    run: (input) => {
      const headers = sessionHeadersOf(input, [input.toString('latin1')], {
        sessionId: 's',
        challenge: 'c',
        iterations: 1,
        isIrreversible: false,
        salt: '',
        salt2: null,
        version: null,
        givesTag: false,
      });
      validateHeaderValue('Cookie', headers.Cookie);
      parseXml(sessionLoginBody(sessionChallengeOf(input), 'u', 'p'));
    },
    // Rounds of SHA-256, as many as the device asks for.
    share: 1 / 4,
  },
  {
    name: 'journal records',
    samples: [segment(), position, packEvent('a', [{ topic: 't', payload: 'p', retain: false, qos: 1 }])],
    words: ['HSPJ', '\x89R\r\n', '\0\x01'],
    run: (input) => {
      const { records, soundBytes } = scanSegment(input);
      if (soundBytes > input.length) throw new Error(`${soundBytes} sound bytes of ${input.length}`);
      readPosition(input);
      for (const { body } of records) unpackEvent(body);
      unpackEvent(input);
    },
  },
  {
    name: 'journal files',
    samples: [
      segment(),
      position,
      Buffer.from('{"pid":1,"host":"a","startedAt":null}'),
      Buffer.from('[{"base":"hikvision","bridge":"b","slug":"s"}]'),
    ],
    words: ['HSPJ', '\x89R\r\n', '\0\x01', '{"pid":', '"slug":'],
    allows: never,
    share: 1 / 8,
    run: opened,
  },
  {
    name: 'cursor files',
    samples: [Buffer.from('{"access-abc":"17","plates-def":"20240501"}')],
    words: ['{"', '":"', 'access', '"__proto__":"x"'],
    allows: never,
    share: 1 / 8,
    run: (input) => {
      const path = join(cursorFolder(), 'cursors.json');
      writeFileSync(path, input);
      const cursors = new CursorFile({ path, clock: CLOCK });
      cursors.get('access-abc');
      cursors.set('access-abc', '18');
      cursors.flush();
      if (new CursorFile({ path, clock: CLOCK }).get('access-abc') !== '18') throw new Error('it was not kept');
    },
    close: async () => {
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      folder = null;
    },
  },
  {
    name: 'grid maps',
    samples: [Buffer.from('fffffc'.repeat(18)), Buffer.from('000000'.repeat(15)), Buffer.from('f0f0f0f0')],
    words: ['fffffc', 'g', ' '],
    allows: never,
    run: (input) => {
      const text = input.toString('latin1');
      for (const size of [
        { rows: 18, columns: 22 },
        { rows: 1, columns: 1 },
        { rows: input.length, columns: input[0] ?? 0 },
      ]) {
        const grid = decodeGridMap(text, size);
        if (grid === null) continue;
        const again = decodeGridMap(encodeGridMap(grid, size, text), size);
        if (again?.join() !== grid.join()) throw new Error('written and read again it is another map');
      }
    },
  },
  {
    name: 'recordings',
    samples: [
      Buffer.from(
        'HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nSorryHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\n\r\n',
      ),
      Buffer.from('\ufeffHTTP/1.1 200 OK\r\n\r\n--b\r\n', 'utf16le'),
      Buffer.from('POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'),
    ],
    words: [
      'HTTP/1.1 200 OK\r\n',
      '\r\n\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Content-Length: 9\r\n',
      'ffffffff\r\n',
      '0\r\n',
    ],
    run: (input) => {
      const pieceBytes = 1 + ((input[0] ?? 0) % 32);
      const unwrapper = new Unwrapper();
      for (let at = 0; at < input.length; at += pieceBytes) unwrapper.push(input.subarray(at, at + pieceBytes));
      unwrapper.finish();
    },
  },
  {
    name: 'hex dumps',
    samples: [
      Buffer.from('00000000: 0000 0008 0000 0002                      ........\n'),
      Buffer.from('00000000  00 00 00 08 00 00 00 02 |........|\n*\n00000020  01 |.|\n00000021\n'),
      Buffer.from('    0000   00 00 00 08 ....\n0000   00 00 00 09 ....\n'),
    ],
    words: ['00000000  ', '*\n', 'ffffffff  00\n', ' |', '   ', '0000: '],
    run: (input) => void bytesOfDump(input.toString('latin1')),
  },
  {
    name: 'WAV',
    samples: [
      formatWav({ rateHz: 8_000, samples: Int16Array.from({ length: 400 }, (_, at) => (at * 331) % 9_000) }),
      formatWav({ rateHz: 44_100, samples: new Int16Array(100) }),
    ],
    words: ['RIFF', 'WAVE', 'fmt ', 'data', 'LIST', '\x06\0\x01\0', '\xfe\xff'],
    run: (input) => void resampled(parseWav(input), 8_000),
  },
  {
    name: 'times and addresses of devices',
    samples: [
      '2024-05-01T12:00:00+02:00',
      '2024-05-01T12:00:00',
      'http://u:p@192.0.2.1:80',
      'hsp://[2001:db8::1]:8000',
      'u@host',
    ].map((text) => Buffer.from(text)),
    words: ['http://', '@', ':', '[', ']', '%41', '%', '/', '+99:99', 'Z', 'T'],
    run: (input) => {
      const text = input.toString('utf8');
      const moment = parseDeviceTime(text);
      if (moment !== null && !Number.isFinite(moment.ms)) throw new Error(`a time at ${moment.ms}`);
      placeOf(parseDeviceUrl(text));
    },
  },
  {
    name: 'frames shown to people',
    samples: hspSamples,
    words: ['<password>x</password>', '"userName":"', '<'],
    allows: never,
    run: (input) => {
      const redactor = new FrameRedactor(['secret', '']);
      for (const direction of ['sent', 'received'] as const) redactor.redact(direction as never, 1 as never, input);
      redactor.text(input.toString('latin1'));
    },
  },
  ...Object.entries(hspDecoders).map(([name, decoder]): Target => ({
    name: `command port: ${name}`,
    samples: hspSamples,
    words: ['\0\0\0\x10', '\0\x01\x10\xc2'],
    allows: never,
    run: (input) => located(decoder, input),
    // Together as much as four others.
    share: 4 / Object.keys(hspDecoders).length,
    isTestedElsewhere: true,
  })),
];
