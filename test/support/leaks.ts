/** What a piece of work leaves behind: sockets, timers, listeners on what everybody shares, and objects that should be gone. */
import { getEventListeners } from 'node:events';
import v8 from 'node:v8';
import { systemClock } from '../../lib/clock';
import { settle } from './fake-clock';

interface Class {
  readonly name: string;
}

/** Counts after a full collection; there since Node 20.13. */
const queryObjects = (v8 as unknown as { queryObjects?: (of: Class, options: { format: 'count' }) => number })
  .queryObjects;

export interface Resources {
  readonly handles: ReadonlyMap<string, number>;
  readonly listeners: number;
}

/** Emitters that outlive every client of ours. */
const SHARED = [process, process.stdout, process.stderr];

export function resources(): Resources {
  const handles = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) handles.set(name, (handles.get(name) ?? 0) + 1);
  let listeners = 0;
  for (const emitter of SHARED)
    for (const name of emitter.eventNames()) listeners += getEventListeners(emitter, String(name)).length;
  return { handles, listeners };
}

/** Handles that come and go by themselves: what a test runner and the file system have under way. */
const FLEETING =
  /^(Immediate|TickObject|FSReq|FSReqCallback|GetAddrInfoReqWrap|PipeWrap|TTYWrap|Process|MessagePort|FileHandle)/;
/** How long a socket that was destroyed may take to tell so. */
const GONE_WITHIN_MS = 3_000;

function moreThan(before: Resources, now: Resources): string[] {
  const more = [...now.handles]
    .filter(([name, count]) => !FLEETING.test(name) && count > (before.handles.get(name) ?? 0))
    .map(([name, count]) => `${count - (before.handles.get(name) ?? 0)} ${name}`);
  if (now.listeners > before.listeners) more.push(`${now.listeners - before.listeners} listeners on shared emitters`);
  return more;
}

/** @returns what is there beyond `before`, once what is on its way out has had its time. */
export async function leakedSince(before: Resources): Promise<string[]> {
  const deadline = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    await settle(3);
    const more = moreThan(before, resources());
    if (more.length === 0 || performance.now() > deadline) return more;
    await new Promise<void>((resolve) => systemClock.after(10, resolve));
  }
}

/** How many objects of these classes are alive; null where this Node cannot count them. */
export function alive(classes: readonly Class[]): Readonly<Record<string, number>> | null {
  if (queryObjects === undefined) return null;
  const counts = classes.map((each) => [each.name, queryObjects(each, { format: 'count' })] as const);
  return Object.fromEntries(counts);
}
