/** Doors with a lock and a contact: they are opened from afar, by a card, or by force, and say what happens (isapi.md §7.2). */
import type { Timer } from '../../clock';
import { decodeText } from '../../codec/text';
import { parseXml, textAt, type XmlElement } from '../../codec/xml';
import { xmlAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall, SimulatedDevice } from '../device';
import type { AccessEntry, AccessLog } from './access-log';
import { jsonDocument } from './json';

type DoorMode = 'normal' | 'heldOpen' | 'heldClosed';

interface Door {
  mode: DoorMode;
  isUnlocked: boolean;
  isOpen: boolean;
  /** Locks again. */
  relock: Timer | null;
}

/** How long a lock stays open. */
export const OPEN_MS = 5_000;
/** How long somebody takes to go through. */
const PASSING_MS = 3_000;

const NAMESPACE = 'http://www.isapi.org/ver20/XMLSchema';
const COMMANDS = ['open', 'close', 'alwaysOpen', 'alwaysClose', 'resume'] as const;
type DoorCommand = (typeof COMMANDS)[number];

/** Which record a command from afar leaves: major 3. `resume` has none of its own. */
const REMOTE_MINORS: Readonly<Record<DoorCommand, number | null>> = {
  open: 0x400,
  close: 0x401,
  alwaysOpen: 0x402,
  alwaysClose: 0x403,
  resume: null,
};
/** A larger number means all doors. */
const ALL_DOORS = 65_535;
/** `doorStatus` of each mode. */
const MODE_NUMBERS: Readonly<Record<DoorMode, number>> = { heldOpen: 2, heldClosed: 3, normal: 4 };
/** Arrays of a work status are longer than the doors that are fitted. */
const STATUS_LENGTH = 4;

export class Doors {
  private readonly doors: readonly Door[];

  constructor(
    count: number,
    private readonly log: AccessLog,
  ) {
    this.doors = Array.from({ length: count }, () => ({
      mode: 'normal',
      isUnlocked: false,
      isOpen: false,
      relock: null,
    }));
  }

  /** Somebody was let in and goes through: unlocked, opened, closed, locked. */
  letIn(device: SimulatedDevice, number: number, entry: Omit<AccessEntry, 'major' | 'door'>): void {
    this.log.record(device, { ...entry, major: 'event', door: number });
    this.unlock(device, number);
    const { isOpen } = this.doorAt(number);
    if (isOpen) return;
    device.later(1_000, () => this.moveContact(device, number, true));
    device.later(1_000 + PASSING_MS, () => this.moveContact(device, number, false));
  }

  /** The door is opened although it is locked. */
  force(device: SimulatedDevice, number: number): void {
    this.doorAt(number).isOpen = true;
    this.log.record(device, { major: 'event', minor: 0x1b, door: number });
  }

  /** The door was opened and nobody closed it. */
  leaveOpen(device: SimulatedDevice, number: number): void {
    this.moveContact(device, number, true);
    this.log.record(device, { major: 'event', minor: 0x1c, door: number });
  }

  shut(device: SimulatedDevice, number: number): void {
    this.moveContact(device, number, false);
  }

  command(device: SimulatedDevice, number: number, command: DoorCommand): void {
    const door = this.doorAt(number);
    const minor = REMOTE_MINORS[command];
    if (minor !== null) this.log.record(device, { major: 'operation', minor, door: number });
    const before = door.mode;
    if (command === 'resume' || command === 'alwaysOpen' || command === 'alwaysClose') {
      door.mode = command === 'resume' ? 'normal' : command === 'alwaysOpen' ? 'heldOpen' : 'heldClosed';
      if (before !== door.mode) this.tellMode(device, number, before, door.mode);
    }
    // A door that is held closed is answered OK and stays where it is.
    if (command === 'open' && door.mode !== 'heldClosed') this.unlock(device, number);
    else if (command === 'alwaysOpen') this.unlock(device, number);
    else if (command !== 'open') this.lock(device, number);
  }

