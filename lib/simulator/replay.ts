/** When each piece of a captured alertStream is due, by the `dateTime` of its parts. The bytes stay as they are. */

export interface Replay {
  readonly bytes: Buffer;
  /** Multiple of the captured time; `Infinity`: all at once. */
  readonly speed: number;
}

/** One part: `bytes[from..to)`, due `atMs` after the first one at speed 1. */
export interface ReplayPiece {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
}

/** Between parts where the capture does not say when they came. */
const UNTIMED_INTERVAL_MS = 1_000;
/** A longer gap, or a step back, means that the device's clock was set. */
const MAX_GAP_MS = 30 * 60_000;

/**
 * Cuts a capture before each of its delimiter lines. What stands before the first one belongs to the first piece; a
 * capture without delimiters is one piece.
 */
export function planReplay(bytes: Buffer): ReplayPiece[] {
  const starts = partStarts(bytes);
  const pieces: ReplayPiece[] = [];
  const times = starts.map((from, index) => timeOf(bytes, from, starts[index + 1] ?? bytes.length));
  const isTimed = times.some((time) => time !== null);
  let atMs = 0;
  let before: number | null = null;
  starts.forEach((from, index) => {
    const time = times[index] ?? null;
    if (!isTimed) {
      atMs = index * UNTIMED_INTERVAL_MS;
    } else if (time !== null) {
      // A picture has no time of its own: it follows its event at once.
      if (before !== null && time > before && time - before <= MAX_GAP_MS) atMs += time - before;
      before = time;
    }
    pieces.push({ from: index === 0 ? 0 : from, to: starts[index + 1] ?? bytes.length, atMs });
  });
  return pieces;
}

function partStarts(bytes: Buffer): number[] {
  const first = firstDelimiter(bytes);
  if (first === null) return [0];
  const needle = Buffer.concat([Buffer.from('\n'), first.delimiter]);
  const starts = [first.at];
  for (let at = bytes.indexOf(needle, first.at); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
    // A line that begins the same may be a longer one, or text in a picture; both keep their bytes, so no harm is done.
    starts.push(at + 1);
  }
  return starts;
}

/** How far we look for the first delimiter: captures may begin with a response head. */
const PREAMBLE_BYTES = 16 * 1_024;

function firstDelimiter(bytes: Buffer): { at: number; delimiter: Buffer } | null {
  const head = bytes.toString('latin1', 0, Math.min(bytes.length, PREAMBLE_BYTES));
  const match = /(?:^|\n)(--[^\s]{1,80})[ \t]*\r?\n/.exec(head);
  if (match?.[1] === undefined) return null;
  const at = match.index + (match[0].startsWith('\n') ? 1 : 0);
  return { at, delimiter: Buffer.from(match[1], 'latin1') };
}

/** How far into a part its `dateTime` is looked for; pictures are not searched through. */
const TIME_SEARCH_BYTES = 8 * 1_024;

/** Milliseconds since 1970 as if the time were UTC: only differences count. Null where a part names none. */
function timeOf(bytes: Buffer, from: number, to: number): number | null {
  const text = bytes.toString('latin1', from, Math.min(to, from + TIME_SEARCH_BYTES));
  const match = /dateTime"?\s{0,8}[>:]\s{0,8}"?\s{0,8}(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d{1,6})?/i.exec(
    text,
  );
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) + Number(match[7] ?? 0) * 1_000;
  return Number.isFinite(ms) ? ms : null;
}
