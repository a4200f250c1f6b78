/** The push hosts of a device: addresses to which it would send its events, and what each class makes of them (isapi.md §6.10). */
import { decodeText } from '../../codec/text';
import { all, find, formatXml, numberAt, parseXml, setText, textAt, type XmlElement } from '../../codec/xml';
import { emptyPushSlot } from '../../commands/event/push-hosts';
import { NAMESPACE, xmlAnswer, XML_TYPE, type DeviceAnswer } from '../answers';
import type { DeviceForm, Route, RouteCall } from '../device';
import type { PushTarget } from '../push-sender';

const PATH = '/ISAPI/Event/notification/httpHosts';

interface Manner {
  readonly slots: number;
  /** Recorders only let their one slot be overwritten. */
  readonly putOnly?: true;
  /** Terminals take IP addresses only, and forget the path. */
  readonly addressOnly?: true;
}

const MANNERS: Readonly<Record<DeviceForm, Manner>> = {
  camera: { slots: 3 },
  recorder: { slots: 1, putOnly: true },
  doorstation: { slots: 2, addressOnly: true },
};

export class PushHosts {
  private readonly manner: Manner;
  private readonly slots = new Map<number, XmlElement>();
  private readonly passwords = new Map<number, string>();

  constructor(form: DeviceForm) {
    this.manner = MANNERS[form];
    for (let id = 1; id <= this.manner.slots; id++) this.slots.set(id, emptySlot(id));
  }

  /** Where events are to be sent now. */
  get targets(): readonly PushTarget[] {
    return [...this.slots].flatMap(([id, slot]) => {
      const address = addressOf(slot);
      if (address === null) return [];
      return {
        protocol: textAt(slot, 'protocolType') === 'HTTPS' ? ('HTTPS' as const) : ('HTTP' as const),
        address,
        port: numberAt(slot, 'portNo') ?? 80,
        url: pathOf(textAt(slot, 'url') ?? '/'),
        username: textAt(slot, 'userName') ?? '',
        password: this.passwords.get(id) ?? '',
      };
    });
  }

  routes(): Route[] {
    const route = (method: Route['method'], end: string, run: Route['run']): Route => ({
      method,
      path: new RegExp(`^${PATH}${end}$`, 'i'),
      run,
    });
    const change = this.manner.putOnly
      ? []
      : [route('POST', '', (call) => this.add(call)), route('DELETE', '/(\\d{1,3})', (call) => this.remove(call))];
    return [
      route('GET', '', (call) => xmlAnswer(this.list(), call.device.lineEnd)),
      route('GET', '/capabilities', (call) => xmlAnswer(this.capabilities(), call.device.lineEnd)),
      route('GET', '/(\\d{1,3})', (call) => this.read(call)),
      route('PUT', '', (call) => this.writeList(call)),
      route('PUT', '/(\\d{1,3})', (call) => this.write(call)),
      route('POST', '/(\\d{1,3})/test', (call) => this.test(call)),
      ...change,
    ];
  }

  private list(): string {
    const items = [...this.slots.values()].map((slot) => withoutDeclaration(formatXml(slot)));
    return `<HttpHostNotificationList version="2.0" xmlns="${NAMESPACE}">\n${items.join('\n')}\n</HttpHostNotificationList>`;
  }

  private capabilities(): string {
    return `<HttpHostNotificationCap version="2.0" xmlns="${NAMESPACE}">
      <hostNumber>${this.manner.slots}</hostNumber>
      <protocolType opt="HTTP,HTTPS"></protocolType>
      <parameterFormatType opt="XML,JSON"></parameterFormatType>
      <addressingFormatType opt="${this.manner.addressOnly ? 'ipaddress' : 'ipaddress,hostname'}"></addressingFormatType>
      <httpAuthenticationMethod opt="MD5digest,none"></httpAuthenticationMethod>
      </HttpHostNotificationCap>`;
  }

  private read(call: RouteCall): DeviceAnswer {
    const slot = this.slots.get(slotOf(call));
    if (slot === undefined) return call.status('invalidOperation');
    return { status: 200, contentType: XML_TYPE, body: Buffer.from(formatXml(slot)) };
  }

