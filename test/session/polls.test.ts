/** What polls make of answers, fed by hand. */
import { describe, expect, it } from 'vitest';
import type { AccessEvent, PanelArea, PanelZone } from '../../lib/index';
import { HikvisionError, RefusedError, UnsupportedError } from '../../lib/errors';
import { cursorKey, MemoryCursors } from '../../lib/events/cursors';
import type { Notice } from '../../lib/events/event';
import { AccessPoll } from '../../lib/session/polls/access';
import { CallPoll } from '../../lib/session/polls/calls';
import { Cursor } from '../../lib/session/polls/cursor';
import { PanelPoll } from '../../lib/session/polls/panel';
import { PlatePoll } from '../../lib/session/polls/plates';
import type { Ask, Poll } from '../../lib/session/poller';
import {
  CALLER_WAIT_MS,
  MAX_CURSORS,
  PANEL_BUSY_INTERVAL_MS,
  PANEL_BUSY_MS,
  PANEL_IDLE_INTERVAL_MS,
  PANEL_MAX_INTERVAL_MS,
  RECORD_MAX_INTERVAL_MS,
  RECORD_MIN_INTERVAL_MS,
  RECORD_NEXT_PAGE_MS,
  RECORD_RESET_CHECK_MS,
} from '../../lib/settings';

const SERIAL = 'DS-PLANTED-SERIAL';

const cursorIn = (store: MemoryCursors, what: string) => new Cursor(store, what, () => SERIAL);

/** Asks once and takes what came. */
async function once(poll: Poll, ask: Ask, nowMs = 0): Promise<{ notices: readonly Notice[]; nextMs: number }> {
  const polled = await poll.ask(ask, nowMs);
  polled.taken?.();
  return polled;
}

describe('the call of a door station', () => {
  const says =
    (status: string | null, caller: unknown = { building: 1, unit: 7 }): Ask =>
    (command, _args, withinMs) => {
      if (command === 'event.callerInfo') {
        expect(withinMs).toBe(CALLER_WAIT_MS);
        return caller instanceof Error ? Promise.reject(caller) : Promise.resolve(caller);
      }
      return Promise.resolve({ status, isRinging: status === 'ring', isInCall: status === 'onCall' });
    };
  const detailsOf = async (poll: Poll, ask: Ask, nowMs = 0) =>
    (await once(poll, ask, nowMs)).notices.map(({ kind, details }) => ({ kind, ...details }));

  it('is told with who it is, from the ring to its end', async () => {
    const poll = new CallPoll();
    const caller = { building: 1, unit: 7 };
    expect(await detailsOf(poll, says('idle'))).toEqual([]);
    expect(await detailsOf(poll, says('ring'))).toMatchObject([
      { kind: 'doorbell', key: 'doorbell', category: 'call', call: 'ringing', status: 'ring', caller, card: null },
    ]);
    expect(await detailsOf(poll, says('ring', new Error('asked twice')))).toEqual([]);
    expect(await detailsOf(poll, says('onCall'))).toMatchObject([
      { kind: 'doorbell', call: 'answered', status: 'onCall', caller },
    ]);
    expect(await detailsOf(poll, says('idle'))).toMatchObject([
      { kind: 'doorbell', call: 'ended', status: 'idle', caller },
    ]);
  });

  it('is told without who it is where the station does not say it', async () => {
    const poll = new CallPoll();
    const [ring] = await detailsOf(poll, says('ring', new UnsupportedError('404')));
    expect(ring).toMatchObject({ call: 'ringing', caller: null });
  });

  it('unknown words are no call, and stand in the details', async () => {
    const poll = new CallPoll();
    expect(await detailsOf(poll, says('dialling'))).toEqual([]);
    await detailsOf(poll, says('ring'));
    expect(await detailsOf(poll, says('dialling'))).toMatchObject([{ call: 'missed', status: 'dialling' }]);
    expect(await detailsOf(poll, says(null))).toEqual([]);
  });
});

