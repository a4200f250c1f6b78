/** What can be wrong with a simulated device: one table, read by the sockets, the stream, the command line and the docs. */

interface Fault {
  /** One line for `--help`. */
  readonly summary: string;
  /** What happens to connections: `cut` ends and refuses them, `mute` takes them and never answers. */
  readonly connections?: 'cut' | 'mute';
  /** Nothing comes on an alertStream any more, not even a heartbeat. */
  readonly silentStream?: true;
  /** The second half of each answer keeps the client waiting. */
  readonly slowBody?: true;
  /** What is done to the parts of an alertStream. */
  readonly parts?: 'garbage' | 'wrongLength';
  /** The account is locked for the lock time. */
  readonly locked?: true;
  /** Goes away for a while, comes back busy, then is well again; old nonces are forgotten. */
  readonly restart?: true;
  /** HTTP is cut and refused, the command port is not. */
  readonly httpClosed?: true;
  /** What is done to the command port; HTTP is well. */
  readonly commandPort?: CommandPortFault;
}

/**
 * - `split`, `joined`: frames in many segments, and many in one
 * - `shortAck`: an answer without a body has 8 bytes instead of 16
 * - `length0`, `length3`, `length2g`: frames lie about their length
 * - `closed`: connections are cut and refused
 */
export type CommandPortFault =
  | 'split'
  | 'joined'
  | 'wrongChecksum'
  | 'shortAck'
  | 'length0'
  | 'length3'
  | 'length2g'
  | 'silence'
  | 'reset'
  | 'closed';

export const FAULTS = {
  'silent-stream': {
    summary: 'alertStreams and alarm channels say nothing; requests are answered',
    silentStream: true,
  },
  'half-open': {
    summary: 'connections stay open and nothing is answered, as after a lost link',
    connections: 'mute',
    silentStream: true,
  },
  'slow-body': {
    summary: 'the second half of each answer comes 30 s late',
    slowBody: true,
  },
  'garbage-part': {
    summary: 'a part without sense before each part of an alertStream',
    parts: 'garbage',
  },
  refused: {
    summary: 'connections are cut and refused',
    connections: 'cut',
  },
  reboot: {
    summary: 'restarts: cut and refused for 20 s, busy (503) for 5 s, then well again',
    restart: true,
  },
  'wrong-content-length': {
    summary: 'the Content-Length of each part of an alertStream is too small or too large',
    parts: 'wrongLength',
  },
  locked: {
    summary: 'the account is locked: 401 to everything, with the remaining time',
    locked: true,
  },
  'http-closed': {
    summary: 'HTTP is cut and refused, the command port is open',
    httpClosed: true,
  },
  'hsp-closed': {
    summary: 'the command port is cut and refused, HTTP is open',
    commandPort: 'closed',
  },
  'hsp-split': {
    summary: 'frames of the command port come in many small segments',
    commandPort: 'split',
  },
  'hsp-joined': {
    summary: 'frames of the command port come several to a segment',
    commandPort: 'joined',
  },
  'hsp-wrong-checksum': {
    summary: 'replies of the command port have a wrong checksum',
    commandPort: 'wrongChecksum',
  },
  'hsp-short-ack': {
    summary: 'replies without a body have 8 bytes, {8, status}, instead of 16',
    commandPort: 'shortAck',
  },
  'hsp-length-0': {
    summary: 'frames of the command port say that they have 0 bytes',
    commandPort: 'length0',
  },
  'hsp-length-3': {
    summary: 'frames of the command port say that they have 3 bytes',
    commandPort: 'length3',
  },
  'hsp-length-2g': {
    summary: 'frames of the command port say that they have 2 GB',
    commandPort: 'length2g',
  },
  'hsp-silence': {
    summary: 'the command port takes connections and answers nothing',
    commandPort: 'silence',
  },
  'hsp-reset': {
    summary: 'the command port resets connections in the middle of a frame',
    commandPort: 'reset',
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** How long the second half of a slow answer takes; three times what a client should wait. */
export const SLOW_BODY_MS = 30_000;
/** A restart: refused for so long (20 to 60 s on real devices, isapi.md §0.1), ... */
export const REBOOT_MS = 20_000;
/** ... and then 503 for so long. */
export const REBOOT_BUSY_MS = 5_000;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** What a fault does; nothing for null. */
export function faultNamed(name: FaultName | null): Fault {
  return name === null ? { summary: 'none' } : FAULTS[name];
}

/**
 * Does to one part of an alertStream what the fault says.
 * @param part the part with its delimiter line and header.
 * @param index number of the part on its stream; every other wrong length is too large.
 */
export function distortPart(part: Buffer, kind: 'garbage' | 'wrongLength' | undefined, index: number): Buffer {
  switch (kind) {
    case undefined:
      return part;
    case 'garbage':
      return Buffer.concat([garbageBefore(part, index), part]);
    case 'wrongLength':
      return withWrongLength(part, index);
  }
}

/** A part with the delimiter of its neighbour, a header that says XML, and bytes that are none. */
function garbageBefore(part: Buffer, index: number): Buffer {
  const delimiter = /^--[^\r\n]+/.exec(part.toString('latin1', 0, Math.min(part.length, 128)))?.[0] ?? '--boundary';
  const noise = Buffer.alloc(64, Buffer.from([0x00, 0x91, 0xfe, 0x3c, 0x26, 0x0d, 0x80 + (index % 64), 0x7b]));
  return Buffer.concat([
    Buffer.from(`${delimiter}\r\nContent-Type: application/xml\r\nContent-Length: ${noise.length}\r\n\r\n`),
    noise,
    Buffer.from('\r\n'),
  ]);
}

const HEADER_SEARCH_BYTES = 2_048;

function withWrongLength(part: Buffer, index: number): Buffer {
  const head = part.toString('latin1', 0, Math.min(part.length, HEADER_SEARCH_BYTES));
  const found = /^Content-Length:[ \t]*(\d+)/im.exec(head);
  if (found === null) return part;
  const right = Number(found[1]);
  const wrong = index % 2 === 0 ? right + 37 : Math.max(1, right - 53);
  return Buffer.concat([
    part.subarray(0, found.index),
    Buffer.from(`Content-Length: ${wrong}`),
    part.subarray(found.index + found[0].length),
  ]);
}
