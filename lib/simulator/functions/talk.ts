/** Two-way audio: opens for one talker, remembers what it heard, and gives a tone (isapi.md §5.2). */
import { encodeG711, G711_RATE_HZ, type G711Law } from '../../codec/g711';
import { NAMESPACE, xmlAnswer, type AnswerStream, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';

export interface TalkOptions {
  readonly channels: number;
  readonly codec?: 'G.711ulaw' | 'G.711alaw' | 'G.722.1';
}

/** What is remembered of the sound that came; the newest stays. */
const MAX_HEARD_BYTES = 512 * 1_024;
const TONE_HZ = 440;
const TONE_HEIGHT = 8_000;
const PIECE_MS = 40;
const BASE = '/ISAPI/System/TwoWayAudio/channels';

export class Talk {
  /** Newest sound by channel, bytes as they came. */
  private readonly sound = new Map<number, Buffer[]>();
  /** Session of the one who talks, by channel. */
  private readonly sessions = new Map<number, string>();
  private lastSession = 2_093_716_360;

  constructor(private readonly options: TalkOptions) {}

  /** What a channel has heard, the newest half a megabyte of it. */
  heard(channel = 1): Buffer {
    return Buffer.concat(this.sound.get(channel) ?? []);
  }

  /** Somebody has opened this channel and not closed it. */
  isOpen(channel = 1): boolean {
    return this.sessions.has(channel);
  }

  documents(): { readonly path: string; readonly content: string }[] {
    return Array.from({ length: this.options.channels }, (_, index) => ({
      path: `${BASE}/${index + 1}`,
      content: this.document(index + 1),
    }));
  }

  routes(): Route[] {
    const at = (method: Route['method'], leaf: string, run: Route['run']): Route => ({
      method,
      path: new RegExp(`^${BASE}/(\\d{1,3})/${leaf}$`, 'i'),
      run: (call) => (this.has(channelOf(call)) ? run(call) : call.status('invalidOperation')),
    });
    return [
      at('PUT', 'open', (call) => this.open(call)),
      at('PUT', 'close', (call) => {
        this.sessions.delete(channelOf(call));
        return call.status('ok');
      }),
      at('PUT', 'audioData', (call) => this.hear(call)),
      at('GET', 'audioData', (call) => this.speak(call)),
    ];
  }

  private has(channel: number): boolean {
    return channel >= 1 && channel <= this.options.channels;
  }

  private open({ groups, device, status }: RouteCall): DeviceAnswer {
    const channel = Number(groups[0]);
    if (this.sessions.has(channel)) return status('twoWayAudioInProgressPleaseWait');
    const session = String(++this.lastSession);
    this.sessions.set(channel, session);
    this.sound.delete(channel);
    return xmlAnswer(
      `<TwoWayAudioSession version="2.0" xmlns="${NAMESPACE}">\n<sessionId>${session}</sessionId>\n</TwoWayAudioSession>`,
      device.lineEnd,
    );
  }

  private isTalker({ groups, request }: RouteCall): boolean {
    const session = this.sessions.get(Number(groups[0]));
    const given = request.query.get('sessionId');
    return session !== undefined && (given === null || given === session);
  }

  private hear(call: RouteCall): DeviceAnswer {
    if (!this.isTalker(call)) return call.status('invalidOperation');
    const channel = channelOf(call);
    // Other clients send a body of a length that they know.
    this.remember(channel, call.request.body);
    const answer = call.status('ok');
    return call.request.body.length > 0 ? answer : { ...answer, hears: (bytes) => this.remember(channel, bytes) };
  }

  private speak(call: RouteCall): DeviceAnswer {
    if (!this.isTalker(call)) return call.status('invalidOperation');
    const { codec = 'G.711ulaw' } = this.options;
    if (codec === 'G.722.1') return call.status('notSupport');
    return {
      status: 200,
      contentType: 'audio/basic',
      body: Buffer.alloc(0),
      stream: new Tone(codec === 'G.711alaw' ? 'alaw' : 'ulaw'),
    };
  }

  private remember(channel: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const pieces = this.sound.get(channel) ?? [];
    pieces.push(Buffer.from(bytes));
    let sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    while (sizeBytes > MAX_HEARD_BYTES) sizeBytes -= (pieces.shift() as Buffer).length;
    this.sound.set(channel, pieces);
  }

  private document(channel: number): string {
    return `<TwoWayAudioChannel version="2.0" xmlns="${NAMESPACE}">
      <id>${channel}</id>
      <enabled>false</enabled>
      <audioCompressionType>${this.options.codec ?? 'G.711ulaw'}</audioCompressionType>
      <audioInputType>MicIn</audioInputType>
      <speakerVolume>50</speakerVolume>
      <microphoneVolume>50</microphoneVolume>
      <noisereduce>true</noisereduce>
      </TwoWayAudioChannel>`;
  }
}

function channelOf({ groups }: RouteCall): number {
  return Number(groups[0]);
}

/** A tone for as long as somebody listens. */
class Tone implements AnswerStream {
  readonly sizeBytes = null;
  readonly everyMs = PIECE_MS;
  private at = 0;

  constructor(private readonly law: G711Law) {}

  next(): Buffer {
    const samples = new Int16Array((G711_RATE_HZ * PIECE_MS) / 1_000);
    for (let index = 0; index < samples.length; index++, this.at++) {
      samples[index] = Math.round(TONE_HEIGHT * Math.sin((2 * Math.PI * TONE_HZ * this.at) / G711_RATE_HZ));
    }
    return encodeG711(samples, this.law);
  }
}