describe('the history of access control', () => {
  /** A device with records, that searches as real ones do. */
  class Log {
    records: AccessEvent[] = [];
    readonly searches: Record<string, unknown>[] = [];
    /** It pays no heed to the serial number to begin at. */
    ignoresSerial = false;

    add(serialNo: number, minor = 1): void {
      const time = `2024-05-01T12:00:${String(serialNo % 60).padStart(2, '0')}+08:00`;
      this.records.push({ serialNo, time, major: 5, minor, door: 1, card: '007' } as AccessEvent);
    }

    readonly ask: Ask = (_command, args = {}) => {
      this.searches.push(args);
      const { fromSerial = 0, order, limit } = args as { fromSerial?: number; order: string; limit: number };
      const found = this.records.filter(({ serialNo }) => this.ignoresSerial || (serialNo ?? 0) >= fromSerial);
      if (order === 'newest') found.reverse();
      const events = found.slice(0, limit);
      return Promise.resolve({ events, total: found.length, isComplete: events.length === found.length });
    };
  }
  const pollOf = (store: MemoryCursors, tellsRings = false) =>
    new AccessPoll({ cursor: cursorIn(store, 'access'), tellsRings: () => tellsRings });
  const serials = async (poll: Poll, log: Log, nowMs = 0) =>
    (await once(poll, log.ask, nowMs)).notices.map(({ details }) => details['serialNo']);

  it('begins with what happens from now on, and goes on from there after a restart', async () => {
    const store = new MemoryCursors();
    const log = new Log();
    for (let serial = 1; serial <= 40; serial++) log.add(serial);
    const poll = pollOf(store);
    expect(await serials(poll, log)).toEqual([]);
    log.add(41);
    expect(await serials(poll, log)).toEqual([41]);
    expect(await serials(poll, log)).toEqual([]);
    log.add(42);
    log.add(43);
    const restarted = pollOf(store);
    expect(await serials(restarted, log)).toEqual([42, 43]);
    expect(await serials(restarted, log)).toEqual([]);
  });

  it('a device without records begins with the first one', async () => {
    const log = new Log();
    const poll = pollOf(new MemoryCursors());
    expect(await serials(poll, log)).toEqual([]);
    log.add(1);
    expect(await serials(poll, log)).toEqual([1]);
  });

  it('what was not handed on comes again', async () => {
    const store = new MemoryCursors();
    const log = new Log();
    log.add(1);
    const poll = pollOf(store);
    await serials(poll, log);
    log.add(2);
    // Asked, and the process ends before it is taken.
    expect((await poll.ask(log.ask, 0)).notices).toHaveLength(1);
    expect(await serials(pollOf(store), log)).toEqual([2]);
  });

  it('many records come page by page, in order, none twice', async () => {
    const log = new Log();
    log.add(1);
    const poll = pollOf(new MemoryCursors());
    await serials(poll, log);
    for (let serial = 2; serial <= 260; serial++) log.add(serial);
    const first = await once(poll, log.ask);
    expect([first.notices.length, first.nextMs]).toEqual([100, RECORD_NEXT_PAGE_MS]);
    const rest = [...(await serials(poll, log)), ...(await serials(poll, log)), ...(await serials(poll, log))];
    expect(rest).toEqual(Array.from({ length: 159 }, (_, index) => index + 102));
  });

  it('a history that was cleared is read from its new beginning', async () => {
    const log = new Log();
    for (let serial = 1; serial <= 9; serial++) log.add(serial);
    const poll = pollOf(new MemoryCursors());
    await serials(poll, log);
    log.records = [];
    log.add(1);
    expect(await serials(poll, log, RECORD_RESET_CHECK_MS - 1)).toEqual([]);
    expect(await serials(poll, log, RECORD_RESET_CHECK_MS)).toEqual([1]);
    expect(await serials(poll, log, RECORD_RESET_CHECK_MS + 1)).toEqual([]);
  });

  it('a device that pays no heed to the serial number is searched from its newest records', async () => {
    const log = new Log();
    log.ignoresSerial = true;
    for (let serial = 1; serial <= 300; serial++) log.add(serial);
    const poll = pollOf(new MemoryCursors());
    await serials(poll, log);
    for (let serial = 301; serial <= 420; serial++) log.add(serial);
    expect(await serials(poll, log)).toEqual(Array.from({ length: 120 }, (_, index) => index + 301));
    log.add(421);
    const before = log.searches.length;
    expect(await serials(poll, log)).toEqual([421]);
    expect(log.searches.slice(before)).toEqual([{ order: 'newest', limit: 100 }]);
  });

  it('what another way has told is not told again', async () => {
    const log = new Log();
    log.add(1);
    const poll = pollOf(new MemoryCursors());
    await serials(poll, log);
    log.add(2);
    poll.heard(2);
    log.add(3);
    poll.heard(1);
    expect(await serials(poll, log)).toEqual([3]);
  });

  it('rings are told only where nothing better tells them', async () => {
    for (const [tellsRings, kinds] of [
      [false, ['access']],
      [true, ['doorbell', 'access']],
    ] as const) {
      const log = new Log();
      const poll = pollOf(new MemoryCursors(), tellsRings);
      await serials(poll, log);
      log.add(1, 0x25);
      log.add(2);
      expect((await once(poll, log.ask)).notices.map(({ kind }) => kind)).toEqual(kinds);
    }
  });

  it('is asked less often while nothing happens', async () => {
    const log = new Log();
    const poll = pollOf(new MemoryCursors());
    const waits: number[] = [];
    for (let count = 0; count < 5; count++) waits.push((await once(poll, log.ask)).nextMs);
    expect(waits).toEqual([1_000, 2_000, 4_000, RECORD_MAX_INTERVAL_MS, RECORD_MAX_INTERVAL_MS]);
    log.add(1);
    expect((await once(poll, log.ask)).nextMs).toBe(RECORD_MIN_INTERVAL_MS);
  });

  it('records without serial numbers cannot be read on', async () => {
    const log = new Log();
    log.records = [{ serialNo: null, time: null } as AccessEvent];
    await expect(pollOf(new MemoryCursors()).ask(log.ask, 0)).rejects.toBeInstanceOf(UnsupportedError);
  });
});