  private write(call: RouteCall): DeviceAnswer {
    const id = slotOf(call);
    if (!this.slots.has(id)) return call.status('invalidOperation');
    const given = bodyOf(call);
    return given === null ? call.status('badXmlFormat') : this.store(call, [[id, given]]);
  }

  private writeList(call: RouteCall): DeviceAnswer {
    const given = bodyOf(call);
    if (given === null) return call.status('badXmlFormat');
    if (given.name.toLowerCase() !== 'httphostnotificationlist') return call.status('badXmlContent');
    const items = all(given, 'HttpHostNotification').map((item) => [numberAt(item, 'id') ?? 0, item] as const);
    if (items.some(([id]) => !this.slots.has(id))) return call.status('badParameters', 'id');
    return this.store(call, items);
  }

  private add(call: RouteCall): DeviceAnswer {
    const given = bodyOf(call);
    if (given === null) return call.status('badXmlFormat');
    const free = [...this.slots].find(([, slot]) => !isUsed(slot))?.[0];
    return free === undefined ? call.status('invalidOperation') : this.store(call, [[free, given]]);
  }

  private store(call: RouteCall, items: readonly (readonly [number, XmlElement])[]): DeviceAnswer {
    for (const [, item] of items) {
      if (item.name.toLowerCase() !== 'httphostnotification') return call.status('badXmlContent');
      const usesName = textAt(item, 'addressingFormatType') === 'hostname';
      if (usesName && this.manner.addressOnly) return call.status('badXmlContent', 'ipAddress');
      const missing = ['portNo', usesName ? 'hostName' : 'ipAddress'].find((name) => textAt(item, name) === null);
      if (missing !== undefined) return call.status('MessageParametersLack', missing);
    }
    for (const [id, item] of items) {
      setText(item, 'id', id);
      if (this.manner.addressOnly) setText(item, 'url', '/');
      // Nobody gets a password back; one that is not said stays.
      const password = textAt(item, 'password');
      if (password !== null) this.passwords.set(id, password);
      const kept = item.children.filter(({ name }) => name.toLowerCase() !== 'password');
      item.children.splice(0, item.children.length, ...kept);
      this.slots.set(id, item);
    }
    return call.status('ok');
  }

  private remove(call: RouteCall): DeviceAnswer {
    const id = slotOf(call);
    if (!this.slots.has(id)) return call.status('invalidOperation');
    this.slots.set(id, emptySlot(id));
    this.passwords.delete(id);
    return call.status('ok');
  }

  /** It opens no connection of its own: what is an address can be reached. */
  private test(call: RouteCall): DeviceAnswer {
    const slot = this.slots.get(slotOf(call));
    if (slot === undefined || this.manner.putOnly) return call.status('invalidOperation');
    const words = isUsed(slot) ? 'ok' : 'Connection refused';
    return xmlAnswer(
      `<HttpHostTestResult version="2.0" xmlns="${NAMESPACE}">\n<errorDescription>${words}</errorDescription>\n</HttpHostTestResult>`,
      call.device.lineEnd,
    );
  }
}

function slotOf({ groups }: RouteCall): number {
  return Number(groups[0]);
}

function isUsed(slot: XmlElement): boolean {
  return addressOf(slot) !== null;
}

function addressOf(slot: XmlElement): string | null {
  const address = textAt(slot, 'ipAddress') ?? textAt(slot, 'ipv6Address') ?? textAt(slot, 'hostName');
  return address === '0.0.0.0' ? null : address;
}

/** Of a path or a whole address; what no request can have is sent to the root. */
function pathOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]{1,256}/i, '');
  return /^\/[\x21-\x7e]*$/.test(path) ? path : '/';
}

const emptySlot = (id: number): XmlElement => emptyPushSlot(id, { version: '2.0', xmlns: NAMESPACE });

/** The one host of a body, also where it comes in a list. */
function bodyOf(call: RouteCall): XmlElement | null {
  try {
    const body = parseXml(decodeText(call.request.body));
    return call.groups.length > 0 ? (find(body, 'HttpHostNotification') ?? body) : body;
  } catch {
    return null;
  }
}

function withoutDeclaration(document: string): string {
  return document.replace(/^\s*<\?xml[^>]*\?>\s*/, '');
}
