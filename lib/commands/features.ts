/**
 * What a device may have or lack. A command names the feature that it needs; the editor offers what a device has, its filter of
 * device classes is derived from here, and the publisher makes entities only for what is there.
 */

interface FeatureDefinition {
  readonly title: string;
  /** The class of devices that this feature makes; features of ordinary cameras and recorders make none. */
  readonly deviceClass?: string;
}

const ACCESS = 'Door stations and terminals';
const PLATES = 'Plate cameras';

export const FEATURES = {
  video: { title: 'Video' },
  ptz: { title: 'Pan, tilt, zoom' },
  light: { title: 'Light' },
  siren: { title: 'Siren' },
  talk: { title: 'Two-way audio' },
  recording: { title: 'Recordings' },
  smartEvents: { title: 'Smart events' },
  pir: { title: 'Infrared motion sensor' },
  alarmInputs: { title: 'Alarm inputs' },
  alarmOutputs: { title: 'Alarm outputs' },
  softInputs: { title: 'Soft inputs' },
  intercom: { title: 'Intercom', deviceClass: ACCESS },
  doors: { title: 'Doors', deviceClass: ACCESS },
  persons: { title: 'Persons and cards', deviceClass: ACCESS },
  plates: { title: 'Number plates', deviceClass: PLATES },
  barrier: { title: 'Barrier', deviceClass: PLATES },
  alarmPanel: { title: 'Alarm panel', deviceClass: 'Alarm panels' },
  thermometry: { title: 'Temperatures', deviceClass: 'Thermal cameras' },
  peopleCounting: { title: 'People counting', deviceClass: 'People counters' },
  sounds: { title: 'Sounds', deviceClass: 'Speakers' },
} as const satisfies Record<string, FeatureDefinition>;

export type Feature = keyof typeof FEATURES;

export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[];

/** True and false as the device says it; null where nothing but trying tells. */
export type Features = Readonly<Record<Feature, boolean | null>>;

/** The class that a feature belongs to; null for what ordinary cameras and recorders have. */
export function deviceClassOf(feature: Feature | undefined): string | null {
  const definition: FeatureDefinition | undefined = feature === undefined ? undefined : FEATURES[feature];
  return definition?.deviceClass ?? null;
}