describe('the plates of a gate', () => {
  function gate() {
    let seen: { plate: string; cursor: string }[] = [];
    const asked: unknown[] = [];
    const ask: Ask = (_command, args = {}) => {
      asked.push(args['after']);
      const after = BigInt((args['after'] as string | undefined) ?? '0');
      const plates = seen.filter(({ cursor }) => BigInt(cursor) > after);
      return Promise.resolve({ plates, cursor: plates.at(-1)?.cursor ?? (args['after'] as string | undefined) ?? '0' });
    };
    return { ask, asked, car: (plate: string, cursor: string) => (seen = [...seen, { plate, cursor }]) };
  }
  const platesOf = async (poll: Poll, ask: Ask) =>
    (await once(poll, ask)).notices.map(({ details }) => details['plate']);

  it('begin with the next car, and go on after a restart; the cursor stays text', async () => {
    const store = new MemoryCursors();
    const { ask, asked, car } = gate();
    car('OLD', '202405011200001230');
    const poll = new PlatePoll(cursorIn(store, 'plates'));
    expect(await platesOf(poll, ask)).toEqual([]);
    car('AB 1', '202405011200001231');
    expect(await platesOf(poll, ask)).toEqual(['AB 1']);
    car('AB 2', '202405011200001232');
    expect(await platesOf(new PlatePoll(cursorIn(store, 'plates')), ask)).toEqual(['AB 2']);
    expect(asked.at(-1)).toBe('202405011200001231');
  });

  it.each([
    ['none', null],
    ['one that does not run', 'gate-1'],
  ])('are left to other ways where a plate has %s of a name', async (_what, cursor) => {
    const poll = new PlatePoll(cursorIn(new MemoryCursors(), 'plates'));
    const ask: Ask = () => Promise.resolve({ plates: [{ plate: 'AB 1', cursor }], cursor: cursor ?? '0' });
    await expect(once(poll, ask)).rejects.toThrow(UnsupportedError);
  });

  it('begin anew after the stream has told them', async () => {
    const { ask, car } = gate();
    const poll = new PlatePoll(cursorIn(new MemoryCursors(), 'plates'));
    await platesOf(poll, ask);
    car('TOLD BY STREAM', '1');
    poll.rest();
    expect(await platesOf(poll, ask)).toEqual([]);
    car('NEXT', '2');
    expect(await platesOf(poll, ask)).toEqual(['NEXT']);
  });
});

