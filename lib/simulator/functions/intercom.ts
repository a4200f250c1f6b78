/** The call of a door station: somebody rings, is answered, refused or missed (isapi.md §7.3). */
import type { Timer } from '../../clock';
import { jsonText, type JsonObject } from '../../codec/json';
import { jsonAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall, SimulatedDevice } from '../device';
import type { AccessLog } from './access-log';
import { jsonDocument, jsonRoute } from './json';

export type CallState = 'idle' | 'ring' | 'onCall';

/** How long it rings when nobody answers. */
export const RING_MS = 30_000;
/** Then the device ends a call by itself. */
export const MAX_CALL_MS = 90_000;

const SIGNALS = ['answer', 'reject', 'hangUp', 'cancel', 'request', 'bellTimeout', 'deviceOnCall'] as const;
type Signal = (typeof SIGNALS)[number];

export class Intercom {
  /** Rings that nobody answered. */
  missed = 0;

  private current: CallState = 'idle';
  private end: Timer | null = null;

  constructor(private readonly log: AccessLog) {}

  get state(): CallState {
    return this.current;
  }

  /** Somebody presses the bell. A second press while it rings makes it ring on. */
  ring(device: SimulatedDevice): void {
    if (this.current === 'onCall') return;
    this.change('ring');
    this.end = device.later(RING_MS, () => this.signal(device, 'bellTimeout'));
    this.log.record(device, { major: 'event', minor: 0x25, door: 1, hasPicture: true });
  }

  /** @returns false where there is nothing to answer or to end. */
  signal(device: SimulatedDevice, signal: Signal): boolean {
    const isRinging = this.current === 'ring';
    switch (signal) {
      case 'request':
        if (this.current !== 'idle') return false;
        this.ring(device);
        return true;
      case 'answer':
      case 'deviceOnCall':
        if (!isRinging) return false;
        this.change('onCall');
        this.end = device.later(MAX_CALL_MS, () => this.change('idle'));
        return true;
      case 'bellTimeout':
        if (!isRinging) return false;
        this.missed++;
        this.change('idle');
        return true;
      case 'hangUp':
        if (this.current === 'idle') return false;
        this.change('idle');
        return true;
      case 'reject':
      case 'cancel':
        if (!isRinging) return false;
        this.change('idle');
        return true;
    }
  }

  routes(): Route[] {
    const base = '/ISAPI/VideoIntercom';
    const path = (name: string) => new RegExp(`^${base}/${name}$`, 'i');
    return [
      jsonDocument(path('callStatus'), () => ({ CallStatus: { status: this.current } })),
      jsonDocument(path('callStatus/capabilities'), () => ({
        CallStatus: { status: { '@opt': ['idle', 'ring', 'onCall'] } },
      })),
      jsonDocument(path('callSignal/capabilities'), () => ({ CallSignal: { cmdType: { '@opt': SIGNALS } } })),
      jsonDocument(path('callerInfo'), () => ({
        CallerInfo: {
          buildingNo: 1,
          floorNo: 1,
          zoneNo: 1,
          unitNo: 1,
          devNo: this.current === 'idle' ? 0 : 1,
          devType: 1,
          lockNum: 1,
          status: this.current,
        },
      })),
      jsonRoute('PUT', path('callSignal'), (body, call) => this.take(body, call)),
      {
        method: 'DELETE',
        path: path('ring'),
        run: ({ device, status }) => status(this.signal(device, 'cancel') ? 'ok' : 'invalidOperation'),
      },
    ];
  }

  private take(body: JsonObject, call: RouteCall): DeviceAnswer {
    const word = jsonText(body, 'CallSignal/cmdType');
    if (word === null) return call.status('MessageParametersLack', 'cmdType');
    const signal = SIGNALS.find((one) => one === word);
    if (signal === undefined) return call.status('badParameters', 'cmdType');
    if (!this.signal(call.device, signal)) return call.status('invalidOperation');
    // The code is text on some door stations (devices/doorbell-misc.json).
    return jsonAnswer({ statusCode: '1', statusString: 'OK', subStatusCode: 'ok', errorMsg: 'ok', errorCode: 1 });
  }

  private change(state: CallState): void {
    this.end?.cancel();
    this.end = null;
    this.current = state;
  }
}
