/** The alarm outputs of a device: relays that can be switched and asked for (isapi.md §5.1). */
import { decodeText } from '../codec/text';
import { parseXml, textAt } from '../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from './answers';
import type { Route, RouteCall } from './device';

export class Outputs {
  private readonly active = new Set<number>();

  constructor(private readonly count: number) {}

  routes(): Route[] {
    const path = (end: string) => new RegExp(`^/ISAPI/System/IO/outputs/(\\d{1,3})/${end}$`, 'i');
    return [
      { method: 'PUT', path: path('trigger'), run: (call) => this.trigger(call) },
      { method: 'GET', path: path('status'), run: (call) => this.status(call) },
    ];
  }

  /** Stays as it is until the next one. */
  private trigger(call: RouteCall): DeviceAnswer {
    const output = this.numberIn(call);
    if (output === null) return call.status('invalidOperation');
    let state;
    try {
      const body = parseXml(decodeText(call.request.body));
      if (body.name.toLowerCase() !== 'ioportdata') return call.status('badXmlContent');
      state = textAt(body, 'outputState');
    } catch {
      return call.status('badXmlFormat');
    }
    if (state !== 'high' && state !== 'low') return call.status('badParameters', 'outputState');
    if (state === 'high') this.active.add(output);
    else this.active.delete(output);
    return call.status('ok');
  }

  private status(call: RouteCall): DeviceAnswer {
    const output = this.numberIn(call);
    if (output === null) return call.status('invalidOperation');
    return xmlAnswer(
      `<IOPortStatus version="2.0" xmlns="${NAMESPACE}">
      <ioPortID>${output}</ioPortID>
      <ioPortType>output</ioPortType>
      <ioState>${this.active.has(output) ? 'active' : 'inactive'}</ioState>
      </IOPortStatus>`,
      call.device.lineEnd,
    );
  }

  private numberIn(call: RouteCall): number | null {
    const output = Number(call.groups[0]);
    return output >= 1 && output <= this.count ? output : null;
  }
}
