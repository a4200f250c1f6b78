/**
 * One detection of a device as a pair of commands. What a detection is called, where it stands and which values it has is a row
 * of a table; reading, checking and writing are the same for all of them.
 */
import { all, find, formatXml, numberAt, toBoolean, type XmlElement } from '../../codec/xml';
import { ArgumentError, UnsupportedError, type Violation } from '../../errors';
import { needsReboot } from '../answers';
import { channelParam } from '../channels';
import { command, putDocument, type Command, type CommandContext, type Params, type Steps } from '../command';
import { getNamed } from '../documents';
import type { Feature } from '../features';
import { firstAt, violationAmong } from '../limits';
import { firstThatWorks, optionalDocument } from '../ways';
import type { ParamsOf, Setting, Settings, Surroundings, ValuesOf } from './settings';

/** Lines or areas that a detection watches, each with settings of its own. */
export interface RuleForm<R extends Settings = Settings> {
  /** Element that holds them, and the name of one. */
  readonly list: string;
  readonly item: string;
  /** What people call one of them: line, area. */
  readonly noun: string;
  readonly settings: R;
}

export interface Detection<S extends Settings = Settings, R extends Settings = Settings> {
  /** As in the names of its commands. */
  readonly name: string;
  /** What it is, as part of a title and a sentence: `line crossing`. */
  readonly title: string;
  readonly summary: string;
  /** Paths with `{channel}`, the most common class first. */
  readonly places: readonly string[];
  readonly root: string;
  readonly settings: S;
  readonly rules?: RuleForm<R>;
  readonly needs?: Feature;
  readonly source: readonly string[];
}

type ChannelParams = { readonly channel: typeof channelParam };
type RuleParams<R extends Settings> = {
  readonly rule: typeof ruleParam;
  readonly ruleEnabled: typeof ruleEnabledParam;
} & ParamsOf<R>;

export type Rule<R extends Settings> = {
  readonly rule: number;
  /** Null where the rules of this device have no switch of their own. */
  readonly enabled: boolean | null;
} & ValuesOf<R>;

export type State<S extends Settings, R extends Settings> = {
  readonly channel: number;
} & ValuesOf<S> &
  (string extends keyof R ? unknown : { readonly rules: readonly Rule<R>[] });

/** What the device says after a change; it may have bent or ignored what was asked. */
export type Changed<T> = T & {
  /** The device stored the change but uses it only after a restart. */
  readonly rebootRequired: boolean;
};

export interface DetectionCommands<S extends Settings, R extends Settings> {
  readonly get: Command<ChannelParams, State<S, R>>;
  readonly set: Command<
    ChannelParams & ParamsOf<S> & (string extends keyof R ? unknown : RuleParams<R>),
    Changed<State<S, R>>
  >;
}

const ruleParam = {
  kind: 'integer',
  title: 'Rule',
  description: 'Number of the line or area that is changed.',
  min: 1,
  max: 64,
  default: 1,
} as const;

const ruleEnabledParam = {
  kind: 'boolean',
  title: 'Rule on',
  description: 'Switches this rule alone; many recorders have no such switch.',
  optional: true,
} as const;

/** What a command answers. */
export type ResultOf<C> = C extends { readonly isapi: (...args: never) => Steps<infer R> } ? R : never;

/** Writes a row of the table down; only there for the types. */
export function detection<const S extends Settings, const R extends Settings = Settings>(
  row: Detection<S, R>,
): Detection<S, R> {
  return row;
}

/** `getX` and `setX` of one row. */
export function detectionCommands<S extends Settings, R extends Settings>(
  row: Detection<S, R>,
): DetectionCommands<S, R> {
  const general = row as unknown as Detection;
  const { name, title, places, rules, source, needs } = general;
  const ruleParams =
    rules === undefined ? {} : { rule: ruleParam, ruleEnabled: ruleEnabledParam, ...paramsOf(rules.settings) };
  const shared = { source, paths: places, ...(needs === undefined ? {} : { needs }) };
  const parts = [...Object.keys(general.settings), ...(rules === undefined ? [] : [`rules (the ${rules.noun}s)`])];
  const get = command({
    ...shared,
    title: `Read ${title}`,
    summary: `Reads how ${title} is set on a channel. ${row.summary}`,
    effect: 'read',
    params: { channel: channelParam } satisfies Params,
    isapi: (args, context) => read(general, args.channel, context),
    returns: `The settings: channel, ${parts.join(', ')}; null for what the device does not say.`,
  });
  const set = command({
    ...shared,
    title: `Set ${title}`,
    summary:
      `Switches ${title} of a channel on or off, or changes its settings. Everything that is not given stays as it is.` +
      (rules === undefined ? '' : ` What belongs to one ${rules.noun} goes to the one named by "rule".`),
    effect: 'write',
    ...(Object.hasOwn(general.settings, 'enabled') ? { example: { enabled: true } as Record<string, unknown> } : {}),
    params: { channel: channelParam, ...paramsOf(general.settings), ...ruleParams },
    isapi: (args, context) => change(general, args as Arguments, context),
    returns: `What the device says afterwards, as event.get${name.charAt(0).toUpperCase()}${name.slice(1)} gives it, and whether it needs a restart.`,
  });
  // Parameters and results were put together from the settings of the row, as the types say.
  return { get, set } as unknown as DetectionCommands<S, R>;
}

function paramsOf(settings: Settings): Params {
  return Object.fromEntries(Object.entries(settings).map(([name, { param }]) => [name, param]));
}

type Arguments = Readonly<Record<string, unknown>> & { readonly channel: number };
type GeneralState = Readonly<Record<string, unknown>> & { readonly channel: number };

