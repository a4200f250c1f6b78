/**
 * One camera, reached directly and behind a recorder, is one camera: the recorder's word about it counts only where the camera
 * itself says nothing. Cameras are known by their serial number, else by their address. Pure: the time is handed in.
 */
import { EVENT_END_AFTER_MS, MERGE_WINDOW_MS } from '../settings';
import type { EdgeNotice } from './edges';
import { EVENT_KINDS } from './kinds';

/** How a camera is known; null for what is not. */
export interface CameraNames {
  readonly serial: string | null;
  /** Host or IP address. */
  readonly address: string | null;
}

type Sighted = Pick<EdgeNotice, 'kind' | 'active' | 'channel'>;

/** What a recorder's message about one of its cameras is. */
export type StandIn =
  /** Nobody else tells it. */
  | 'own'
  /** The camera itself has told it. */
  | 'told'
  /** The camera is heard, and has not told it yet. */
  | 'open';

export class Site {
  private readonly members = new Set<SiteMember>();

  /** A device joins; it leaves with `leave`. */
  join(): SiteMember {
    const member: SiteMember = new SiteMember(
      (names) => this.directly(member, names),
      () => this.members.delete(member),
    );
    this.members.add(member);
    return member;
  }

  /** The member that is this camera itself and is heard now. */
  private directly(asking: SiteMember, { serial, address }: CameraNames): SiteMember | undefined {
    let byAddress: SiteMember | undefined;
    for (const member of this.members) {
      if (member === asking || !member.isHeard) continue;
      if (serial !== null && member.names.serial !== null) {
        if (isSameSerial(member.names.serial, serial)) return member;
        // Two serial numbers that differ are two cameras, whatever their addresses say.
        continue;
      }
      if (address !== null && member.names.address === address) byAddress ??= member;
    }
    return byAddress;
  }
}

export class SiteMember {
  names: CameraNames = { serial: null, address: null };
  /** Its own events arrive now. */
  isHeard = false;

  /** Cameras behind it, by channel; empty for what is no recorder. */
  private cameras: ReadonlyMap<number, CameraNames> = new Map();
  /** When something was last seen by itself, by kind and state, which bound it. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly directly: (names: CameraNames) => SiteMember | undefined,
    readonly leave: () => void,
  ) {}

  is(names: CameraNames): void {
    this.names = normal(names);
  }

  has(cameras: ReadonlyMap<number, CameraNames>): void {
    this.cameras = new Map([...cameras].map(([channel, names]) => [channel, normal(names)]));
  }

  /** Something that this device saw with its own lens. */
  saw(notice: Sighted, nowMs: number): void {
    if (this.cameras.size > 0) return;
    this.seen.set(keyOf(notice), nowMs);
  }

  /** Whose is it to tell? Only a recorder's message about a camera that is also reached directly is not its own. */
  standsIn(notice: Sighted, nowMs: number): StandIn {
    const names = notice.channel === null ? undefined : this.cameras.get(notice.channel);
    const camera = names === undefined ? undefined : this.directly(names);
    if (camera === undefined) return 'own';
    const atMs = camera.seen.get(keyOf(notice));
    const isSpan = notice.kind !== null && EVENT_KINDS[notice.kind].edges === 'span';
    // What lasts is told as long as it lasts, even by a camera that does not repeat it every second.
    const windowMs = isSpan && notice.active ? EVENT_END_AFTER_MS : MERGE_WINDOW_MS;
    return atMs !== undefined && nowMs - atMs <= windowMs ? 'told' : 'open';
  }
}

function keyOf({ kind, active }: Sighted): string {
  return `${kind} ${active}`;
}

/** Shortest serial number that can stand for a longer one; the model in front of it is left out by some. */
const SERIAL_TAIL = 9;

function isSameSerial(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  return one === other || (short.length >= SERIAL_TAIL && long.endsWith(short));
}

/** Serial numbers are spelled with and without hyphens and blanks. */
function normal({ serial, address }: CameraNames): CameraNames {
  return {
    serial: serial?.replace(/[\s-]+/g, '').toUpperCase() || null,
    address: address?.trim().toLowerCase() || null,
  };
}
