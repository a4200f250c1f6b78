/** Pan, tilt and zoom: where a channel has them, and movements that stop by themselves. */
import { encode } from '../../codec/layout';
import { PTZ_CODES, ptzControl, stopCode, type PtzMove } from '../../codec/structs';
import { ConnectionLostError, DeviceBusyError, TimeoutError, type HikvisionError } from '../../errors';
import { BUSY_RETRY_WAITS_MS, MOVE_MAX_MS } from '../../settings';
import { wait, type CommandContext, type IntegerParam, type Steps } from '../command';
import { askPort, waitPort, type PortSteps } from '../port';
import { firstThatWorks, isAbsence, isRefusal, mostTelling } from '../ways';

/** Cameras and analog channels have the plain path, IP channels of a recorder the proxy (isapi.md §4.1). */
const PTZ_BASES = {
  plain: '/ISAPI/PTZCtrl/channels',
  proxy: '/ISAPI/ContentMgmt/PTZCtrlProxy/channels',
} as const;

/** Does something below the PTZ path of a channel, wherever that is. */
export function ptz<R>(channel: number, context: CommandContext, attempt: (base: string) => Steps<R>): Steps<R> {
  const ways = Object.keys(PTZ_BASES) as (keyof typeof PTZ_BASES)[];
  const key = `camera.ptz/${channel}`;
  return firstThatWorks(ways, context.memory, key, (way) => attempt(`${PTZ_BASES[way]}/${channel}`));
}

/** The paths that {@link ptz} tries, for the definition of a command. */
export function ptzPaths(...leaves: readonly string[]): readonly string[] {
  return leaves.flatMap((leaf) => Object.values(PTZ_BASES).map((base) => `${base}/{channel}/${leaf}`));
}

export const speedParam = { kind: 'integer', unit: '%', min: -100, max: 100, default: 0 } as const;

export const forMsParam = {
  kind: 'integer',
  title: 'For',
  description: 'How long to move; 0 sends the speed and leaves the stopping to you.',
  unit: 'ms',
  min: 0,
  max: MOVE_MAX_MS,
  default: 500,
} as const satisfies IntegerParam;

/* Movements that stop by themselves */

/** Something that moves until it is told to stop. */
interface Drive {
  /** Under which it is remembered who moved last. */
  readonly key: string;
  readonly start: () => Steps<unknown>;
  readonly stop: () => Steps<unknown>;
}

export function moveKey(channel: number): string {
  return `camera.move/${channel}`;
}

function runningKey(key: string): string {
  return `${key}/running`;
}

/** Whoever moves last owns the drive: an older movement that ends must not stop a newer one. */
function own(key: string, memory: Map<string, unknown>): () => boolean {
  const mark = Symbol(key);
  memory.set(key, mark);
  return () => memory.get(key) === mark;
}

/** Something else moves the camera now, and ends by itself; an older movement no longer has to be stopped. */
export function supersede(channel: number, memory: Map<string, unknown>): void {
  own(moveKey(channel), memory);
  memory.delete(runningKey(moveKey(channel)));
}

/** Stops a drive on request. */
export function* halt(drive: Drive, memory: Map<string, unknown>): Steps<void> {
  own(drive.key, memory);
  yield* drive.stop();
}

/**
 * Moves for a while and stops, whatever happens meanwhile; 0 leaves the stopping to the caller.
 *
 * @returns whether it was told to stop; false also when a newer movement took over.
 */
export function* hold(drive: Drive, forMs: number, memory: Map<string, unknown>): Steps<boolean> {
  const isOwner = own(drive.key, memory);
  if (forMs === 0) {
    yield* drive.start();
    return false;
  }
  let stopped = false;
  let mayMove = true;
  try {
    try {
      yield* drive.start();
    } catch (error) {
      // Without an answer, or given up before it came, the camera may have begun to move; after a refusal it has not.
      mayMove = !isRefusal(error);
      throw error;
    }
    yield* wait(forMs);
  } finally {
    if (mayMove && isOwner()) stopped = yield* insist(drive, isOwner);
  }
  return stopped;
}

/** Errors that may pass, after which a camera that moves must be told again to stop. */
function mayPass(error: unknown): boolean {
  return error instanceof DeviceBusyError || error instanceof TimeoutError || error instanceof ConnectionLostError;
}

/**
 * Stops a drive, insisting while the device is busy or out of reach: most cameras never stop by themselves.
 *
 * @returns false when a newer movement took it over meanwhile.
 */
function* insist(drive: Drive, isOwner: () => boolean): Steps<boolean> {
  for (const waitMs of BUSY_RETRY_WAITS_MS) {
    try {
      yield* drive.stop();
      return true;
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
    yield* wait(waitMs);
    if (!isOwner()) return false;
  }
  yield* drive.stop();
  return true;
}

/* The same in binary: a code for each direction, one speed from 1 to 7, and the same code turned over to stop. */

const MAX_PORT_SPEED = 7;

export interface PortMove {
  readonly move: PtzMove;
  readonly speed: number;
}

interface PortDrive {
  /** The channel as the device counts it. */
  readonly number: number;
  readonly key: string;
  /** Nothing: stop. */
  readonly moves: readonly PortMove[];
  /** What stops whatever moves, when nobody knows what that is. */
  readonly any: readonly PortMove[];
}

export function portSpeed(percent: number): number {
  return Math.max(1, Math.round((Math.abs(percent) / 100) * MAX_PORT_SPEED));
}

export function* drivePort(channel: number, code: number, value: number): PortSteps<void> {
  yield* askPort('ptz', encode(ptzControl, { channel, code, value }));
}

/** As {@link halt} and {@link hold}. */
export function* holdPort(drive: PortDrive, forMs: number, memory: Map<string, unknown>): PortSteps<boolean> {
  const { number, key, moves } = drive;
  const isOwner = own(key, memory);
  const running = runningKey(key);
  if (moves.length === 0) {
    yield* insistPort(drive, (memory.get(running) as readonly PortMove[] | undefined) ?? drive.any, isOwner);
    memory.delete(running);
    return true;
  }
  memory.set(running, moves);
  let stopped = false;
  let mayMove = true;
  try {
    try {
      for (const { move, speed } of moves) yield* drivePort(number, PTZ_CODES[move], speed);
    } catch (error) {
      mayMove = moves.length > 1 || !isRefusal(error);
      throw error;
    }
    if (forMs > 0) yield* waitPort(forMs);
    else mayMove = false; // the stopping is left to the caller
  } finally {
    if (mayMove && isOwner()) {
      stopped = yield* insistPort(drive, moves, isOwner);
      memory.delete(running);
    }
  }
  return stopped;
}

/** As {@link insist}. @throws the refusal when the device stops nothing of it. */
function* insistPort(
  { number, any }: PortDrive,
  moves: readonly PortMove[],
  isOwner: () => boolean,
): PortSteps<boolean> {
  const refusals: HikvisionError[] = [];
  for (const { move, speed } of moves) {
    for (let attempt = 0; ; attempt++) {
      try {
        yield* drivePort(number, stopCode(PTZ_CODES[move]), speed);
        break;
      } catch (error) {
        const waitMs = BUSY_RETRY_WAITS_MS[attempt];
        // A camera without zoom refuses to stop it.
        if (moves === any && isAbsence(error)) {
          refusals.push(error);
          break;
        }
        if (!mayPass(error) || waitMs === undefined) throw error;
        yield* waitPort(waitMs);
        if (!isOwner()) return false;
      }
    }
  }
  const refusal = mostTelling(refusals);
  if (refusal !== undefined && refusals.length === moves.length) throw refusal;
  return true;
}
