/** Temperatures of thermal cameras: what each rule measures now, and how the rules are set (isapi.md §7.6). */
import { readParts } from '../../codec/multipart';
import { jsonAt, jsonList, jsonNumber, jsonText, parseJson } from '../../codec/json';
import { all, booleanAt, find, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { ProtocolError, UnsupportedError } from '../../errors';
import { ask, command, getDocument, type IntegerParam, type Steps } from '../command';
import { optionalDocument } from '../ways';

export interface Temperature {
  readonly rule: number;
  readonly name: string | null;
  readonly preset: number | null;
  readonly kind: 'point' | 'area';
  /** celsius, fahrenheit, kelvin. */
  readonly unit: string | null;
  /** Of a point its temperature, of an area the highest one. */
  readonly temperature: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly average: number | null;
}

export interface TemperatureRule {
  readonly rule: number;
  readonly enabled: boolean | null;
  readonly name: string | null;
  /** point, line, region: the device's word. */
  readonly kind: string | null;
  /** 0-1: how well the surface radiates. */
  readonly emissivity: number | null;
  /** In the unit of the device, mostly meters. */
  readonly distance: number | null;
  /** Fractions of the picture. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly condition: string | null;
  readonly preAlarm: number | null;
  readonly alarm: number | null;
}

const UNITS = ['celsius', 'fahrenheit', 'kelvin'] as const;
/** The answer goes on for ever; a device with 40 rules says all of them within this. */
const MAX_BYTES = 256 * 1024;

function basePath(channel: number): string {
  return `/ISAPI/Thermal/channels/${channel}/thermometry`;
}

function* temperatures(channel: number): Steps<Temperature[]> {
  const path = `${basePath(channel)}/realTimethermometry/rules?format=json`;
  const answer = yield* ask({ method: 'GET', path, endsAfter: isEnough });
  const found = uploadsIn(answer.body);
  if (found === null) throw new UnsupportedError(`${path}: answered without temperatures`);
  const byRule = new Map<number, Temperature>();
  for (const upload of found) {
    const temperature = temperatureOf(upload);
    if (temperature !== null && !byRule.has(temperature.rule)) byRule.set(temperature.rule, temperature);
  }
  return [...byRule.values()];
}

/** One camera says all rules in each part, another one rule in each: a rule that comes again says that all have come. */
function isEnough(received: Buffer): boolean {
  if (received.length > MAX_BYTES) return true;
  const rules = (uploadsIn(received) ?? []).map((upload) => jsonNumber(upload, 'ruleID'));
  return new Set(rules).size < rules.length;
}

/** What is measured, from one document or from many parts; null where nothing is about temperatures. */
function uploadsIn(body: Buffer): unknown[] | null {
  let found: unknown[] | null = null;
  for (const part of readParts(body)) {
    let document: unknown;
    try {
      document = parseJson(part.body);
    } catch (error) {
      // The last part is cut off where we stopped reading.
      if (error instanceof ProtocolError) continue;
      throw error;
    }
    const list = jsonAt(document, 'ThermometryUploadList') ?? document;
    if (jsonAt(list, 'ThermometryUpload') !== undefined) {
      (found ??= []).push(...jsonList(list, 'ThermometryUpload'));
    }
  }
  return found;
}

function temperatureOf(upload: unknown): Temperature | null {
  const rule = jsonNumber(upload, 'ruleID');
  if (rule === null) return null;
  const point = jsonNumber(upload, 'PointThermCfg/temperature');
  const max = jsonNumber(upload, 'LinePolygonThermCfg/MaxTemperature');
  const unit = jsonText(upload, 'thermometryUnit');
  return {
    rule,
    name: jsonText(upload, 'ruleName'),
    preset: jsonNumber(upload, 'presetNo'),
    kind: max === null && point !== null ? 'point' : 'area',
    // A number in this answer, a word elsewhere.
    unit: unit === null ? null : (UNITS[Number(unit)] ?? unit),
    temperature: max ?? point,
    min: jsonNumber(upload, 'LinePolygonThermCfg/MinTemperature'),
    max,
    average: jsonNumber(upload, 'LinePolygonThermCfg/AverageTemperature'),
  };
}

function* rules({ channel, preset }: { channel: number; preset: number }): Steps<TemperatureRule[]> {
  const path = `${basePath(channel)}/${preset}`;
  const scene = yield* getDocument(path);
  const list = find(scene, 'ThermometryRegionList');
  if (list === undefined) throw new UnsupportedError(`${path}: answered with ${scene.name}, without rules`);
  const alarms = yield* optionalDocument(`${path}/alarmRules`);
  const limits = new Map((alarms?.children ?? []).map((item) => [numberAt(item, 'id'), item]));
  return all(list, 'ThermometryRegion').flatMap((region) => {
    const rule = numberAt(region, 'id');
    return rule === null ? [] : ruleOf(rule, region, limits.get(rule));
  });
}

function ruleOf(rule: number, region: XmlElement, limit: XmlElement | undefined): TemperatureRule {
  const corners = [
    ...(find(region, 'Point') === undefined ? [] : [find(region, 'Point')]),
    ...all(find(region, 'Region'), 'RegionCoordinatesList').flatMap((each) => all(each, 'RegionCoordinates')),
    ...all(find(region, 'RegionCoordinatesList'), 'RegionCoordinates'),
  ];
  return {
    rule,
    enabled: booleanAt(region, 'enabled'),
    name: textAt(region, 'name'),
    kind: textAt(region, 'type'),
    emissivity: numberAt(region, 'emissivity'),
    distance: numberAt(region, 'distance'),
    points: corners.flatMap((corner) => {
      const point = find(corner, 'CalibratingCoordinates') ?? corner;
      const x = numberAt(point, 'positionX');
      const y = numberAt(point, 'positionY');
      return x === null || y === null ? [] : [{ x: x / 1000, y: y / 1000 }];
    }),
    condition: textAt(limit, 'rule'),
    preAlarm: numberAt(limit, 'alert'),
    alarm: numberAt(limit, 'alarm'),
  };
}

const channel = {
  kind: 'integer',
  title: 'Channel',
  description: 'The thermal head of a camera with two of them is 2.',
  min: 1,
  max: 64,
  default: 2,
  names: 'channels',
} as const satisfies IntegerParam;

export const temperatureCommands = {
  temperatures: command({
    title: 'Read temperatures',
    summary: 'What each rule of a thermal camera measures at this moment.',
    effect: 'read',
    needs: 'thermometry',
    params: { channel },
    isapi: (args) => temperatures(args.channel),
    returns: 'Rules with rule, name, preset, kind, unit, temperature (of an area the highest), min, max, average.',
    paths: ['/ISAPI/Thermal/channels/{channel}/thermometry/realTimethermometry/rules'],
    source: ['ISAPI /ISAPI/Thermal/channels/<ID>/thermometry/realTimethermometry/rules', 'isapi.md §7.6'],
  }),

  listTemperatureRules: command({
    title: 'List temperature rules',
    summary: 'Points and areas in which a thermal camera measures, with the limits at which it warns.',
    effect: 'read',
    needs: 'thermometry',
    params: {
      channel,
      preset: {
        kind: 'integer',
        title: 'Preset',
        description: 'Cameras that turn have rules of their own for each preset; the others have 1.',
        min: 1,
        max: 256,
        default: 1,
        names: 'presets',
      },
    },
    isapi: rules,
    returns:
      'Rules with rule, enabled, name, kind, emissivity, distance, points, condition, preAlarm and alarm; null where not said.',
    paths: [
      '/ISAPI/Thermal/channels/{channel}/thermometry/{preset}',
      '/ISAPI/Thermal/channels/{channel}/thermometry/{preset}/alarmRules',
    ],
    source: ['ISAPI /ISAPI/Thermal/channels/<ID>/thermometry/<ID>', 'isapi.md §7.6'],
  }),
} as const;