  routes(): Route[] {
    const base = '/ISAPI/AccessControl';
    return [
      {
        method: 'GET',
        path: new RegExp(`^${base}/RemoteControl/door/capabilities$`, 'i'),
        run: ({ device }) =>
          xmlAnswer(
            `<RemoteControlDoor version="2.0" xmlns="${NAMESPACE}">
            <doorNo min="1" max="${this.doors.length}"/>
            <cmd opt="${COMMANDS.join(',')}"/>
            </RemoteControlDoor >`,
            device.lineEnd,
          ),
      },
      {
        method: 'PUT',
        path: new RegExp(`^${base}/RemoteControl/door/(\\d{1,5})$`, 'i'),
        run: (call) => this.control(call),
      },
      jsonDocument(new RegExp(`^${base}/AcsWorkStatus$`, 'i'), () => this.workStatus()),
    ];
  }

  private control(call: RouteCall): DeviceAnswer {
    const number = Number(call.groups[0]);
    const numbers = number === ALL_DOORS ? this.doors.map((_door, index) => index + 1) : [number];
    if (numbers.some((one) => one < 1 || one > this.doors.length)) return call.status('invalidOperation');
    let body: XmlElement;
    try {
      body = parseXml(decodeText(call.request.body));
    } catch {
      return call.status('badXmlFormat');
    }
    if (body.name.toLowerCase() !== 'remotecontroldoor') return call.status('badXmlContent');
    const word = textAt(body, 'cmd');
    if (word === null) return call.status('MessageParametersLack', 'cmd');
    const command = COMMANDS.find((one) => one === word);
    if (command === undefined) return call.status('badParameters', 'cmd');
    // Without namespace and version the answer is OK and no door moves, as real terminals do it.
    const isTaken = body.attributes['version'] !== undefined && body.attributes['xmlns'] === NAMESPACE;
    if (isTaken) for (const one of numbers) this.command(call.device, one, command);
    return call.status('ok');
  }

  private workStatus(): unknown {
    const padded = (values: readonly number[], filler: number) =>
      Array.from({ length: STATUS_LENGTH }, (_, index) => values[index] ?? filler);
    return {
      AcsWorkStatus: {
        doorLockStatus: padded(
          this.doors.map((door) => Number(door.isUnlocked)),
          0,
        ),
        doorStatus: padded(
          this.doors.map(({ mode }) => MODE_NUMBERS[mode]),
          4,
        ),
        magneticStatus: padded(
          this.doors.map((door) => Number(door.isOpen)),
          0,
        ),
        cardReaderOnlineStatus: this.doors.map((_door, index) => index + 1),
        hostAntiDismantleStatus: 'close',
        powerSupplyStatus: 'ACPowerSupply',
      },
    };
  }

  private tellMode(device: SimulatedDevice, door: number, before: DoorMode, now: DoorMode): void {
    const tell = (minor: number) => this.log.record(device, { major: 'event', minor, door });
    if (before === 'heldOpen') tell(0x14);
    if (before === 'heldClosed') tell(0x20);
    if (now === 'heldOpen') tell(0x13);
    if (now === 'heldClosed') tell(0x1f);
  }

  private unlock(device: SimulatedDevice, number: number): void {
    const door = this.doorAt(number);
    door.relock?.cancel();
    door.relock = null;
    if (!door.isUnlocked) this.log.record(device, { major: 'event', minor: 0x15, door: number });
    door.isUnlocked = true;
    if (door.mode === 'heldOpen') return;
    door.relock = device.later(OPEN_MS, () => this.lock(device, number));
  }

  private lock(device: SimulatedDevice, number: number): void {
    const door = this.doorAt(number);
    door.relock?.cancel();
    door.relock = null;
    if (door.isUnlocked) this.log.record(device, { major: 'event', minor: 0x16, door: number });
    door.isUnlocked = false;
  }

  private moveContact(device: SimulatedDevice, number: number, isOpen: boolean): void {
    const door = this.doorAt(number);
    if (door.isOpen === isOpen) return;
    door.isOpen = isOpen;
    this.log.record(device, { major: 'event', minor: isOpen ? 0x19 : 0x1a, door: number });
  }

  private doorAt(number: number): Door {
    const door = this.doors[number - 1];
    if (door === undefined) throw new RangeError(`door ${number} of ${this.doors.length}`);
    return door;
  }
}
