/** subscribeEvent: an event stream with only the kinds that somebody wants (isapi.md §6.9). Pure: documents in, documents out. */
import { all, booleanAt, element, find, formatXml, textAt, type XmlElement } from '../codec/xml';
import { kindOf, type EventKind } from '../events/kinds';
import { SUBSCRIBE_HEARTBEAT_S } from '../settings';

export const CAPABILITIES_PATH = '/ISAPI/System/capabilities';
export const SUBSCRIBE_PATH = '/ISAPI/Event/notification/subscribeEvent';
export const SUBSCRIBE_CAP_PATH = '/ISAPI/Event/notification/subscribeEventCap';

const ATTRIBUTES = { version: '2.0', xmlns: 'http://www.isapi.org/ver20/XMLSchema' };

/** What a device offers. */
export interface Offered {
  /** Its words for the types of events; empty where it names none. */
  readonly types: readonly string[];
  /** It can be told which of them. */
  readonly takesList: boolean;
  /** Seconds between two signs of life. */
  readonly heartbeatS: number;
}

export interface Subscription {
  readonly body: string;
  /** The kinds that come by it; null for all. */
  readonly kinds: ReadonlySet<EventKind> | null;
}

/** Does the device say that it has it? */
export function saysSubscribe(capabilities: XmlElement): boolean {
  return (
    booleanAt(capabilities, 'SysCap/isSupportSubscribeEvent') ??
    booleanAt(capabilities, 'isSupportSubscribeEvent') ??
    false
  );
}

export function offeredBy(capabilities: XmlElement): Offered {
  const types = all(find(capabilities, 'EventList'), 'Event').flatMap((event) => textAt(event, 'type') ?? []);
  const modes = find(capabilities, 'eventMode')?.attributes['opt'] ?? '';
  const most = Number(find(capabilities, 'heartbeat')?.attributes['max'] ?? SUBSCRIBE_HEARTBEAT_S);
  return {
    types: [...new Set(types)],
    takesList: modes.split(',').some((mode) => mode.trim() === 'list'),
    heartbeatS: most >= 1 && most < SUBSCRIBE_HEARTBEAT_S ? Math.floor(most) : SUBSCRIBE_HEARTBEAT_S,
  };
}

/**
 * What to ask for.
 *
 * @param wanted null for all kinds. Where the device names no type for one of them, all are taken: it may send it all the same.
 */
export function subscriptionFor(wanted: ReadonlySet<EventKind> | null, offered: Offered): Subscription {
  const types = wanted === null || !offered.takesList ? null : typesFor(wanted, offered.types);
  const events = (types ?? []).map((type) =>
    element('Event', [element('type', type), element('pictureURLType', 'binary')]),
  );
  const body = element(
    'SubscribeEvent',
    [
      element('heartbeat', offered.heartbeatS),
      element('eventMode', types === null ? 'all' : 'list'),
      ...(types === null ? [] : [element('EventList', events)]),
      element('channelMode', 'all'),
    ],
    ATTRIBUTES,
  );
  return { body: formatXml(body), kinds: types === null ? null : wanted };
}

/** Null where they cannot be named. */
function typesFor(wanted: ReadonlySet<EventKind>, offered: readonly string[]): string[] | null {
  const named = new Set<EventKind>();
  const types = offered.filter((type) => {
    const kinds = kindsOf(type).filter((kind) => wanted.has(kind));
    for (const kind of kinds) named.add(kind);
    return kinds.length > 0;
  });
  return [...wanted].every((kind) => named.has(kind)) ? types : null;
}

/** Doorbells come as access events. */
function kindsOf(type: string): EventKind[] {
  const kind = kindOf(type);
  return kind === 'access' ? ['access', 'doorbell'] : [kind];
}
