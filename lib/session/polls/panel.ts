/**
 * The state of an alarm panel, asked for again and again: what changed in its areas and zones is told in the words of its codes, so
 * that it is one event with the code where the panel sends that, too. Panels tell no open windows while they are disarmed.
 */
import type { PanelArea, PanelZone } from '../../commands/event';
import { cidMeaning } from '../../events/cid-codes';
import type { Notice } from '../../events/event';
import { toldNotice } from '../../events/told';
import { PANEL_BUSY_INTERVAL_MS, PANEL_BUSY_MS, PANEL_IDLE_INTERVAL_MS, PANEL_MAX_INTERVAL_MS } from '../../settings';
import type { Ask, Poll, Polled } from '../poller';

/** Standard codes, as a panel would send them; a leading 3 is the end, or the arming. */
const CODES = {
  disarm: 1401,
  armAway: 3401,
  armStay: 3441,
  burglary: 1130,
  smoke: 1111,
  gas: 1151,
  waterLeak: 1154,
  panic: 1120,
  sensorTamper: 1383,
  sensorBattery: 1384,
} as const;

/** The end of what a code begins. */
const OVER = 2_000;

/** What sets a zone off, by the panel's word for its detector. */
const ALARMS: readonly (readonly [RegExp, number])[] = [
  [/smoke|fire|heat/i, CODES.smoke],
  [/gas/i, CODES.gas],
  [/water/i, CODES.waterLeak],
  [/panic|emergency/i, CODES.panic],
];

/** Compares one answer with the one before. Pure. */
export class PanelWatch {
  private areas: ReadonlyMap<number, PanelArea> | null = null;
  private zones: ReadonlyMap<number, PanelZone> | null = null;

  /** @returns what changed; nothing the first time. */
  push(areas: readonly PanelArea[], zones: readonly PanelZone[]): Notice[] {
    const { areas: areasBefore, zones: zonesBefore } = this;
    this.areas = new Map(areas.map((area) => [area.area, area]));
    this.zones = new Map(zones.map((zone) => [zone.zone, zone]));
    const names = this.areas;
    const notices: Notice[] = [];
    // A zone first: its alarm is why the area has one.
    for (const zone of zones) {
      const before = zonesBefore?.get(zone.zone);
      if (before !== undefined) notices.push(...zoneChanges(before, zone, names));
    }
    for (const area of areas) {
      const before = areasBefore?.get(area.area);
      if (before !== undefined) notices.push(...areaChanges(before, area, zones));
    }
    return notices;
  }

  /** It counts down, or has an alarm: more is to be expected. */
  get isBusy(): boolean {
    return [...(this.areas?.values() ?? [])].some(({ state, alarm }) => state === 'arming' || alarm === true);
  }
}

function areaChanges(before: PanelArea, now: PanelArea, zones: readonly PanelZone[]): Notice[] {
  const notices: Notice[] = [];
  if (now.state !== before.state && now.state !== null && now.state !== 'arming') {
    const code = AREA_CODES[now.state];
    const said =
      code === undefined
        ? unnamed('areaState', `Area is ${now.state}`, 'operation', false)
        : // One that is disarmed again before its time was never armed, and says so all the same.
          meant(code);
    notices.push(notice('panelStatus', said, null, now));
  }
  const isOfZone = zones.some(({ alarm, areas }) => alarm === true && areas.includes(now.area));
  if (changed(before.alarm, now.alarm) && !(now.alarm === true && isOfZone)) {
    const isOver = now.alarm !== true;
    const words = isOver ? 'Alarm of an area over' : 'Alarm of an area';
    notices.push(notice('panelStatus', unnamed('areaAlarm', words, isOver ? 'restore' : 'alarm', isOver), null, now));
  }
  return notices;
}

const AREA_CODES: Readonly<Record<string, number>> = Object.assign(Object.create(null) as Record<string, number>, {
  disarmed: CODES.disarm,
  away: CODES.armAway,
  stay: CODES.armStay,
});

function zoneChanges(before: PanelZone, now: PanelZone, areas: ReadonlyMap<number, PanelArea>): Notice[] {
  const area = areas.get(now.areas[0] ?? -1) ?? null;
  const told = (said: Said) => notice('zoneStatus', said, now, area);
  const code = (begins: number, isOn: boolean | null) => told(meant(isOn === true ? begins : begins + OVER));
  const notices: Notice[] = [];
  if (changed(before.open, now.open)) {
    const isOpen = now.open === true;
    notices.push(told(unnamed('open', isOpen ? 'Zone open' : 'Zone closed', 'operation', !isOpen)));
  }
  if (changed(before.alarm, now.alarm)) {
    const kind = ALARMS.find(([word]) => word.test(now.detector ?? ''))?.[1] ?? CODES.burglary;
    notices.push(code(kind, now.alarm));
  }
  if (changed(before.tampered, now.tampered)) notices.push(code(CODES.sensorTamper, now.tampered));
  const isLow = ({ battery }: PanelZone) => (battery === null ? null : battery.toLowerCase() === 'lowpower');
  if (changed(isLow(before), isLow(now))) notices.push(code(CODES.sensorBattery, isLow(now)));
  return notices;
}

/** What a panel does not say at times has not changed. */
function changed(before: boolean | null, now: boolean | null): boolean {
  return before !== null && now !== null && before !== now;
}

/** What a code says, or would. */
interface Said {
  readonly code: number | null;
  readonly key: string;
  readonly meaning: string;
  readonly category: string;
  readonly isRestore: boolean;
}

function meant(code: number): Said {
  const { key, meaning, category, isRestore } = cidMeaning(code);
  return { code, key, meaning, category, isRestore };
}

/** For what panels have no code. */
function unnamed(key: string, meaning: string, category: string, isRestore: boolean): Said {
  return { code: null, key, meaning, category, isRestore };
}

function notice(eventType: string, said: Said, zone: PanelZone | null, area: PanelArea | null): Notice {
  const details = {
    ...said,
    standardCode: null,
    panelEvent: null,
    zone: zone?.zone ?? null,
    zoneName: zone?.name ?? null,
    partition: area?.area ?? zone?.areas[0] ?? null,
    partitionName: area?.name ?? null,
    user: null,
  };
  return toldNotice({ kind: 'alarmPanel', eventType, details, raw: { zone, area } });
}

export class PanelPoll implements Poll {
  readonly name = 'panel';
  readonly kinds = new Set(['alarmPanel'] as const);
  readonly lateMs = PANEL_MAX_INTERVAL_MS;

  private readonly watch = new PanelWatch();
  private changedMs = -Infinity;

  async ask(call: Ask, nowMs: number): Promise<Polled> {
    const areas = (await call('event.panelStatus')) as readonly PanelArea[];
    const zones = (await call('event.listPanelZones')) as readonly PanelZone[];
    const notices = this.watch.push(areas, zones);
    if (notices.length > 0) this.changedMs = nowMs;
    return { notices, nextMs: this.nextMs(nowMs) };
  }

  private nextMs(nowMs: number): number {
    const quietMs = nowMs - this.changedMs;
    if (this.watch.isBusy || quietMs < PANEL_BUSY_MS) return PANEL_BUSY_INTERVAL_MS;
    return quietMs < 2 * PANEL_BUSY_MS ? PANEL_IDLE_INTERVAL_MS : PANEL_MAX_INTERVAL_MS;
  }
}
