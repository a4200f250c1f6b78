/** A simulated device over HTTP and the command port: for tests, demos and `hsp simulate`. */
export { Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type LogEntry, type SimulatorOptions } from './simulator';
export type { HspLogEntry, HspOptions } from './command-port';
export { deviceFromDump, DumpError, SimulatedDevice, type DeviceForm, type DeviceIdentity, type Dump } from './device';
export { builtInDevice, MODEL_NAMES, type ModelName } from './models';
export { FAULT_NAMES, FAULTS, isFaultName, type FaultName } from './faults';
export { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenario';
export type { DigestAlgorithm, DigestOptions, LockOptions } from './auth';
export type { EventFields, EventPicture, EventRegion } from './event-parts';
export type { RecordingOptions } from './recordings';
export type { Replay } from './replay';
export { drawPicture, type PictureOptions } from './picture';
