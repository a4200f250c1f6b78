/** Two-way audio: sound out of a camera, and what its microphone hears (isapi.md §5.2). */
import { encodeG711, G711_RATE_HZ, type G711Law } from '../../codec/g711';
import { isWav, parseWav, resampled, wavOfG711 } from '../../codec/wav';
import { all, booleanAt, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, DeviceBusyError, HikvisionError, UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import {
  ask,
  command,
  documentOf,
  getDocument,
  moveBody,
  putDocument,
  readCallersFile,
  wait,
  type IntegerParam,
  type Steps,
} from '../command';
import { getNamed } from '../documents';
import { isAbsence } from '../ways';

export interface AudioChannel {
  /** Of two-way audio, not of video. */
  readonly channel: number;
  /** `false` is normal and does not forbid talking. */
  readonly enabled: boolean | null;
  /** G.711ulaw, G.711alaw, G.722.1, AAC, ...; the device's word. */
  readonly codec: string | null;
  /** MicIn, LineIn; the device's word. */
  readonly input: string | null;
  readonly speakerVolume: number | null;
  readonly microphoneVolume: number | null;
  readonly noiseReduction: boolean | null;
}

export interface AudioVolume {
  readonly channel: number;
  readonly speakerVolume: number | null;
  readonly microphoneVolume: number | null;
  readonly rebootRequired: boolean;
}

export interface PlayedAudio {
  readonly channel: number;
  readonly codec: string;
  readonly seconds: number;
}

export interface CapturedAudio {
  readonly contentType: 'audio/wav';
  readonly data: Buffer;
  readonly seconds: number;
}

const BASE = '/ISAPI/System/TwoWayAudio/channels';
const audioChannelParam = {
  kind: 'integer',
  title: 'Audio channel',
  description: 'Nearly always 1; recorders may have one for each camera.',
  min: 1,
  max: 512,
  default: 1,
  names: 'audioChannels',
} as const satisfies IntegerParam;

/** Ten minutes of G.711, or a WAV file of studio quality of one. */
const MAX_SOUND_BYTES = 16 * 1024 * 1024;
const MAX_SECONDS = 600;
/** Between closing a talk and opening the next. */
const CLOSE_PAUSE_MS = 1_000;

/* Settings */

function* listChannels(): Steps<readonly AudioChannel[]> {
  const document = yield* getDocument(BASE);
  if (document.name.toLowerCase() === 'twowayaudiochannel') return [channelFrom(document)];
  if (document.name.toLowerCase() !== 'twowayaudiochannellist') {
    throw new UnsupportedError(`${BASE}: answered with ${document.name} instead of TwoWayAudioChannelList`);
  }
  return all(document, 'TwoWayAudioChannel')
    .filter((item) => numberAt(item, 'id') !== null)
    .map(channelFrom);
}

function channelFrom(item: XmlElement): AudioChannel {
  return {
    channel: numberAt(item, 'id') ?? 1,
    enabled: booleanAt(item, 'enabled'),
    codec: textAt(item, 'audioCompressionType'),
    input: textAt(item, 'audioInputType'),
    speakerVolume: numberAt(item, 'speakerVolume'),
    microphoneVolume: numberAt(item, 'microphoneVolume'),
    noiseReduction: booleanAt(item, 'noisereduce'),
  };
}

function readChannel(channel: number): Steps<XmlElement> {
  return getNamed(`${BASE}/${channel}`, 'TwoWayAudioChannel');
}

function volumeFrom(document: XmlElement, channel: number, rebootRequired: boolean): AudioVolume {
  const { speakerVolume, microphoneVolume } = channelFrom(document);
  return { channel, speakerVolume, microphoneVolume, rebootRequired };
}

function* setVolume(args: {
  channel: number;
  speakerVolume: number | undefined;
  microphoneVolume: number | undefined;
}): Steps<AudioVolume> {
  const { channel, speakerVolume, microphoneVolume } = args;
  if (speakerVolume === undefined && microphoneVolume === undefined) {
    const expected = 'a volume for the speaker or the microphone';
    throw new ArgumentError([{ parameter: 'speakerVolume', given: undefined, expected }]);
  }
  const document = yield* readChannel(channel);
  for (const [name, volume] of Object.entries({ speakerVolume, microphoneVolume })) {
    if (volume === undefined) continue;
    if (numberAt(document, name) === null) throw new UnsupportedError(`this device has no ${name} to set`);
    setText(document, name, volume);
  }
  const answer = yield* putDocument(`${BASE}/${channel}`, formatXml(document));
  return volumeFrom(yield* readChannel(channel), channel, needsReboot(answer));
}

/* Talking */

interface Codec {
  readonly name: string;
  readonly law: G711Law;
}

/** What the channel speaks; of the codecs that devices offer we can make G.711. */
function* codecOf(channel: number): Steps<Codec> {
  const name = textAt(yield* readChannel(channel), 'audioCompressionType') ?? 'G.711ulaw';
  const law = /^G\.?711.?(u|mu|a)/i.exec(name)?.[1]?.toLowerCase();
  if (law === undefined) {
    throw new UnsupportedError(`the audio channel speaks ${name}; set it to G.711 on the device to talk through it`);
  }
  return { name, law: law === 'a' ? 'alaw' : 'ulaw' };
}

/** Talks over a channel that is opened before and closed afterwards, whatever happens between. */
function* whileOpen<R>(channel: number, talk: (query: string) => Steps<R>): Steps<R> {
  const path = `${BASE}/${channel}`;
  // Somebody may have left it open; whether there was anything to close does not matter.
  if (yield* close(path)) yield* wait(CLOSE_PAUSE_MS);
  let query = '';
  try {
    const answer = yield* ask({ method: 'PUT', path: `${path}/open` });
    query = sessionQuery(answer.body.length === 0 ? null : documentOf(answer, `${path}/open`));
    return yield* talk(query);
  } finally {
    yield* closeAtLast(path, query);
  }
}

/** What went wrong before counts more than what goes wrong now: a device that is gone ends the talk by itself. */
function* closeAtLast(path: string, query: string): Steps<void> {
  try {
    yield* close(path, query);
  } catch (error) {
    if (!(error instanceof HikvisionError)) throw error;
  }
}

/** @returns whether the device took it. */
function* close(path: string, query = ''): Steps<boolean> {
  try {
    yield* ask({ method: 'PUT', path: `${path}/close${query}` });
    return true;
  } catch (error) {
    // Busy is what some say while nothing is open.
    if (isAbsence(error) || error instanceof DeviceBusyError) return false;
    throw error;
  }
}

/** Some firmware gives a session, some a plain OK. */
function sessionQuery(document: XmlElement | null): string {
  const session = textAt(document ?? undefined, 'sessionId');
  return session === null ? '' : `?sessionId=${encodeURIComponent(session)}`;
}

function* playAudio(args: { channel: number; file: string | undefined; audio: unknown }): Steps<PlayedAudio> {
  const { channel } = args;
  const given = args.file === undefined ? bytesOf(args.audio) : yield* readCallersFile(args.file, MAX_SOUND_BYTES);
  const codec = yield* codecOf(channel);
  const sound = inCodec(given, codec);
  const seconds = sound.length / G711_RATE_HZ;
  if (sound.length === 0 || seconds > MAX_SECONDS) {
    const expected = `sound of at most ${MAX_SECONDS} s`;
    throw new ArgumentError([{ parameter: 'audio', given: `${Math.round(seconds)} s`, expected }]);
  }
  yield* whileOpen(channel, (query) =>
    moveBody(
      { method: 'PUT', path: `${BASE}/${channel}/audioData${query}`, contentType: 'application/octet-stream' },
      { kind: 'speak', sound, bytesPerSecond: G711_RATE_HZ },
    ),
  );
  return { channel, codec: codec.name, seconds };
}

/** A Buffer, or the same as base64 text or as JSON of a Buffer. @throws ArgumentError for anything else. */
function bytesOf(audio: unknown): Buffer {
  const inJson = (audio as { readonly type?: unknown; readonly data?: unknown } | null | undefined) ?? {};
  const bytes = Buffer.isBuffer(audio)
    ? audio
    : typeof audio === 'string' && /^[A-Za-z0-9+/\s]+(?:=[=\s]*)?$/.test(audio)
      ? Buffer.from(audio, 'base64')
      : inJson.type === 'Buffer' && Array.isArray(inJson.data)
        ? Buffer.from(inJson.data as readonly number[])
        : null;
  if (bytes !== null && bytes.length > 0 && bytes.length <= MAX_SOUND_BYTES) return bytes;
  const expected = 'a WAV file or G.711 bytes, as a Buffer or base64 text of at most 16 MB, or a file';
  throw new ArgumentError([{ parameter: 'audio', given: bytes === null ? audio : `${bytes.length} bytes`, expected }]);
}

/** Sound with a head is brought into the codec; without one it is taken to be in it already. */
function inCodec(bytes: Buffer, { law }: Codec): Buffer {
  if (!isWav(bytes)) return bytes;
  try {
    return encodeG711(resampled(parseWav(bytes), G711_RATE_HZ).samples, law);
  } catch (error) {
    if (!(error instanceof HikvisionError)) throw error;
    throw new ArgumentError([
      { parameter: 'audio', given: 'a WAV file', expected: `one that can be read (${error.message})` },
    ]);
  }
}

function* captureAudio({ channel, seconds }: { channel: number; seconds: number }): Steps<CapturedAudio> {
  const codec = yield* codecOf(channel);
  const plan = { kind: 'hear', forMs: seconds * 1_000, maxBytes: Math.ceil(seconds * G711_RATE_HZ) } as const;
  const heard = yield* whileOpen(channel, (query) =>
    moveBody({ method: 'GET', path: `${BASE}/${channel}/audioData${query}` }, plan),
  );
  return {
    contentType: 'audio/wav',
    data: wavOfG711(heard.body, codec.law),
    seconds: heard.body.length / G711_RATE_HZ,
  };
}

const volumeParam = (title: string) =>
  ({ kind: 'integer', title, description: 'Left out, it stays as it is.', min: 0, max: 100, optional: true }) as const;

export const audio = {
  listAudioChannels: command({
    title: 'List audio channels',
    summary: 'The channels of two-way audio, with codec and volumes.',
    effect: 'read',
    needs: 'talk',
    params: {},
    isapi: listChannels,
    returns: 'The channels: channel, enabled, codec, input, speakerVolume, microphoneVolume, noiseReduction.',
    paths: [BASE],
    source: [`ISAPI ${BASE}`, 'isapi.md §5.2'],
  }),

  getAudioVolume: command({
    title: 'Read the volume',
    summary: 'How loud the speaker and the microphone of two-way audio are.',
    effect: 'read',
    needs: 'talk',
    params: { channel: audioChannelParam },
    *isapi({ channel }): Steps<AudioVolume> {
      return volumeFrom(yield* readChannel(channel), channel, false);
    },
    returns: 'channel, speakerVolume, microphoneVolume, rebootRequired.',
    paths: [`${BASE}/{channel}`],
    source: [`ISAPI ${BASE}/<ID>`, 'isapi.md §5.2'],
  }),

  setAudioVolume: command({
    title: 'Set the volume',
    summary: 'Sets how loud the speaker and the microphone of two-way audio are. Everything else stays as it is.',
    effect: 'write',
    example: { speakerVolume: 40 },
    needs: 'talk',
    params: {
      channel: audioChannelParam,
      speakerVolume: volumeParam('Speaker'),
      microphoneVolume: volumeParam('Microphone'),
    },
    isapi: setVolume,
    returns: 'The volumes as the device says them afterwards, and rebootRequired.',
    paths: [`${BASE}/{channel}`],
    source: [`ISAPI ${BASE}/<ID>`, 'isapi.md §0.3, §5.2'],
  }),

  playAudio: command({
    title: 'Play sound',
    summary:
      'Plays a WAV file, or bytes that are in G.711 already, through the speaker of a camera. Ends when it has been heard; cancelling stops it.',
    effect: 'act',
    example: { file: 'bell.wav' },
    needs: 'talk',
    params: {
      channel: audioChannelParam,
      file: {
        kind: 'text',
        title: 'File',
        description: 'A WAV file on the machine that runs this; instead of audio.',
        maxLength: 4_096,
        optional: true,
      },
      audio: {
        kind: 'json',
        title: 'Sound',
        description: 'A WAV file or G.711 bytes as a Buffer, or as base64 text.',
        optional: true,
      },
    },
    httpOnly: true,
    isapi: playAudio,
    returns: 'channel, codec, seconds.',
    paths: [`${BASE}/{channel}`, `${BASE}/{channel}/open`, `${BASE}/{channel}/audioData`, `${BASE}/{channel}/close`],
    source: [`ISAPI ${BASE}/<ID>/audioData`, 'isapi.md §5.2'],
  }),

  captureAudio: command({
    title: 'Record sound',
    summary: 'Records what the microphone of a camera hears, for some seconds.',
    effect: 'act',
    needs: 'talk',
    params: {
      channel: audioChannelParam,
      seconds: { kind: 'number', title: 'Length', unit: 's', min: 0.1, max: 300, default: 5 },
    },
    httpOnly: true,
    isapi: captureAudio,
    returns: 'A WAV file: contentType and data; and seconds, which is less where the device gave less.',
    paths: [`${BASE}/{channel}`, `${BASE}/{channel}/open`, `${BASE}/{channel}/audioData`, `${BASE}/{channel}/close`],
    source: [`ISAPI ${BASE}/<ID>/audioData`, 'isapi.md §5.2'],
  }),
} as const;
