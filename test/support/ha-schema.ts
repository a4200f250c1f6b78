/**
 * Reads discovery messages as Home Assistant documents them (mqtt.md §1, §2), and names everything that it would drop or refuse.
 * Written from the documentation alone; it knows nothing of the generator.
 */
import type { Allowance } from '../../lib/mqtt/allowance';
import { requestOf } from '../../lib/mqtt/request';
import type { Topics } from '../../lib/mqtt/topics';

type Plain = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const truth: Check = (value) => typeof value === 'boolean';
const count: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const among =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(check);
/** One may subscribe to wildcards, but not publish to them. */
const topicIn: Check = (value) =>
  text(value) &&
  !(value as string).includes('\0') &&
  (value as string).split('/').every((level, at, all) => {
    if (level === '#') return at === all.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
const topicOut: Check = (value) => topicIn(value) && !/[+#]/.test(value as string);
/** Every brace of a template has its partner. */
const template: Check = (value) => {
  if (!text(value)) return false;
  const outside = (value as string).replace(/\{\{(?:[^{}]|\{[^{}]*\})*\}\}/g, '');
  return !/\{\{|\{%|%\}/.test(outside);
};
const url: Check = (value) =>
  typeof value === 'string' && /^(https?|homeassistant):\/\//.test(value) && !/^[a-z]+:\/\/[^/]*@/.test(value);

const BINARY_CLASSES = [
  'battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light lock moisture motion moving',
  'occupancy opening plug power presence problem running safety smoke sound tamper update vibration window',
].flatMap((line) => line.split(' '));

/** Classes of sensors, with the units that fit. */
const SENSOR_UNITS: Readonly<Record<string, readonly string[]>> = {
  temperature: ['°C', '°F', 'K'],
  data_size: 'bit kbit Mbit Gbit B kB MB GB TB PB KiB MiB GiB TiB'.split(' '),
  data_rate: ['bit/s', 'kbit/s', 'Mbit/s', 'B/s', 'kB/s', 'MB/s'],
  duration: ['d', 'h', 'min', 's', 'ms'],
  battery: ['%'],
  voltage: ['V', 'mV'],
  signal_strength: ['dB', 'dBm'],
  timestamp: [],
  date: [],
  enum: [],
};

const AVAILABILITY: Readonly<Record<string, Check>> = {
  availability: listOf((item) => problemsOfAvailability(item).length === 0),
  availability_topic: topicIn,
  availability_mode: among('all', 'any', 'latest'),
  availability_template: template,
  payload_available: text,
  payload_not_available: text,
};

const COMMON: Readonly<Record<string, Check>> = {
  ...AVAILABILITY,
  platform: text,
  name: (value) => value === null || text(value),
  unique_id: text,
  default_entity_id: (value) => typeof value === 'string' && /^[a-z_]+\.[a-z0-9_]+$/.test(value),
  icon: (value) => typeof value === 'string' && /^mdi:[a-z0-9-]+$/.test(value),
  entity_category: among('config', 'diagnostic'),
  enabled_by_default: truth,
  json_attributes_topic: topicIn,
  json_attributes_template: template,
  qos: (value) => value === 0 || value === 1 || value === 2,
  encoding: text,
};

interface PlatformSchema {
  readonly required: readonly string[];
  /** Exactly one of these. */
  readonly oneOf?: readonly string[];
  readonly keys: Readonly<Record<string, Check>>;
  readonly also?: (component: Plain) => string[];
}

const COMMAND = { command_topic: topicOut, command_template: template, retain: truth, optimistic: truth } as const;
const STATE = { state_topic: topicIn, value_template: template } as const;

const PLATFORMS: Readonly<Record<string, PlatformSchema>> = {
  binary_sensor: {
    required: ['state_topic'],
    keys: {
      ...STATE,
      payload_on: text,
      payload_off: text,
      device_class: among(...BINARY_CLASSES),
      off_delay: count,
      expire_after: count,
      force_update: truth,
    },
  },
  event: {
    required: ['state_topic', 'event_types'],
    keys: { ...STATE, event_types: listOf(text), device_class: among('doorbell', 'button', 'motion') },
  },
  image: {
    required: [],
    oneOf: ['image_topic', 'url_topic'],
    keys: {
      image_topic: topicIn,
      url_topic: topicIn,
      url_template: template,
      content_type: (value) => typeof value === 'string' && value.startsWith('image/'),
      image_encoding: among('b64'),
    },
    also: (component) =>
      'content_type' in component && !('image_topic' in component) ? ['content_type without image_topic'] : [],
  },
  camera: { required: ['topic'], keys: { topic: topicIn, image_encoding: among('b64') } },
  sensor: {
    required: ['state_topic'],
    keys: {
      ...STATE,
      device_class: among(...Object.keys(SENSOR_UNITS)),
      unit_of_measurement: text,
      state_class: among('measurement', 'total', 'total_increasing'),
      suggested_display_precision: count,
      options: listOf(text),
      expire_after: count,
      force_update: truth,
      last_reset_value_template: template,
    },
    also: problemsOfSensor,
  },
  switch: {
    required: ['command_topic'],
    keys: {
      ...STATE,
      ...COMMAND,
      payload_on: text,
      payload_off: text,
      state_on: text,
      state_off: text,
      device_class: among('outlet', 'switch'),
    },
    also: (component) => (component['payload_on'] === component['payload_off'] ? ['on and off are the same'] : []),
  },
  select: {
    required: ['command_topic', 'options'],
    keys: { ...STATE, ...COMMAND, options: listOf(text) },
  },
  button: {
    required: ['command_topic'],
    keys: {
      command_topic: topicOut,
      command_template: template,
      payload_press: text,
      retain: truth,
      device_class: among('restart', 'identify', 'update'),
    },
  },
  lock: {
    required: ['command_topic'],
    keys: {
      ...STATE,
      ...COMMAND,
      payload_lock: text,
      payload_unlock: text,
      payload_open: text,
      payload_reset: text,
      state_locked: text,
      state_unlocked: text,
      state_locking: text,
      state_unlocking: text,
      state_jammed: text,
      code_format: text,
    },
  },
  siren: {
    required: ['command_topic'],
    keys: {
      ...COMMAND,
      state_topic: topicIn,
      state_value_template: template,
      payload_on: text,
      payload_off: text,
      state_on: text,
      state_off: text,
      available_tones: listOf(text),
      support_duration: truth,
      support_volume_set: truth,
    },
  },
  alarm_control_panel: {
    required: ['command_topic', 'state_topic'],
    keys: {
      ...STATE,
      ...COMMAND,
      payload_arm_away: text,
      payload_arm_home: text,
      payload_arm_night: text,
      payload_arm_vacation: text,
      payload_arm_custom_bypass: text,
      payload_disarm: text,
      payload_trigger: text,
      supported_features: listOf(
        among('arm_home', 'arm_away', 'arm_night', 'arm_vacation', 'arm_custom_bypass', 'trigger'),
      ),
      code: text,
      code_format: text,
      code_arm_required: truth,
      code_disarm_required: truth,
      code_trigger_required: truth,
    },
  },
};

const ROOT: Readonly<Record<string, Check>> = {
  ...AVAILABILITY,
  device: (value) => isPlain(value),
  origin: (value) => isPlain(value),
  components: (value) => isPlain(value),
  state_topic: topicIn,
  command_topic: topicOut,
  qos: (value) => value === 0 || value === 1 || value === 2,
  encoding: text,
};

const DEVICE: Readonly<Record<string, Check>> = {
  identifiers: listOf(text),
  connections: listOf((item) => Array.isArray(item) && item.length === 2 && item.every(text)),
  name: text,
  manufacturer: text,
  model: text,
  model_id: text,
  hw_version: text,
  sw_version: text,
  serial_number: text,
  suggested_area: text,
  configuration_url: url,
  via_device: text,
};

const ORIGIN: Readonly<Record<string, Check>> = { name: text, sw_version: text, support_url: url };

/** Everything that is wrong with one message, in words; nothing for one that Home Assistant takes as it is. */
export function discoveryProblems(topic: string, payload: string): string[] {
  const problems: string[] = [];
  const levels = topic.split('/');
  if (levels.length < 4 || levels.at(-1) !== 'config' || levels.at(-3) !== 'device') problems.push(`topic ${topic}`);
  if (!/^[a-zA-Z0-9_-]+$/.test(levels.at(-2) ?? '')) problems.push(`object id in ${topic}`);
  let message: unknown;
  try {
    message = JSON.parse(payload);
  } catch {
    return [...problems, 'no JSON'];
  }
  if (!isPlain(message)) return [...problems, 'no object'];
  problems.push(...problemsOf('', message, ROOT, ['device', 'origin', 'components']));
  problems.push(...problemsOf('device.', message['device'], DEVICE, []));
  problems.push(...problemsOf('origin.', message['origin'], ORIGIN, ['name']));
  const device = isPlain(message['device']) ? message['device'] : {};
  if (!('identifiers' in device) && !('connections' in device))
    problems.push('device: neither identifiers nor connections');
  const components = isPlain(message['components']) ? message['components'] : {};
  if (Object.keys(components).length === 0) problems.push('components: none');
  const ids = new Set<unknown>();
  for (const [id, component] of Object.entries(components)) {
    problems.push(...problemsOfComponent(id, component));
    const unique = isPlain(component) ? component['unique_id'] : undefined;
    if (unique !== undefined && ids.has(unique)) problems.push(`${id}: unique_id twice`);
    ids.add(unique);
  }
  return problems;
}

function problemsOfComponent(id: string, component: unknown): string[] {
  if (!isPlain(component)) return [`${id}: no object`];
  const { platform } = component;
  const schema = typeof platform === 'string' && Object.hasOwn(PLATFORMS, platform) ? PLATFORMS[platform] : undefined;
  if (schema === undefined) return [`${id}: platform ${String(platform)}`];
  // How an entity is removed.
  if (Object.keys(component).length === 1) return [];
  const keys = { ...COMMON, ...schema.keys };
  const problems = problemsOf(`${id}.`, component, keys, ['unique_id', ...schema.required]);
  if (schema.oneOf !== undefined && schema.oneOf.filter((key) => key in component).length !== 1) {
    problems.push(`${id}: exactly one of ${schema.oneOf.join(', ')}`);
  }
  const entity = component['default_entity_id'];
  if (typeof entity === 'string' && !entity.startsWith(`${platform as string}.`))
    problems.push(`${id}: default_entity_id`);
  return [...problems, ...(schema.also?.(component) ?? []).map((problem) => `${id}: ${problem}`)];
}

function problemsOf(
  place: string,
  value: unknown,
  keys: Readonly<Record<string, Check>>,
  required: readonly string[],
): string[] {
  if (!isPlain(value)) return [`${place} no object`];
  const problems: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const check = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (check === undefined) problems.push(`${place}${key}: unknown key`);
    else if (!check(member)) problems.push(`${place}${key}: ${JSON.stringify(member) ?? 'nothing'}`);
  }
  for (const key of required) if (!(key in value)) problems.push(`${place}${key}: missing`);
  return problems;
}

function problemsOfAvailability(item: unknown): string[] {
  const keys = { topic: topicIn, payload_available: text, payload_not_available: text, value_template: template };
  return problemsOf('availability.', item, keys, ['topic']);
}

function problemsOfSensor(component: Plain): string[] {
  const { device_class: deviceClass, unit_of_measurement: unit, state_class: stateClass, options } = component;
  const problems: string[] = [];
  if (typeof deviceClass === 'string') {
    const units = SENSOR_UNITS[deviceClass] ?? [];
    if (units.length > 0 && !units.includes(unit as string)) problems.push(`unit ${String(unit)} of ${deviceClass}`);
    if (units.length === 0 && unit !== undefined) problems.push(`${deviceClass} with a unit`);
    if (units.length === 0 && stateClass !== undefined) problems.push(`${deviceClass} with a state class`);
    if ((deviceClass === 'enum') !== (options !== undefined)) problems.push('options and enum go together');
  } else if (options !== undefined) problems.push('options without enum');
  return problems;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Components of a message, for tests. */
export function componentsIn(payload: string | Buffer): Readonly<Record<string, Plain>> {
  return (JSON.parse(String(payload)) as { components: Record<string, Plain> }).components;
}

export interface SentCall {
  readonly topic: string;
  readonly body: string;
}

/** Every topic and body that the entities of a message would send. */
export function callsIn(payload: string | Buffer): SentCall[] {
  return Object.values(componentsIn(payload)).flatMap((component) => {
    const topic = component['command_topic'];
    if (typeof topic !== 'string') return [];
    const bodies = Object.entries(component).flatMap(([key, value]) =>
      key.startsWith('payload_') && typeof value === 'string' ? [value] : [],
    );
    const pattern = component['command_template'];
    const words = (component['options'] ?? []) as string[];
    if (typeof pattern === 'string') bodies.push(...words.map((word) => pattern.replace('{{ value }}', word)));
    if (bodies.length === 0) throw new Error(`${topic}: nothing would be sent`);
    return bodies.map((body) => ({ topic, body }));
  });
}

/** Carries a call out as far as the device. @returns why it is refused; null where its name, arguments and allowance are right. */
export function refusalOfCall(topics: Topics, { topic, body }: SentCall, allowance: Allowance): string | null {
  const place = topics.commandOf(topic);
  if (place === null) return `${topic}: no topic of a command`;
  const answer = requestOf(place, { payload: Buffer.from(body), retain: false }, allowance);
  return 'error' in answer ? `${topic} ${body}: ${answer.error.message}` : null;
}
