/** Alarm panels (AX PRO, AX Hybrid): areas, zones, outputs, sirens. Areas count from 1, everything else from 0, as the panel does. */
import { jsonBoolean, jsonList, jsonNumber, jsonText, member, objectOf, scalar } from '../../codec/json';
import { RefusedError, UnsupportedError, type HikvisionError } from '../../errors';
import { panelZoneOf, type PanelZone } from '../../events/details/panel';
import { command, type CommandContext, type IntegerParam, type Steps } from '../command';
import { getJson, jsonOf, optionalJson, sendJson } from '../json';
import { contextOf, firstThatWorks, isAbsence, mostTelling } from '../ways';

const BASE = '/ISAPI/SecurityCP';
/** All areas at once. */
const ALL_AREAS = '0xffffffff';
/** Outputs in one answer; panels have up to 64. */
const MAX_OUTPUTS = 64;

export interface PanelArea {
  readonly area: number;
  readonly name: string | null;
  readonly enabled: boolean | null;
  /** `disarmed`, `away`, `stay`, `arming` while it counts down, or the panel's own word; null where it says none. */
  readonly state: string | null;
  readonly alarm: boolean | null;
}

export type { PanelZone };

export interface PanelOutput {
  readonly output: number;
  readonly name: string | null;
  /** on, off, offline, notRelated. */
  readonly status: string | null;
  /** What switches it by itself. */
  readonly linkage: string | null;
}

export interface PanelSiren {
  readonly siren: number;
  readonly name: string | null;
  readonly status: string | null;
  readonly tampered: boolean | null;
  readonly battery: string | null;
}

export interface PanelFault {
  readonly zone: number;
  readonly name: string | null;
  readonly faults: readonly string[];
}

export interface PanelArming {
  /** Null: all areas. */
  readonly area: number | null;
  /** The panel counts down; the areas are armed when it is over. */
  readonly inProgress: boolean;
  /** Zones that stood in the way and were left out, with their faults. */
  readonly bypassed: readonly PanelFault[];
  readonly areas: readonly PanelArea[];
}

export interface PanelBattery {
  readonly battery: number | null;
  readonly percent: number | null;
  readonly status: string | null;
}

export interface PanelHealth {
  readonly batteries: readonly PanelBattery[];
  /** normal, powerLost, ... */
  readonly acPower: string | null;
  readonly tampered: boolean | null;
  /** Each way out in the panel's words: `{ wired: 'normal', wifi: 'break', cloud: 'normal' }`. */
  readonly communication: Readonly<Record<string, string>>;
}

/* Areas */

/** Words of the panel that we say otherwise; the others travel on as they are. */
const AREA_STATES: Readonly<Record<string, string>> = { disarm: 'disarmed' };

function* readAreas(): Steps<PanelArea[]> {
  const path = `${BASE}/status/subSystems?format=json`;
  const document = yield* getJson(path);
  const items = itemsOf(document, ['SubSysList', 'List'], 'SubSys');
  if (items === null) throw new UnsupportedError(`${path}: answered without a list of areas`);
  return items.flatMap((item) => {
    const area = jsonNumber(item, 'id');
    if (area === null) return [];
    const arming = jsonText(item, 'arming');
    return {
      area,
      name: jsonText(item, 'name'),
      enabled: jsonBoolean(item, 'enabled'),
      state: arming === null ? null : (AREA_STATES[arming.toLowerCase()] ?? arming),
      alarm: jsonBoolean(item, 'alarm'),
    };
  });
}

/** The members of a list, each of them taken out of the object that is named after it. Null where there is no list. */
function itemsOf(document: unknown, lists: readonly string[], name: string): unknown[] | null {
  const holder = objectOf(document);
  const list = lists.find((wanted) => holder !== null && member(holder, wanted) !== undefined);
  if (list === undefined) return null;
  return jsonList(document, list).map((item) => {
    const object = objectOf(item);
    return object === null ? item : (member(object, name) ?? item);
  });
}

/* Zones */

/** Status and settings know different things; a panel may refuse either to this user. */
function* readZones(): Steps<PanelZone[]> {
  const refusals: HikvisionError[] = [];
  const status = zoneItems(yield* optionalJson(`${BASE}/status/zones?format=json`, refusals));
  const isNamed = status?.every((item) => jsonText(item, 'name') !== null) === true;
  const settings = isNamed ? null : zoneItems(yield* optionalJson(`${BASE}/Configuration/zones?format=json`, refusals));
  if (status === null && settings === null) {
    throw mostTelling(refusals) ?? new UnsupportedError(`${BASE}/status/zones: answered without a list of zones`);
  }
  const byId = new Map((settings ?? []).map((item) => [jsonNumber(item, 'id'), item]));
  return (status ?? settings ?? []).flatMap((item) => {
    const zone = jsonNumber(item, 'id');
    return zone === null ? [] : panelZoneOf(zone, item, byId.get(zone));
  });
}

