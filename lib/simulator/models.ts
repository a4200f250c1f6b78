/** The built-in devices. Written by us; model names and serial numbers are made up and say so. */
import type { SimulatedDevice } from './device';
import { anpr } from './models/anpr';
import { camera } from './models/camera';
import { doorStation } from './models/doorstation';
import { recorder } from './models/nvr';
import { axpro, counter, speaker, thermal } from './models/sensors';
import { terminal } from './models/terminal';

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
} as const satisfies Record<string, () => SimulatedDevice>;

export type ModelName = keyof typeof MODELS;

export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[];

/** A new device of that model, with factory settings. Each call gives one of its own. */
export function builtInDevice(model: ModelName): SimulatedDevice {
  return MODELS[model]();
}
