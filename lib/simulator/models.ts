/** The built-in devices. Written by us; model names and serial numbers are made up and say so. */
import type { SimulatedDevice } from './device';
import { anpr } from './models/anpr';
import { camera } from './models/camera';
import { doorStation } from './models/doorstation';
import { recorder } from './models/nvr';
import { axpro, counter, speaker, thermal } from './models/sensors';
import { terminal } from './models/terminal';
import type { RecordingOptions } from './recordings';

/** Name on the command line, and how to make a new one. */
const MODELS = {
  camera,
  nvr: recorder,
  doorstation: doorStation,
  terminal,
  anpr,
  axpro,
  thermal,
  counter,
  speaker,
} as const satisfies Record<string, (recordings?: RecordingOptions) => SimulatedDevice>;

export type ModelName = keyof typeof MODELS;

export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[];

/**
 * A new device of that model, with factory settings. Each call gives one of its own.
 *
 * @param recordings how it records, where that is not as usual.
 */
export function builtInDevice(model: ModelName, recordings?: RecordingOptions): SimulatedDevice {
  return MODELS[model](recordings);
}
