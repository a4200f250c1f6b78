/** `hsp decode FILE`: captured bytes to JSON lines. */
import { createReadStream } from 'node:fs';
import { MultipartReader, type Part, type Skipped } from '../codec/multipart';
import { excerpt } from '../codec/text';
import { Classifier } from '../events/classify';
import { CapturedClock, Edges, type Edge } from '../events/edges';
import type { Notice } from '../events/event';
import { CLOCK_SET_BACK_MS, EVENT_END_AFTER_MS } from '../settings';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

export const decode: Verb = {
  name: 'decode',
  summary: 'captured bytes to JSON lines',
  help: `hsp decode FILE [--edges] [--end-after SECONDS]

Reads what a device sent: a captured alertStream, the body of a push (multipart/form-data; the boundary is found in
the bytes), or a single XML or JSON event. FILE may be - for standard input.

Prints one JSON line per part, in order:
  index, kind, eventType, active, channel, rawChannel, heartbeat, time, target, details, pictures
Pictures belong to the event before them. A part that was cut off has "truncated": true, one that cannot be read has
"error". Parts that make no sense are noted on standard error.

  --edges              one line per edge instead (kind, eventType, channel, state, time): repeats become start ... end,
                       on the clock of the capture
  --end-after SECONDS  silence after which an event has ended (default ${EVENT_END_AFTER_MS / 1000})

Exit status: 0 fine, 1 the file cannot be read or holds no part, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      edges: { type: 'boolean' },
      'end-after': { type: 'string' },
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('decode takes one FILE');
    const endAfter = values['end-after'] === undefined ? EVENT_END_AFTER_MS : Number(values['end-after']) * 1000;
    if (!Number.isFinite(endAfter) || endAfter < 0) throw new UsageError('--end-after takes a number of seconds');

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
    try {
      const input = file === '-' ? process.stdin : createReadStream(file);
      for await (const chunk of input) {
        if (io.signal.aborted) break;
        take(reader.push(chunk as Buffer));
      }
    } catch (error) {
      io.err(`${file}: ${(error as Error).message}`);
      return 1;
    }
    take(reader.finish());
    report.finish();
    if (report.documents === 0) {
      io.err(`${file}: no part of an alertStream, no push body and no event found`);
      return 1;
    }
    return 0;
  },
};

interface Report {
  documents: number;
  document(part: Part, classifier: Classifier, io: CliIo): void;
  picture(part: Part): void;
  finish(): void;
}

/** One line per document; it waits for the pictures that may follow. */
class PartReport implements Report {
  documents = 0;
  private line: Record<string, unknown> | null = null;
  private pictures: { name: string; contentType: string; sizeBytes: number }[] = [];

  constructor(private readonly print: (line: unknown) => void) {}

  document(part: Part, classifier: Classifier, io: CliIo): void {
    this.finish();
    this.pictures = [];
    const index = this.documents++;
    const classified = classifier.classify(part);
    if ('notice' in classified) {
      this.line = { index, ...summary(classified.notice), pictures: this.pictures };
      if (part.truncated || !classified.notice.isComplete) this.line['truncated'] = true;
      return;
    }
    const { reason, head } = classified.unreadable;
    io.err(`part ${index}: ${reason}; it begins: ${head}`);
    this.line = { index, ...NOTHING, pictures: this.pictures };
    if (part.truncated) this.line['truncated'] = true;
    else this.line['error'] = reason;
  }

  picture(part: Part): void {
    const name = part.name ?? 'picture.jpg';
    this.pictures.push({ name, contentType: part.contentType ?? 'image/jpeg', sizeBytes: part.body.length });
  }

  finish(): void {
    if (this.line !== null) this.print(this.line);
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
