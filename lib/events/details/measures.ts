/** What a device measures: temperatures, people, sound (isapi.md §7.5, §7.6). */
import { jsonNumber, jsonText, member, type JsonObject } from '../../codec/json';
import type { Source } from './source';

export interface TemperatureDetails {
  /** `preAlarm`, `alarm`, `difference`; null where the name of the event does not tell. */
  readonly level: string | null;
  readonly temperature: number | null;
  readonly limit: number | null;
  /** What the rule watches for, in the words of the device. */
  readonly condition: string | null;
  /** celsius, fahrenheit, kelvin. */
  readonly unit: string | null;
  readonly rule: number | null;
  readonly ruleName: string | null;
  readonly preset: number | null;
}

/** Counts since midnight or the last reset, not differences. `countedAt` or a span, by the way of counting. */
export interface PeopleCountingDetails {
  readonly enter: number | null;
  readonly exit: number | null;
  readonly pass: number | null;
  readonly childEnter: number | null;
  readonly childExit: number | null;
  /** People in the area now. */
  readonly people: number | null;
  readonly statistics: string | null;
  readonly countedAt: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly region: string | null;
  /** Everything that the device says about it. */
  readonly peopleCounting: JsonObject | null;
}

export interface AudioDetails {
  /** How loud, in the unit of the device. */
  readonly level: number | null;
  readonly threshold: number | null;
  /** `inputLost`, or what the device says that it heard. */
  readonly cause: string | null;
}

/** What a word of the firmware says about how bad it is. */
const TEMPERATURE_LEVELS: Readonly<Record<string, string>> = { tmpa: 'preAlarm', tma: 'alarm', tda: 'difference' };

/** Temperatures stand in the message itself, or in an object of it that is named after the event. */
export function temperatureDetails(source: Source): TemperatureDetails {
  const from = source.objects.find((object) => member(object, 'currTemperature') !== undefined);
  return {
    level: TEMPERATURE_LEVELS[source.eventType] ?? null,
    temperature: jsonNumber(from, 'currTemperature'),
    limit: source.number('ruleTemperature'),
    condition: source.text('alarmRule'),
    unit: source.text('thermometryUnit'),
    rule: source.number('ruleID') ?? jsonNumber(from, 'id'),
    ruleName: source.text('ruleName') ?? jsonText(from, 'name'),
    preset: source.number('presetNo'),
  };
}

export function peopleCountingDetails(source: Source): PeopleCountingDetails {
  const counting = source.object('peopleCounting');
  const children = source.object('childCounting');
  return {
    enter: jsonNumber(counting, 'enter'),
    exit: jsonNumber(counting, 'exit'),
    pass: jsonNumber(counting, 'pass'),
    childEnter: jsonNumber(children, 'enter'),
    childExit: jsonNumber(children, 'exit'),
    people: source.number('framesPeopleCountingNum', 'peopleNum'),
    statistics: jsonText(counting, 'statisticalMethods'),
    countedAt: jsonText(counting, 'RealTime/time'),
    from: jsonText(counting, 'TimeRange/startTime'),
    to: jsonText(counting, 'TimeRange/endTime'),
    region: jsonText(counting, 'regionsID'),
    peopleCounting: counting,
  };
}

export function audioDetails(source: Source): AudioDetails {
  return {
    level: source.number('decibel', 'audioDecibel', 'soundIntensity', 'audioIntensity', 'audioLevel'),
    threshold: source.number('soundThreshold', 'audioThreshold', 'threshold'),
    cause:
      source.eventType === 'audioloss'
        ? 'inputLost'
        : source.text('audioExceptionType', 'exceptionType', 'audioType', 'abnormalSoundType'),
  };
}
