/** `hsp decode FILE`: captured bytes to JSON lines. */
import { createReadStream } from 'node:fs';
import { captureBytes, decodeCapture, isHexText, type CapturedFrame, type Direction } from '../codec/capture';
import { MultipartReader, type Part, type Skipped } from '../codec/multipart';
import { excerpt, sniff } from '../codec/text';
import { Unwrapper } from '../codec/unwrapper';
import { Classifier } from '../events/classify';
import { CapturedClock, Edges, type Edge } from '../events/edges';
import type { Notice, PictureRole } from '../events/event';
import { roleOfPicture } from '../events/roles';
import { CLOCK_SET_BACK_MS, EVENT_END_AFTER_MS } from '../settings';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

export const decode: Verb = {
  name: 'decode',
  summary: 'captured bytes to JSON lines',
  help: `hsp decode FILE [--edges] [--end-after SECONDS]
hsp decode FILE [--direction request|reply|push]

Reads what a device sent: a captured alertStream, the body of a push (multipart/form-data; the boundary is found in
the bytes), or a single XML or JSON event; as UTF-16, and with the heads and chunks of HTTP, too. It also reads frames of the
command port, as bytes or as hexadecimal text (blanks, line ends, commas, colons and # remarks may stand in it; it may be
a dump as xxd and hexdump -C print it). FILE may be - for standard input.

Frames are printed one JSON line each, in order:
  direction, length, command, name, clientIp, userId, mac, status, body (hexadecimal, without the header)
and where there is something to say statusName, decoded, truncated and error.

Of everything else it prints one JSON line per part, in order:
  index, kind, eventType, active, channel, rawChannel, heartbeat, time, target, details, pictures
Pictures belong to the event before them, or to the only event behind them. A part that was cut off has
"truncated": true, also when nothing of it came but its header; one that cannot be read has "error". Parts that make
no sense are noted on standard error.

  --edges              one line per edge instead (kind, eventType, channel, state, time): repeats become start ... end,
                       on the clock of the capture
  --direction D        frames of the command port that all go this way; else it is told by their bytes
  --end-after SECONDS  silence after which an event has ended (default ${EVENT_END_AFTER_MS / 1000})

Exit status: 0 fine, 1 the file cannot be read or holds no part, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      edges: { type: 'boolean' },
      'end-after': { type: 'string' },
      direction: { type: 'string' },
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('decode takes one FILE');
    const endAfter = values['end-after'] === undefined ? EVENT_END_AFTER_MS : Number(values['end-after']) * 1000;
    if (!Number.isFinite(endAfter) || endAfter < 0) throw new UsageError('--end-after takes a number of seconds');

    const direction = DIRECTIONS.find((each) => each === values.direction);
    if (values.direction !== undefined && direction === undefined)
      throw new UsageError(`--direction is ${DIRECTIONS.join(', ')}`);

    const print = (line: unknown) => io.out(JSON.stringify(line));
    const report = values.edges === true ? new EdgeReport(print, endAfter) : new PartReport(print);
    const reader = new MultipartReader({}, (skipped) => io.err(`skipped ${describe(skipped)}`));
    const classifier = new Classifier();
    const take = (parts: Part[]) => {
      for (const part of parts) {
        if (part.kind === 'picture') report.picture(part);
        else report.document(part, classifier, io);
      }
    };
    // Frames are gathered whole: a capture of them is small, and only its beginning tells what it is.
    let frames: Buffer[] | null = direction === undefined ? null : [];
    let isFirst = true;
    const read = (chunk: Buffer) => {
      if (chunk.length === 0) return;
      if (isFirst && holdsFrames(chunk)) frames ??= [];
      isFirst = false;
      if (frames === null) take(reader.push(chunk));
      else frames.push(chunk);
    };
    try {
      const input = file === '-' ? process.stdin : createReadStream(file);
      const unwrapper = new Unwrapper();
      for await (const chunk of input as AsyncIterable<Buffer>) {
        if (io.signal.aborted) break;
        read(unwrapper.push(chunk));
      }
      read(unwrapper.finish());
    } catch (error) {
      io.err(`${file}: ${(error as Error).message}`);
      return 1;
    }
    if (frames !== null) return printFrames(Buffer.concat(frames), file, direction, io);
    take(reader.finish());
    if (reader.cutHeader !== null) report.cut(reader.cutHeader);
    report.finish();
    if (report.documents === 0) {
      io.err(`${file}: no part of an alertStream, no push body and no event found`);
      return 1;
    }
    return 0;
  },
};

const DIRECTIONS = ['request', 'reply', 'push'] as const satisfies readonly Direction[];

/**
 * Are these the first bytes of frames? A frame begins with its length, of which the first byte is zero; hexadecimal text with
 * digits. Streams begin with a boundary or a header, documents with `<` or `{`.
 */
function holdsFrames(head: Buffer): boolean {
  if (isHexText(head)) {
    if (!/^\s*(?:#|(?:0x)?[0-9a-f]{2})/i.test(head.toString('latin1', 0, 256))) return false;
    try {
      return captureBytes(head.toString('latin1')).length > 0;
    } catch {
      return false; // some other text
    }
  }
  if (head[0] !== 0) return false;
  const [first] = decodeCapture(head.subarray(0, 64));
  if (first !== undefined && (first.name !== null || first.statusName !== null)) return true;
  // Firmware pads documents with NULs.
  const kind = sniff(head);
  return kind !== 'xml' && kind !== 'json' && !/^\0*(?:\r?\n)*--/.test(head.toString('latin1', 0, 256));
}

/** @returns the exit status. */
function printFrames(bytes: Buffer, file: string, direction: Direction | undefined, io: CliIo): number {
  let readable = 0;
  try {
    for (const frame of decodeCapture(isHexText(bytes) ? bytes.toString('latin1') : bytes, direction)) {
      if (frame.problem === null || frame.command !== null || frame.statusName !== null) readable++;
      io.out(JSON.stringify(frameLine(frame)));
    }
  } catch (error) {
    io.err(`${file}: ${(error as Error).message}`);
    return 1;
  }
  if (readable > 0) return 0;
  io.err(`${file}: no frame of the command port found`);
  return 1;
}

function frameLine(frame: CapturedFrame): Record<string, unknown> {
  const { length, command, name, clientIp, userId, mac, status, statusName, body, decoded, truncated, problem } = frame;
  return {
    direction: frame.direction,
    length,
    command,
    name,
    clientIp,
    userId,
    mac,
    status,
    ...(statusName === null ? {} : { statusName }),
    body,
    ...(decoded === null ? {} : { decoded }),
    ...(truncated ? { truncated } : {}),
    ...(problem === null || truncated ? {} : { error: problem }),
  };
}

/** What the header of a part said that was cut off before its body. */
type CutHeader = NonNullable<MultipartReader['cutHeader']>;

interface Report {
  documents: number;
  document(part: Part, classifier: Classifier, io: CliIo): void;
  picture(part: Part): void;
  /** The input ended in the header of a part. */
  cut(header: CutHeader): void;
  finish(): void;
}

/** One line per document; it waits for the pictures that may follow. */
class PartReport implements Report {
  documents = 0;
  private line: Record<string, unknown> | null = null;
  private details: Readonly<Record<string, unknown>> = {};
  private pictures: {
    readonly name: string;
    readonly contentType: string;
    readonly sizeBytes: number;
    readonly role: PictureRole | null;
    readonly truncated?: true;
  }[] = [];
  /** Pictures before the first event, without their bytes: its own where it stays the only one, as in a push. */
  private early: { readonly header: CutHeader; readonly sizeBytes: number; readonly isTruncated: boolean }[] = [];

  constructor(private readonly print: (line: unknown) => void) {}

  document(part: Part, classifier: Classifier, io: CliIo): void {
    for (const { header, sizeBytes } of this.documents === 0 ? [] : this.early.splice(0))
      io.err(`a picture (${header.name ?? 'without name'}, ${sizeBytes} bytes) came before the first event`);
    this.finish();
    this.pictures = [];
    this.details = {};
    const index = this.documents++;
    const classified = classifier.classify(part);
    if ('notice' in classified) {
      this.details = classified.notice.details;
      this.line = { index, ...summary(classified.notice), pictures: this.pictures };
      if (part.truncated || !classified.notice.isComplete) {
        this.line['truncated'] = true;
        // Cut off in front of its state: what is missing is not known, so it is not said.
        if (!/eventState/i.test(part.body.toString('latin1'))) this.line['active'] = null;
      }
      return;
    }
    const { reason, head, rest } = classified.unreadable;
    io.err(`part ${index}: ${reason}; it begins: ${head}`);
    this.line = { index, ...NOTHING, ...rest, pictures: this.pictures };
    if (part.truncated) this.line['truncated'] = true;
    else this.line['error'] = reason;
  }

  picture(part: Part): void {
    const { contentType, name, formName, body, truncated } = part;
    const header = { contentType, name, formName };
    if (this.documents === 0) this.early.push({ header, sizeBytes: body.length, isTruncated: truncated });
    else this.addPicture(header, body.length, truncated);
  }

  cut(header: CutHeader): void {
    if (header.contentType?.startsWith('image/') === true) {
      this.addPicture(header, 0, true);
      return;
    }
    this.finish();
    this.line = { index: this.documents++, ...NOTHING, pictures: [], truncated: true };
  }

  private addPicture(part: CutHeader, sizeBytes: number, isTruncated: boolean): void {
    this.pictures.push({
      name: part.name ?? 'picture.jpg',
      contentType: part.contentType ?? 'image/jpeg',
      sizeBytes,
      role: roleOfPicture(part, this.details),
      ...(isTruncated ? { truncated: true } : {}),
    });
  }

  finish(): void {
    if (this.line === null) return;
    if (this.early.length > 0) {
      const behind = this.pictures.splice(0);
      for (const { header, sizeBytes, isTruncated } of this.early.splice(0))
        this.addPicture(header, sizeBytes, isTruncated);
      this.pictures.push(...behind);
    }
    this.print(this.line);
    this.line = null;
  }
}

const NOTHING = {
  kind: null,
  eventType: null,
  active: null,
  channel: null,
  rawChannel: null,
  heartbeat: false,
  time: null,
  target: null,
  details: {},
};

function summary(notice: Notice): Record<string, unknown> {
  const { kind, eventType, active, channel, rawChannel, heartbeat, time, target, details } = notice;
  return { kind, eventType, active, channel, rawChannel, heartbeat, time, target, details };
}

class EdgeReport implements Report {
  documents = 0;
  private readonly edges: Edges;
  private readonly clock = new CapturedClock(CLOCK_SET_BACK_MS);

  constructor(
    private readonly print: (line: unknown) => void,
    endAfterMs: number,
  ) {
    this.edges = new Edges({ endAfterMs });
  }

  document(part: Part, classifier: Classifier, io: CliIo): void {
    const index = this.documents++;
    const classified = classifier.classify(part);
    if ('unreadable' in classified) {
      const { reason, head } = classified.unreadable;
      io.err(`part ${index}: ${reason}; it begins: ${head}`);
      return;
    }
    const { notice } = classified;
    // A message that breaks off may lack the word that says what it is about.
    if (!notice.isComplete) return;
    for (const edge of this.edges.push(notice, this.clock.at(notice.timeMs))) this.edge(edge);
  }

  picture(): void {
    // Pictures make no edges.
  }

  cut(): void {
    // Nobody knows what it would have been.
    this.documents++;
  }

  finish(): void {
    // The end of a file ends no event.
  }

  private edge(edge: Edge): void {
    const { eventType, channel, time } = edge.notice;
    this.print({
      kind: edge.kind,
      eventType,
      channel,
      state: edge.state,
      time,
      ...(edge.inferred ? { inferred: true } : {}),
    });
  }
}

function describe(skipped: Skipped): string {
  return `${skipped.sizeBytes} bytes (${skipped.reason}), beginning: ${excerpt(skipped.head)}`;
}