describe('the state of an alarm panel', () => {
  const area = (state: string | null, alarm: boolean | null = false, number = 1): PanelArea => ({
    area: number,
    name: 'House',
    enabled: true,
    state,
    alarm,
  });
  const zone = (fields: Partial<PanelZone> = {}): PanelZone => ({
    zone: 0,
    name: 'Front door',
    status: 'online',
    open: false,
    tampered: false,
    masked: false,
    bypassed: false,
    armed: false,
    alarm: false,
    battery: 'normal',
    batteryPercent: 90,
    signal: null,
    temperatureC: null,
    areas: [1],
    detector: 'magneticContact',
    type: null,
    wireless: true,
    faults: [],
    ...fields,
  });
  const answering =
    (areas: readonly PanelArea[], zones: readonly PanelZone[]): Ask =>
    (command) =>
      Promise.resolve(command === 'event.panelStatus' ? areas : zones);
  const changes = async (before: [PanelArea, PanelZone], after: [PanelArea, PanelZone]) => {
    const poll = new PanelPoll();
    expect((await once(poll, answering([before[0]], [before[1]]))).notices).toEqual([]);
    return (await once(poll, answering([after[0]], [after[1]]))).notices.map(({ kind, details: told }) => {
      expect(kind).toBe('alarmPanel');
      return [told['code'], told['key'], told['category'], told['isRestore'], told['zone'], told['partition']];
    });
  };
  const calm = zone();

  it('says nothing at first, and then what changed, as codes would', async () => {
    const idle = area('disarmed');
    expect(await changes([idle, calm], [idle, calm])).toEqual([]);
    expect(await changes([idle, calm], [area('away'), calm])).toEqual([[3401, 'armAway', 'arm', false, null, 1]]);
    expect(await changes([idle, calm], [area('stay'), calm])).toEqual([[3441, 'armStay', 'arm', false, null, 1]]);
    expect(await changes([area('away'), calm], [idle, calm])).toEqual([[1401, 'disarm', 'disarm', false, null, 1]]);
    expect(await changes([idle, calm], [area('arming'), calm])).toEqual([]);
    expect(await changes([idle, calm], [area('vacation'), calm])).toEqual([
      [null, 'areaState', 'operation', false, null, 1],
    ]);
    expect(await changes([idle, calm], [idle, zone({ open: true })])).toEqual([
      [null, 'open', 'operation', false, 0, 1],
    ]);
    expect(await changes([idle, zone({ open: true })], [idle, calm])).toEqual([
      [null, 'open', 'operation', true, 0, 1],
    ]);
    expect(await changes([idle, calm], [idle, zone({ tampered: true })])).toEqual([
      [1383, 'sensorTamper', 'fault', false, 0, 1],
    ]);
    expect(await changes([idle, zone({ battery: 'lowPower' })], [idle, calm])).toEqual([
      [3384, 'sensorBattery', 'restore', true, 0, 1],
    ]);
  });

  it('an alarm is told once, by the zone that has it', async () => {
    const armed = area('away');
    expect(await changes([armed, calm], [area('away', true), zone({ alarm: true })])).toEqual([
      [1130, 'burglary', 'alarm', false, 0, 1],
    ]);
    expect(await changes([armed, calm], [area('away', true), calm])).toEqual([
      [null, 'areaAlarm', 'alarm', false, null, 1],
    ]);
    const smoke = { detector: 'smokeDetector' };
    expect(await changes([armed, zone(smoke)], [area('away', true), zone({ ...smoke, alarm: true })])).toEqual([
      [1111, 'smoke', 'alarm', false, 0, 1],
    ]);
  });

  it('what a panel does not say has not changed', async () => {
    expect(await changes([area('away', true), calm], [area(null, null), zone({ open: null, alarm: null })])).toEqual(
      [],
    );
  });

  it('is asked slowly, and less and less while it is quiet', async () => {
    const poll = new PanelPoll();
    const at = async (nowMs: number, state: string) =>
      (await once(poll, answering([area(state)], [calm]), nowMs)).nextMs;
    expect(await at(0, 'disarmed')).toBe(PANEL_MAX_INTERVAL_MS);
    expect(await at(1_000, 'away')).toBe(PANEL_BUSY_INTERVAL_MS);
    expect(await at(1_000 + PANEL_BUSY_MS, 'away')).toBe(PANEL_IDLE_INTERVAL_MS);
    expect(await at(1_000 + 2 * PANEL_BUSY_MS, 'away')).toBe(PANEL_MAX_INTERVAL_MS);
    expect(await at(2_000 + 9 * PANEL_BUSY_MS, 'arming')).toBe(PANEL_BUSY_INTERVAL_MS);
  });
});

describe('cursors', () => {
  it('are bounded, and what moves stays', () => {
    const store = new MemoryCursors();
    store.set('moving', '1');
    for (let count = 0; count < MAX_CURSORS; count++) {
      store.set('moving', String(count));
      store.set(`key ${count}`, '1');
    }
    expect(store.get('moving')).toBe(String(MAX_CURSORS - 1));
    expect(store.get('key 0')).toBeNull();
  });

  it('tell no serial number', () => {
    expect(cursorKey('access', SERIAL)).not.toContain('PLANTED');
    expect(cursorKey('access', SERIAL)).toBe(cursorKey('access', SERIAL));
    expect(cursorKey('access', SERIAL)).not.toBe(cursorKey('plates', SERIAL));
  });

  it('that make no sense begin anew', async () => {
    const store = new MemoryCursors();
    for (const nonsense of ['x', '-1', '1e9', '9'.repeat(40), '{"serial":1}']) {
      cursorIn(store, 'access').set(nonsense);
      const poll = new AccessPoll({ cursor: cursorIn(store, 'access'), tellsRings: () => true });
      const polled = await once(poll, () => Promise.resolve({ events: [], total: 0, isComplete: true }));
      expect(polled.notices).toEqual([]);
      expect(cursorIn(store, 'access').get()).toBe('0');
    }
  });
});

describe('a refusal', () => {
  it('of the device is passed on as it is', async () => {
    const refusing: Ask = () => Promise.reject(new RefusedError('invalidOperation'));
    const store = new MemoryCursors();
    for (const poll of [
      new CallPoll(),
      new AccessPoll({ cursor: cursorIn(store, 'access'), tellsRings: () => true }),
      new PlatePoll(cursorIn(store, 'plates')),
      new PanelPoll(),
    ]) {
      await expect(poll.ask(refusing, 0)).rejects.toBeInstanceOf(HikvisionError);
    }
  });
});