/** `ZoneList` on AX PRO, `List` on Hybrid panels (devices/DS-PHA20-P.json). */
function zoneItems(document: unknown): unknown[] | null {
  return itemsOf(document, ['ZoneList', 'List'], 'Zone');
}

/* Arming */

interface ArmArgs {
  readonly area: number | undefined;
  readonly mode: 'away' | 'stay';
  readonly bypassFaults: boolean;
}

/**
 * Arms, and looks for what stands in the way only when the panel refuses. What was bypassed for nothing is put back.
 */
function* armPanel({ area, mode, bypassFaults }: ArmArgs, context: CommandContext): Steps<PanelArming> {
  const path = `${BASE}/control/arm/${area ?? ALL_AREAS}?ways=${mode}&format=json`;
  let bypassed: PanelFault[] = [];
  try {
    yield* sendJson('PUT', path, {});
  } catch (refusal) {
    // A missing right or a busy panel is no open window.
    if (!(refusal instanceof RefusedError)) throw refusal;
    bypassed = faultsOf(yield* readZones(), area);
    if (bypassed.length === 0) throw refusal;
    if (!bypassFaults) throw hindered(refusal, bypassed);
    yield* armWithout(path, bypassed, context);
  }
  const areas = concerned(yield* readAreas(), area);
  return { area: area ?? null, inProgress: areas.some(({ state }) => state === 'arming'), bypassed, areas };
}

function* armWithout(path: string, faults: readonly PanelFault[], context: CommandContext): Steps<void> {
  const done: number[] = [];
  let isArmed = false;
  try {
    for (const { zone } of faults) {
      yield* setBypass(zone, true, context);
      done.push(zone);
    }
    yield* sendJson('PUT', path, {});
    isArmed = true;
  } finally {
    if (!isArmed) {
      for (const zone of done) yield* restoreQuietly(zone, context);
    }
  }
}

