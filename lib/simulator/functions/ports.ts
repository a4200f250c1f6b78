/** Alarm inputs and outputs, soft inputs too: contacts that are raised, relays that are switched (isapi.md §5.1). */
import { decodeText } from '../../codec/text';
import { booleanAt, parseXml, textAt, type XmlElement } from '../../codec/xml';
import { NAMESPACE, xmlAnswer, xmlDocument, XML_TYPE, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';
import type { EventFields } from '../event-parts';

type Side = 'input' | 'output';

export interface PortCounts {
  readonly inputs: number;
  readonly outputs: number;
  readonly softInputs?: number;
  /** Ports of cameras behind a recorder: 301 is port 1 of channel 3. Each is an input and an output. */
  readonly proxied?: readonly number[];
  /** What outputs are there for; `custom` when not given. */
  readonly outputUse?: string;
  readonly outputName?: string;
}

interface Input {
  document: Buffer;
  /** The contact itself; whether that is an alarm is what `triggering` says. */
  isClosed: boolean;
}

const BASES = { own: '/ISAPI/System/IO', proxied: '/ISAPI/ContentMgmt/IOProxy' } as const;

export class Ports {
  private readonly inputs: ReadonlyMap<number, Input>;
  private readonly outputs: ReadonlyMap<number, Buffer>;
  private readonly on = new Set<number>();
  private readonly softOn = new Set<number>();

  constructor(private readonly counts: PortCounts) {
    const numbers = (count: number) => [
      ...Array.from({ length: count }, (_, index) => index + 1),
      ...(counts.proxied ?? []),
    ];
    this.inputs = new Map(
      numbers(counts.inputs).map((port) => [
        port,
        { document: xmlDocument(inputContent(port), '\n'), isClosed: false },
      ]),
    );
    this.outputs = new Map(
      numbers(counts.outputs).map((port) => [port, xmlDocument(outputContent(port, counts), '\n')]),
    );
  }

  /** Closes or opens the contact of an alarm input. @returns what the device has to tell of it. */
  setContact(port: number, isClosed: boolean): EventFields | null {
    const input = this.inputs.get(port);
    if (input === undefined) throw new RangeError(`the device has no alarm input ${port}`);
    return this.change(port, input, () => {
      input.isClosed = isClosed;
    });
  }

  routes(): Route[] {
    const route = (method: Route['method'], path: string, run: Route['run']): Route => ({
      method,
      path: new RegExp(`^${path}$`, 'i'),
      run,
    });
    const all = Object.values(BASES).flatMap((base) => {
      const port = '/(\\d{1,5})';
      return [
        route('GET', `${base}/inputs`, (call) => this.list(call, 'input', base)),
        route('GET', `${base}/outputs`, (call) => this.list(call, 'output', base)),
        route('GET', `${base}/inputs${port}`, (call) => this.read(call, this.inputs.get(portOf(call))?.document, base)),
        route('GET', `${base}/outputs${port}`, (call) => this.read(call, this.outputs.get(portOf(call)), base)),
        route('PUT', `${base}/inputs${port}`, (call) => this.writeInput(call, base)),
        route('GET', `${base}/inputs${port}/status`, (call) => this.status(call, 'input', base)),
        route('GET', `${base}/outputs${port}/status`, (call) => this.status(call, 'output', base)),
        route('PUT', `${base}/outputs${port}/trigger`, (call) => this.trigger(call, base)),
      ];
    });
    if (this.counts.softInputs !== undefined) {
      all.push(route('PUT', `${BASES.own}/softInputs/trigger`, (call) => this.triggerSoft(call)));
    }
    return [...all, route('GET', `${BASES.own}/status`, (call) => this.allStates(call))];
  }

  private list(call: RouteCall, side: Side, base: string): DeviceAnswer {
    const ports = [...(side === 'input' ? this.inputs : this.outputs)].filter(([port]) => isAt(port, base));
    if (ports.length === 0) return call.status('notSupport');
    const bodies = ports.map(([, each]) => withoutDeclaration(Buffer.isBuffer(each) ? each : each.document));
    const root = `IO${base === BASES.own ? '' : 'Proxy'}${side === 'input' ? 'Input' : 'Output'}PortList`;
    return xmlAnswer(
      `<${root} version="2.0" xmlns="${NAMESPACE}">\n${bodies.join('\n')}\n</${root}>`,
      call.device.lineEnd,
    );
  }

  private read(call: RouteCall, document: Buffer | undefined, base: string): DeviceAnswer {
    if (document === undefined || !isAt(portOf(call), base)) return call.status('invalidOperation');
    return { status: 200, contentType: XML_TYPE, body: document };
  }

  /** Changing what the contact is at rest raises or clears the alarm: the trick of isapi.md §5.1. */
  private writeInput(call: RouteCall, base: string): DeviceAnswer {
    const port = portOf(call);
    const input = this.inputs.get(port);
    if (input === undefined || !isAt(port, base)) return call.status('invalidOperation');
    const given = bodyOf(call);
    if (given === null) return call.status('badXmlFormat');
    if (given.name.toLowerCase() !== parseXml(input.document).name.toLowerCase()) return call.status('badXmlContent');
    if (!/^(?:high|low)$/.test(textAt(given, 'triggering') ?? '')) return call.status('badParameters', 'triggering');
    const event = this.change(port, input, () => {
      input.document = Buffer.from(call.request.body);
    });
    if (event !== null) call.emit(event);
    return call.status('ok');
  }

  private change(port: number, input: Input, apply: () => void): EventFields | null {
    const before = isRaised(input);
    apply();
    const after = isRaised(input);
    if (before === after || booleanAt(parseXml(input.document), 'enabled') === false) return null;
    return { eventType: 'IO', eventState: after ? 'active' : 'inactive', channel: null, inputPort: port };
  }

  private trigger(call: RouteCall, base: string): DeviceAnswer {
    const port = portOf(call);
    if (!this.outputs.has(port) || !isAt(port, base)) return call.status('invalidOperation');
    const body = bodyOf(call);
    if (body === null) return call.status('badXmlFormat');
    if (body.name.toLowerCase() !== 'ioportdata') return call.status('badXmlContent');
    const state = textAt(body, 'outputState');
    if (state !== 'high' && state !== 'low') return call.status('badParameters', 'outputState');
    const isOn = state === 'high';
    if (isOn !== this.on.has(port)) {
      if (isOn) this.on.add(port);
      else this.on.delete(port);
      call.emit({
        eventType: 'alarmOutput',
        eventState: isOn ? 'active' : 'inactive',
        channel: null,
        description: `alarm output ${port}`,
      });
    }
    return call.status('ok');
  }

  private triggerSoft(call: RouteCall): DeviceAnswer {
    let wanted: unknown;
    try {
      wanted = (JSON.parse(decodeText(call.request.body)) as { SoftIO?: unknown } | null)?.SoftIO;
    } catch {
      return call.status('badJsonFormat');
    }
    if (!Array.isArray(wanted) || wanted.length === 0) return call.status('MessageParametersLack', 'SoftIO');
    for (const one of wanted as ({ id?: unknown; triggerType?: unknown } | null)[]) {
      const { id, triggerType } = one ?? {};
      if (typeof id !== 'number' || !(id >= 1 && id <= (this.counts.softInputs ?? 0)))
        return call.status('badParameters', 'id');
      if (triggerType !== 'start' && triggerType !== 'stop') return call.status('badParameters', 'triggerType');
      const isOn = triggerType === 'start';
      if (isOn === this.softOn.has(id)) continue;
      if (isOn) this.softOn.add(id);
      else this.softOn.delete(id);
      call.emit({ eventType: 'softIO', eventState: isOn ? 'active' : 'inactive', channel: null, inputPort: id });
    }
    return call.status('ok');
  }

  private status(call: RouteCall, side: Side, base: string): DeviceAnswer {
    const port = portOf(call);
    const isThere = side === 'input' ? this.inputs.has(port) : this.outputs.has(port);
    if (!isThere || !isAt(port, base)) return call.status('invalidOperation');
    return xmlAnswer(this.state(port, side, ` version="2.0" xmlns="${NAMESPACE}"`), call.device.lineEnd);
  }

  private allStates(call: RouteCall): DeviceAnswer {
    const states = [
      ...[...this.inputs.keys()].map((port) => this.state(port, 'input')),
      ...[...this.outputs.keys()].map((port) => this.state(port, 'output')),
    ];
    const list = `<IOPortStatusList version="2.0" xmlns="${NAMESPACE}">\n${states.join('\n')}\n</IOPortStatusList>`;
    return xmlAnswer(list, call.device.lineEnd);
  }

  private state(port: number, side: Side, attributes = ''): string {
    const input = this.inputs.get(port);
    const isActive = side === 'output' ? this.on.has(port) : input !== undefined && isRaised(input);
    return `<IOPortStatus${attributes}>
      <ioPortID>${port}</ioPortID>
      <ioPortType>${side}</ioPortType>
      <ioState>${isActive ? 'active' : 'inactive'}</ioState>
      </IOPortStatus>`;
  }
}

function portOf({ groups }: RouteCall): number {
  return Number(groups[0]);
}

/** Ports of the device are below 100, those of the cameras behind it above. */
function isAt(port: number, base: string): boolean {
  return base === (port > 100 ? BASES.proxied : BASES.own);
}

function isRaised({ document, isClosed }: Input): boolean {
  return isClosed === (textAt(parseXml(document), 'triggering') === 'high');
}

function bodyOf(call: RouteCall): XmlElement | null {
  try {
    return parseXml(decodeText(call.request.body));
  } catch {
    return null;
  }
}

function withoutDeclaration(document: Buffer): string {
  return decodeText(document).replace(/^\s*<\?xml[^>]*\?>\s*/, '');
}

function inputContent(port: number): string {
  const isProxied = port > 100;
  const name = `IO${isProxied ? 'Proxy' : ''}InputPort`;
  const source = `<IODescriptor>
    <proxyProtocol>HIKVISION</proxyProtocol>
    <userName>admin</userName>
    <addressingFormatType>ipaddress</addressingFormatType>
    <ipAddress>192.0.2.${100 + Math.floor(port / 100)}</ipAddress>
    <managePortNo>8000</managePortNo>
    <innerIOPortID>${port % 100}</innerIOPortID>
    </IODescriptor>`;
  return `<${name} version="2.0" xmlns="${NAMESPACE}">
    <id>${port}</id>
    <enabled>true</enabled>
    ${isProxied ? source : ''}
    <triggering>high</triggering>
    <name></name>
    </${name}>`;
}

function outputContent(port: number, { outputUse, outputName }: PortCounts): string {
  const name = `IO${port > 100 ? 'Proxy' : ''}OutputPort`;
  return `<${name} version="2.0" xmlns="${NAMESPACE}">
    <id>${port}</id>
    <name>${outputName ?? ''}</name>
    <IOUseType>${outputUse ?? 'custom'}</IOUseType>
    </${name}>`;
}
