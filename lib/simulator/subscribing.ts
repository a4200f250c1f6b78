/** subscribeEvent: an event stream with only the wanted types and a heartbeat of its own (isapi.md §6.9). */
import { decodeText } from '../codec/text';
import { all, find, numberAt, parseXml, textAt } from '../codec/xml';
import { NAMESPACE } from './answers';

/** Types that a simulated device names; it has scenarios for them. */
const TYPES = [
  'VMD',
  'videoloss',
  'tamperdetection',
  'linedetection',
  'fielddetection',
  'IO',
  'AccessControllerEvent',
  'ANPR',
  'cidEvent',
  'PeopleCounting',
  'TMPA',
  'TMA',
] as const;

const MAX_HEARTBEAT_S = 30;

export interface Subscribed {
  readonly heartbeatMs: number;
  /** In lower case; null for all. */
  readonly types: ReadonlySet<string> | null;
}

export function subscribeCapabilities(): string {
  const events = TYPES.map(
    (type) => `<Event>\n<type>${type}</type>\n<pictureURLType opt="binary"></pictureURLType>\n</Event>`,
  );
  return `<SubscribeEventCap version="2.0" xmlns="${NAMESPACE}">
    <heartbeat min="1" max="${MAX_HEARTBEAT_S}"></heartbeat>
    <channelMode opt="all,list"></channelMode>
    <eventMode opt="all,list"></eventMode>
    <EventList>\n${events.join('\n')}\n</EventList>
    </SubscribeEventCap>`;
}

export function subscribeResponse(id: number): string {
  return `<SubscribeEventResponse version="2.0" xmlns="${NAMESPACE}">\n<id>${id}</id>\n<FailedEventList/>\n</SubscribeEventResponse>`;
}

/** Null for what is no subscription. */
export function readSubscription(body: Buffer): Subscribed | null {
  let document;
  try {
    document = parseXml(decodeText(body));
  } catch {
    return null;
  }
  if (document.name.toLowerCase() !== 'subscribeevent') return null;
  const heartbeatS = numberAt(document, 'heartbeat') ?? MAX_HEARTBEAT_S;
  if (!(heartbeatS >= 1 && heartbeatS <= MAX_HEARTBEAT_S)) return null;
  const isList = textAt(document, 'eventMode') === 'list';
  const types = all(find(document, 'EventList'), 'Event').flatMap(
    (event) => textAt(event, 'type')?.toLowerCase() ?? [],
  );
  return { heartbeatMs: heartbeatS * 1_000, types: isList ? new Set(types) : null };
}

/** The type that a document names, for those that somebody else wrote; '' where it names none. */
export function typeOf(document: string): string {
  const match = /<eventType>([^<]{0,64})<|"eventType"\s{0,8}:\s{0,8}"([^"]{0,64})"/.exec(document);
  return (match?.[1] ?? match?.[2] ?? '').trim().toLowerCase();
}