/** The reason why arming failed counts more than that of a zone that cannot be put back. */
function* restoreQuietly(zone: number, context: CommandContext): Steps<void> {
  try {
    yield* setBypass(zone, false, context);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

function faultsOf(zones: readonly PanelZone[], area: number | undefined): PanelFault[] {
  return zones
    .filter(({ bypassed, faults }) => bypassed !== true && faults.length > 0)
    .filter(({ areas }) => area === undefined || areas.length === 0 || areas.includes(area))
    .map(({ zone, name, faults }) => ({ zone, name, faults }));
}

function hindered(refusal: RefusedError, faults: readonly PanelFault[]): RefusedError {
  const named = faults.map(
    ({ zone, name, faults: what }) => `zone ${zone}${name === null ? '' : ` "${name}"`} is ${what.join(', ')}`,
  );
  return new RefusedError(
    `not armed: ${named.join('; ')}. Put that in order, or leave these zones out with bypassFaults`,
    contextOf(refusal),
  );
}

function concerned(areas: readonly PanelArea[], area: number | undefined): PanelArea[] {
  return areas.filter((one) => area === undefined || one.area === area);
}

function* control(what: 'disarm' | 'clearAlarm', area: number | undefined): Steps<readonly PanelArea[]> {
  yield* sendJson('PUT', `${BASE}/control/${what}/${area ?? ALL_AREAS}?format=json`, {});
  return concerned(yield* readAreas(), area);
}

/* Bypass */

function* setBypass(zone: number, isBypassed: boolean, context: CommandContext): Steps<void> {
  yield* firstThatWorks(['batch', 'single'], context.memory, 'event.bypassZone', (way) => {
    const batch = isBypassed ? 'bypass' : 'bypassRecover';
    const single = isBypassed ? 'bypass' : 'Recoverbypass';
    return way === 'batch'
      ? sendJson('PUT', `${BASE}/control/${batch}?format=json`, { List: [{ id: zone }] })
      : sendJson('PUT', `${BASE}/control/${single}/${zone}?format=json`, {});
  });
}

function* bypass(zone: number, isBypassed: boolean, context: CommandContext): Steps<PanelZone> {
  yield* setBypass(zone, isBypassed, context);
  return only(yield* readZones(), (one) => one.zone === zone, `${BASE}/status/zones: zone ${zone} is not in the list`);
}

function only<T>(list: readonly T[], fits: (item: T) => boolean, otherwise: string): T {
  const found = list.find(fits);
  if (found === undefined) throw new UnsupportedError(otherwise);
  return found;
}

/* Outputs and sirens */

function* readOutputs(context: CommandContext): Steps<PanelOutput[]> {
  const path = `${BASE}/status/outputs?format=json`;
  const document = yield* firstThatWorks(['get', 'search'], context.memory, 'event.listPanelOutputs', function* (way) {
    if (way === 'get') return yield* getJson(path);
    const searched = `${BASE}/status/outputStatus?format=json`;
    const condition = { searchID: '1', searchResultPosition: 0, maxResults: MAX_OUTPUTS };
    return jsonOf(yield* sendJson('POST', searched, { OutputCond: condition }), searched);
  });
  const inner = objectOf(objectOf(document)?.['OutputSearch']) ?? document;
  const items = itemsOf(inner, ['OutputList', 'List'], 'Output');
  if (items === null) throw new UnsupportedError(`${path}: answered without a list of outputs`);
  return items.flatMap((item) => {
    const output = jsonNumber(item, 'id');
    if (output === null) return [];
    return {
      output,
      name: jsonText(item, 'name'),
      status: jsonText(item, 'status'),
      linkage: jsonText(item, 'linkage'),
    };
  });
}

function* switchOutput(args: { output: number; on: boolean }, context: CommandContext): Steps<PanelOutput> {
  const { output, on } = args;
  const position = on ? 'open' : 'close';
  yield* firstThatWorks(['single', 'batch'], context.memory, 'event.switchPanelOutput', (way) =>
    way === 'single'
      ? sendJson('PUT', `${BASE}/control/outputs/${output}?format=json`, { OutputsCtrl: { switch: position } })
      : sendJson('POST', `${BASE}/control/outputs?format=json`, {
          OutputsCtrl: { switch: position, List: [{ id: output }] },
        }),
  );
  const outputs = yield* readOutputs(context);
  return only(outputs, (one) => one.output === output, `${BASE}/status/outputs: output ${output} is not in the list`);
}

function* readSirens(): Steps<PanelSiren[]> {
  const refusals: HikvisionError[] = [];
  const own = yield* optionalJson(`${BASE}/status/sirenStatus?format=json`, refusals);
  const all = own ?? (yield* optionalJson(`${BASE}/status/exDevStatus?format=json`, refusals));
  const inner = objectOf(objectOf(all)?.['ExDevStatus']) ?? all;
  const items = itemsOf(inner, ['SirenList', 'List'], 'Siren');
  if (items === null) {
    throw (
      mostTelling(refusals) ?? new UnsupportedError(`${BASE}/status/sirenStatus: answered without a list of sirens`)
    );
  }
  return items.flatMap((item) => {
    const siren = jsonNumber(item, 'id');
    if (siren === null) return [];
    return {
      siren,
      name: jsonText(item, 'name'),
      status: jsonText(item, 'status'),
      tampered: jsonBoolean(item, 'tamperEvident'),
      battery: jsonText(item, 'charge'),
    };
  });
}

function* switchSiren({ siren, on }: { siren: number; on: boolean }): Steps<PanelSiren> {
  const path = `${BASE}/control/siren/${siren}?format=json`;
  yield* sendJson('PUT', path, { SirenCtrl: { switch: on ? 'open' : 'close' } });
  const sirens = yield* readSirens();
  return only(sirens, (one) => one.siren === siren, `${BASE}/status/sirenStatus: siren ${siren} is not in the list`);
}

/* Health */

/** `status/host` says most of it at once; firmware that has it not, or not all of it, is asked one by one. */
function* readHealth(): Steps<PanelHealth> {
  const refusals: HikvisionError[] = [];
  const host = objectOf(yield* optionalJson(`${BASE}/status/host?format=json`, refusals));
  const whole = objectOf(host?.['AlarmHostStatus']) ?? host ?? {};
  const part = function* (name: string, path: string): Steps<unknown> {
    const inside = member(whole, name);
    if (inside !== undefined) return inside;
    const document = yield* optionalJson(`${BASE}/status/${path}?format=json`, refusals);
    return member(objectOf(document) ?? {}, name);
  };
  const batteries = yield* part('BatteryList', 'batteries');
  const power = yield* part('ACPowerStatus', 'acPowerStatus');
  const communication = yield* part('CommuniStatus', 'communication');
  const state = objectOf(member(whole, 'HostStatus'));
  if (batteries === undefined && power === undefined && communication === undefined && state === null) {
    throw mostTelling(refusals) ?? new UnsupportedError(`${BASE}/status/host: answered without anything known`);
  }
  return {
    batteries: (itemsOf({ BatteryList: batteries }, ['BatteryList'], 'Battery') ?? []).map((item) => ({
      battery: jsonNumber(item, 'id'),
      percent: jsonNumber(item, 'percent'),
      status: jsonText(item, 'status'),
    })),
    acPower: scalar(power) ?? jsonText(power, 'status') ?? jsonText(state, 'ACConnect'),
    tampered: jsonBoolean(state, 'tamperEvident'),
    communication: textsOf(communication),
  };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const texts = Object.create(null) as Record<string, string>;
  for (const [name, inner] of Object.entries(objectOf(value) ?? {})) {
    const text = scalar(inner);
    if (text !== null) texts[name] = text;
  }
  return texts;
}

/* Definitions */

const area = {
  kind: 'integer',
  title: 'Area',
  description: 'Counted from 1; all areas when left out.',
  min: 1,
  max: 64,
  optional: true,
  names: 'areas',
} as const satisfies IntegerParam;

const zone = {
  kind: 'integer',
  title: 'Zone',
  description: 'Counted from 0, as the panel does; the list of zones shows the numbers with their names.',
  min: 0,
  max: 511,
  names: 'zones',
} as const satisfies IntegerParam;

const source = (path: string) => [`ISAPI ${BASE}/${path}`, 'isapi.md §7.4'];

export const panel = {
  panelStatus: command({
    title: 'Read the state of the alarm panel',
    summary: 'The areas of the alarm panel: armed, disarmed, counting down, in alarm.',
    effect: 'read',
    needs: 'alarmPanel',
    params: {},
    isapi: readAreas,
    returns: 'Areas with area, name, enabled, state (disarmed, away, stay, arming) and alarm.',
    paths: [`${BASE}/status/subSystems`],
    source: source('status/subSystems'),
  }),

  armPanel: command({
    title: 'Arm the alarm panel',
    summary:
      'Arms one area or all of them. Where zones stand in the way it says which; with bypassFaults these are left out until ' +
      'the panel is disarmed.',
    effect: 'act',
    needs: 'alarmPanel',
    params: {
      area,
      mode: {
        kind: 'choice',
        title: 'Mode',
        description: 'Away watches everything; stay leaves the inner zones out.',
        choices: ['away', 'stay'],
        default: 'away',
      },
      bypassFaults: {
        kind: 'boolean',
        title: 'Leave faulty zones out',
        description: 'Arms in spite of open or faulty zones, which are then not watched.',
        default: false,
      },
    },
    isapi: armPanel,
    returns: 'area, inProgress (it counts down), bypassed (zones that were left out, with their faults), areas.',
    paths: [`${BASE}/control/arm/{area}`, `${BASE}/status/subSystems`, `${BASE}/status/zones`],
    source: source('control/arm/<ID>'),
  }),

  /**
   * `act`, as opening a door: it is over as soon as somebody arms again, changes no setting and interrupts no service, so
   * neither `write` nor `danger` fits.
   */
  disarmPanel: command({
    title: 'Disarm the alarm panel',
    summary: 'Disarms one area or all of them, and so ends a running alarm.',
    effect: 'act',
    needs: 'alarmPanel',
    params: { area },
    isapi: (args) => control('disarm', args.area),
    returns: 'The areas afterwards, as the state of the panel has them.',
    paths: [`${BASE}/control/disarm/{area}`, `${BASE}/status/subSystems`],
    source: source('control/disarm/<ID>'),
  }),

  clearPanelAlarm: command({
    title: 'Clear the alarms of the panel',
    summary: 'Silences and clears alarms of one area or all of them; armed areas stay armed.',
    effect: 'act',
    needs: 'alarmPanel',
    params: { area },
    isapi: (args) => control('clearAlarm', args.area),
    returns: 'The areas afterwards, as the state of the panel has them.',
    paths: [`${BASE}/control/clearAlarm/{area}`, `${BASE}/status/subSystems`],
    source: source('control/clearAlarm/<ID>'),
  }),

  listPanelZones: command({
    title: 'List zones of the alarm panel',
    summary: 'Detectors and contacts with all that the panel knows of them: open, tampered, battery, signal, alarm.',
    effect: 'read',
    needs: 'alarmPanel',
    params: {},
    isapi: readZones,
    returns:
      'Zones with zone (from 0), name, status, open, tampered, masked, bypassed, armed, alarm, battery, batteryPercent, ' +
      'signal, temperatureC, areas, detector, type, wireless, faults.',
    paths: [`${BASE}/status/zones`, `${BASE}/Configuration/zones`],
    source: source('status/zones'),
  }),

  bypassZone: command({
    title: 'Bypass a zone',
    summary: 'Leaves a zone out until it is restored or, on most panels, until the next disarming.',
    effect: 'act',
    needs: 'alarmPanel',
    params: { zone },
    isapi: (args, context) => bypass(args.zone, true, context),
    returns: 'The zone afterwards.',
    paths: [`${BASE}/control/bypass`, `${BASE}/control/bypass/{zone}`, `${BASE}/status/zones`],
    source: source('control/bypass'),
  }),

  restoreZone: command({
    title: 'Restore a bypassed zone',
    summary: 'Has a zone watched again that was bypassed.',
    effect: 'act',
    needs: 'alarmPanel',
    params: { zone },
    isapi: (args, context) => bypass(args.zone, false, context),
    returns: 'The zone afterwards.',
    paths: [`${BASE}/control/bypassRecover`, `${BASE}/control/Recoverbypass/{zone}`, `${BASE}/status/zones`],
    source: source('control/bypassRecover'),
  }),

  listPanelOutputs: command({
    title: 'List outputs of the alarm panel',
    summary: 'Relays of the alarm panel and whether they are on.',
    effect: 'read',
    needs: 'alarmPanel',
    params: {},
    isapi: (_args, context) => readOutputs(context),
    returns: 'Outputs with output (from 0), name, status (on, off, offline, notRelated) and linkage.',
    paths: [`${BASE}/status/outputs`, `${BASE}/status/outputStatus`],
    source: source('status/outputs'),
  }),

  switchPanelOutput: command({
    title: 'Switch an output of the alarm panel',
    summary: 'Switches a relay of the alarm panel on or off.',
    effect: 'act',
    needs: 'alarmPanel',
    params: {
      output: {
        kind: 'integer',
        title: 'Output',
        description: 'Counted from 0, as the panel does.',
        min: 0,
        max: 255,
        names: 'panelOutputs',
      },
      on: { kind: 'boolean', title: 'On' },
    },
    isapi: switchOutput,
    returns: 'The output afterwards.',
    paths: [`${BASE}/control/outputs/{output}`, `${BASE}/control/outputs`, `${BASE}/status/outputs`],
    source: source('control/outputs/<ID>'),
  }),

  listPanelSirens: command({
    title: 'List sirens of the alarm panel',
    summary: 'Sirens of the alarm panel and whether they sound.',
    effect: 'read',
    needs: 'alarmPanel',
    params: {},
    isapi: readSirens,
    returns: "Sirens with siren, name, status in the panel's words, tampered, battery.",
    paths: [`${BASE}/status/sirenStatus`, `${BASE}/status/exDevStatus`],
    source: source('status/sirenStatus'),
  }),

  switchPanelSiren: command({
    title: 'Switch a siren of the alarm panel',
    summary: 'Has a siren of the alarm panel sound, or ends that.',
    effect: 'act',
    needs: 'alarmPanel',
    params: {
      siren: {
        kind: 'integer',
        title: 'Siren',
        description: 'Number in the list of sirens.',
        min: 0,
        max: 255,
        names: 'panelSirens',
      },
      on: { kind: 'boolean', title: 'On' },
    },
    isapi: switchSiren,
    returns: 'The siren afterwards.',
    paths: [`${BASE}/control/siren/{siren}`, `${BASE}/status/sirenStatus`],
    source: source('control/siren/<ID>'),
  }),

  panelHealth: command({
    title: 'Read the health of the alarm panel',
    summary: 'Batteries, mains power, tamper and the ways by which the panel reports.',
    effect: 'read',
    needs: 'alarmPanel',
    params: {},
    isapi: readHealth,
    returns:
      'batteries (battery, percent, status), acPower, tampered, communication by way; in the words of the panel.',
    paths: [
      `${BASE}/status/host`,
      `${BASE}/status/batteries`,
      `${BASE}/status/acPowerStatus`,
      `${BASE}/status/communication`,
    ],
    source: source('status/host'),
  }),
} as const;
