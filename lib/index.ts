/** What the outside may use: values you construct, types you receive. */
export { HikvisionClient } from './client';
export type { ClientCounters, ClientOptions, Subscription } from './client';
export type { ConnectionState, StreamState } from './session/connection';
export type { Warning } from './session/event-pump';
export type { TlsTrust } from './transport/tls';
export { placeOf, parseDeviceUrl } from './transport/address';
export { systemClock } from './clock';
export type { Clock, Timer } from './clock';
export * from './errors';
export { EVENT_KINDS, EVENT_KIND_NAMES, kindOf } from './events/kinds';
export type { EventKind } from './events/kinds';
export type { DeviceIdentity, EventSource, EventState, HikvisionEvent, Picture, Rect, Region } from './events/event';
export { registry, commandList, commandNamed } from './commands/registry';
export type { CallOptions, CommandDescription, CommandName, Commands, FamilyName } from './commands/registry';
export type { ArgumentsOf, Command, Effect, Param, Params } from './commands/command';
export type * from './commands/results';
