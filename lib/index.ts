/** What the outside may use: values you construct, types you receive. */
export { HikvisionClient } from './client';
export type { ClientCounters, ClientOptions, EventOptions, Subscription } from './client';
export { examine } from './examination/examine';
export type { Examination, ExaminationOptions } from './examination/examine';
export { captureDevice, captureStream } from './examination/capture';
export type { Capture, CapturedAnswer, CapturedStream, CaptureOptions } from './examination/capture';
export { FINDINGS, wordsOf } from './examination/findings';
export type { Finding, FindingCode, Level } from './examination/findings';
export type { Service } from './examination/doors';
export { certificateAt } from './transport/services';
export type { Certificate } from './transport/services';
export type { CursorStore } from './events/cursors';
export { Site } from './events/site';
export type { ConnectionState, StreamState } from './session/connection';
export { EVENT_WAYS } from './session/ways';
export type { EventWay, WaysWish } from './session/ways';
export type { PushOptions } from './session/push-companion';
export type { Warning } from './session/event-pump';
export { LINK_PROTOCOLS } from './session/open-link';
export type { CommandPortOptions, LinkProtocol } from './session/open-link';
export type { AuthWay } from './session/command-session';
export { LOGIN_WAYS } from './transport/http';
export type { LoginWay } from './transport/http';
export type { TlsTrust } from './transport/tls';
export { placeOf, parseDeviceUrl, USUAL_PORTS, webAddressOf } from './transport/address';
export type { DeviceAddress, DeviceProtocol } from './transport/address';
export { discover } from './transport/discovery';
export type { DiscoveryOptions, Found, FoundDevice } from './transport/discovery';
export { EhomeServer } from './transport/ehome-server';
export type { EhomeCounters, EhomeServerOptions } from './transport/ehome-server';
export { CursorFile } from './session/cursor-file';
export type { CursorFileOptions } from './session/cursor-file';
export type { DialInOptions } from './session/dial-in-link';
export { PushListener } from './transport/push-listener';
export type { ListenOptions, PushCounters, PushListenerOptions } from './transport/push-listener';
export { systemClock } from './clock';
export type { Clock, Timer } from './clock';
export type { Files, Sink, Source } from './files';
export * from './errors';
export { EVENT_KINDS, EVENT_KIND_NAMES, kindOf } from './events/kinds';
export type { EventKind } from './events/kinds';
export { groupedKinds, kindGroupOf } from './events/kind-groups';
export type { KindGroup } from './events/kind-groups';
export { isKind } from './events/event';
export type {
  DeviceIdentity,
  EventOf,
  EventSource,
  EventState,
  HikvisionEvent,
  Picture,
  PictureRole,
  Rect,
  Region,
} from './events/event';
export { EVENT_DETAILS } from './events/detail-names';
export type { CommonDetails, DetailedKind, DetailsByKind, DetailsOf } from './events/details';
export type { AccessDetails, DoorbellDetails } from './events/details/doors';
export type * from './events/details/faults';
export type { AudioDetails, PeopleCountingDetails, TemperatureDetails } from './events/details/measures';
export type { AlarmPanelDetails } from './events/details/panel';
export type { Face, FaceDetails, PersonDetails } from './events/details/people';
export type { PlateDetails, PlatePicture } from './events/details/plate';
export type * from './events/details/rules';
export { registry, availableCommands, commandList, commandNamed } from './commands/registry';
export type { CallOptions, CommandDescription, CommandName, Commands, FamilyName } from './commands/registry';
export { nameSourceOf, namesFrom } from './commands/names';
export type { NamedValue, NameKind, NameSource } from './commands/names';
export { effectOfCall } from './dispatch';
export { nearest } from './commands/nearest';
export { FEATURES, FEATURE_NAMES } from './commands/features';
export type { Feature, Features } from './commands/features';
export type { ArgumentsOf, Command, Effect, Param, Params } from './commands/command';
export type * from './commands/results';
export type * from './commands/camera';
export type * from './commands/recorder';
export type * from './commands/stream';
export type * from './commands/event';
export type * from './commands/config';
export { allowanceFrom, ALLOWANCES, DEFAULT_ALLOWANCE } from './mqtt/allowance';
export type { Allowance } from './mqtt/allowance';
export { describeDevice } from './mqtt/description';
export type { DeviceDescription, KnownDevice } from './mqtt/description';
export { DEFAULT_PREFIX } from './mqtt/discovery/discovery';
export { languageFrom, LANGUAGES } from './mqtt/discovery/names';
export type { Language } from './mqtt/discovery/names';
export { slugsOf } from './mqtt/slugs';
export { baseTopicProblem, DEFAULT_BASE } from './mqtt/topics';
export { bridgePreviewOf, previewOf } from './publisher/preview';
export type { Preview, PreviewedEntity, PreviewedTopic, PreviewOptions } from './publisher/preview';
export { tryBroker } from './publisher/try-broker';
export type { BrokerVerdict } from './publisher/try-broker';
export { Publisher } from './publisher/publisher';
export type { PublisherOptions, PublisherStatus } from './publisher/publisher';
export type { BridgedDevice, DeviceSource, SourceState } from './publisher/device-bridge';
export type { BrokerOptions, BrokerState, BrokerTls, MqttVersion } from './publisher/broker';
export { clientSource } from './publisher/client-source';
export type { ClientSource } from './publisher/client-source';
export { siteFrom } from './publisher/site';
export type { SiteFile } from './publisher/site';
export { shardFrom, shardOf } from './publisher/shard';
export type { Shard } from './publisher/shard';
export { packageVersion } from './publisher/version';