function* read(row: Detection, channel: number, context: CommandContext): Steps<GeneralState> {
  const { document } = yield* locate(row, channel, context);
  return stateOf(row, channel, document);
}

/** The document of a channel, at the place that this device has it. */
function* locate(row: Detection, channel: number, context: CommandContext) {
  return yield* firstThatWorks(row.places, context.memory, `event.${row.name}/${channel}`, function* (place) {
    const path = place.replace('{channel}', String(channel));
    return { path, document: yield* getNamed(path, row.root) };
  });
}

function stateOf({ settings, rules }: Detection, channel: number, document: XmlElement): GeneralState {
  const state: GeneralState = { channel, ...valuesOf(settings, document, document) };
  if (rules === undefined) return state;
  const list = all(find(document, rules.list), rules.item).map((item, index) => ({
    rule: numberAt(item, 'id') ?? index + 1,
    enabled: toBoolean(find(item, 'enabled')?.text),
    ...valuesOf(rules.settings, item, document),
  }));
  return { ...state, rules: list };
}

function valuesOf(settings: Settings, from: XmlElement, document: XmlElement): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, setting.read(from, surroundings(name, document))]),
  );
}

/** Coordinates are 0-1000 where the document does not say otherwise; tamper detection counts in pixels of a small picture. */
function surroundings(parameter: string, document: XmlElement): Surroundings {
  const scale = (side: string) => {
    const given = numberAt(document, `normalizedScreenSize/normalizedScreen${side}`);
    return given !== null && given > 0 ? given : 1_000;
  };
  return { parameter, width: scale('Width'), height: scale('Height') };
}

/** One value on its way into the document. */
interface Wanted {
  readonly parameter: string;
  readonly setting: Setting;
  readonly value: unknown;
  readonly into: XmlElement;
  /** The element of the capability document that stands for `into`. */
  readonly limits: XmlElement | undefined;
}

function* change(row: Detection, args: Arguments, context: CommandContext): Steps<GeneralState> {
  const { channel } = args;
  const { settings, rules } = row;
  const own = given(settings, args);
  const ofRule = rules === undefined ? [] : given(rules.settings, args);
  const ruleSwitch = rules === undefined ? undefined : (args.ruleEnabled as boolean | undefined);
  if (own.length === 0 && ofRule.length === 0 && ruleSwitch === undefined) {
    const names = Object.keys({ ...settings, ...(rules === undefined ? {} : { ruleEnabled: 0, ...rules.settings }) });
    throw new ArgumentError([{ parameter: 'arguments', given: {}, expected: `at least one of ${names.join(', ')}` }]);
  }

  const { path, document } = yield* locate(row, channel, context);
  const hasLimits = [...own, ...ofRule].some(({ setting, value }) => setting.wire(value) !== null);
  const capability = hasLimits ? yield* optionalDocument(`${path}/capabilities`) : undefined;
  const wanted: Wanted[] = own.map((one) => ({ ...one, into: document, limits: capability }));
  if (rules !== undefined && (ofRule.length > 0 || ruleSwitch !== undefined)) {
    const item = ruleNumbered(Number(args.rule), rules, document, path);
    const limits = find(capability, `${rules.list}/${rules.item}`);
    wanted.push(...ofRule.map((one) => ({ ...one, into: item, limits })));
    if (ruleSwitch !== undefined) {
      const element = find(item, 'enabled');
      if (element === undefined) throw lacks(path, row, 'ruleEnabled');
      element.text = String(ruleSwitch);
    }
  }
  write(wanted, row, path, document);
  const answer = yield* putDocument(path, formatXml(document));

  // Devices bend or ignore values and still say OK.
  const after = yield* getNamed(path, row.root);
  return { ...stateOf(row, channel, after), rebootRequired: needsReboot(answer) };
}

function given(settings: Settings, args: Arguments): { parameter: string; setting: Setting; value: unknown }[] {
  return Object.entries(settings).flatMap(([parameter, setting]) =>
    args[parameter] === undefined ? [] : [{ parameter, setting, value: args[parameter] }],
  );
}

function ruleNumbered(number: number, { list, item, noun }: RuleForm, document: XmlElement, path: string): XmlElement {
  const items = all(find(document, list), item);
  const numbers = items.map((each, index) => numberAt(each, 'id') ?? index + 1);
  const found = items[numbers.indexOf(number)];
  if (found !== undefined) return found;
  if (items.length === 0) throw new UnsupportedError(`${path}: the device has no ${noun}s to be set`);
  throw new ArgumentError([{ parameter: 'rule', given: number, expected: `one of ${numbers.join(', ')}` }]);
}

/** @throws ArgumentError naming every value that the device does not take. */
function write(wanted: readonly Wanted[], row: Detection, path: string, document: XmlElement): void {
  const violations = wanted.flatMap(({ parameter, setting, value, into, limits }): Violation[] => {
    const wire = setting.wire(value);
    const problem =
      wire === null ? null : violationAmong(parameter, wire, [firstAt(limits, setting.at), firstAt(into, setting.at)]);
    return problem === null ? [] : [problem];
  });
  if (violations.length > 0) throw new ArgumentError(violations);
  // A partial document resets what it leaves out, so the whole one goes back with these values changed.
  for (const { parameter, setting, value, into } of wanted) {
    if (!setting.write(into, value, surroundings(parameter, document))) throw lacks(path, row, parameter);
  }
}

function lacks(path: string, row: Detection, parameter: string): UnsupportedError {
  return new UnsupportedError(`${path}: the device has no ${parameter} for ${row.title}`);
}
