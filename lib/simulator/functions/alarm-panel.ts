/** An alarm panel: areas, zones, outputs, sirens, and the events of all that (isapi.md §7.4). */
import type { Timer } from '../../clock';
import { jsonList, jsonNumber, jsonText } from '../../codec/json';
import { cidMeaning } from '../../events/cid-codes';
import type { DeviceAnswer } from '../answers';
import type { Route, RouteCall, SimulatedDevice } from '../device';
import { jsonDocument, jsonRoute } from './json';

interface Area {
  readonly id: number;
  readonly name: string;
  arming: 'disarm' | 'away' | 'stay' | 'arming';
  alarm: boolean;
  exit: Timer | null;
}

interface Zone {
  readonly id: number;
  readonly name: string;
  readonly area: number;
  readonly detector: string;
  /** Left out when the area is armed `stay`. */
  readonly inner: boolean;
  open: boolean;
  bypassed: boolean;
  alarm: boolean;
}

const BASE = '/ISAPI/SecurityCP';
const EXIT_DELAY_MS = 5_000;

const AREAS = ['House', 'Garage'];
/** Name, area, detector, inner, open. The window of the kitchen stands open. */
const ZONES = [
  ['Front door', 1, 'magneticContact', false, false],
  ['Kitchen window', 1, 'magneticContact', false, true],
  ['Living room', 1, 'passiveInfraredDetector', true, false],
  ['Hall', 1, 'pircam', true, false],
  ['Garage door', 2, 'magneticContact', false, false],
  ['Smoke', 2, 'smokeDetector', false, false],
] as const;

export class AlarmPanel {
  private readonly areas: Area[] = AREAS.map((name, index) => ({
    id: index + 1,
    name,
    arming: 'disarm',
    alarm: false,
    exit: null,
  }));
  private readonly zones: Zone[] = ZONES.map(([name, area, detector, inner, open], id) => ({
    id,
    name,
    area,
    detector,
    inner,
    open,
    bypassed: false,
    alarm: false,
  }));
  private readonly outputs = ['Gate', 'Light'].map((name, id) => ({ id, name, on: false }));
  private readonly sirens = [{ id: 1, name: 'Outdoor siren', on: false }];

  /** A contact opens or closes; an alarm where that is watched. */
  setZone(device: SimulatedDevice, id: number, open: boolean): void {
    const zone = this.zones[id];
    if (zone === undefined || zone.open === open) return;
    zone.open = open;
    const area = this.areas.find((one) => one.id === zone.area);
    if (area === undefined) return;
    const isWatched = !zone.bypassed && (area.arming === 'away' || (area.arming === 'stay' && !zone.inner));
    if (open && isWatched) {
      zone.alarm = area.alarm = true;
      for (const siren of this.sirens) siren.on = true;
      this.tell(device, 1130, { zone: id, system: area.id });
    } else if (!open && zone.alarm) {
      zone.alarm = false;
      this.tell(device, 3130, { zone: id, system: area.id });
    }
  }

  /** @returns false when zones stand in the way. */
  arm(device: SimulatedDevice, ids: readonly number[], mode: 'away' | 'stay'): boolean {
    const areas = this.areas.filter(({ id }) => ids.includes(id));
    if (this.zones.some(({ area, open, bypassed }) => ids.includes(area) && open && !bypassed)) return false;
    const code = mode === 'away' ? 3401 : 3441;
    for (const area of areas) {
      area.exit?.cancel();
      if (mode === 'stay') {
        area.arming = 'stay';
        this.tell(device, code, { system: area.id });
        continue;
      }
      area.arming = 'arming';
      area.exit = device.later(EXIT_DELAY_MS, () => {
        area.arming = 'away';
        this.tell(device, code, { system: area.id });
      });
    }
    return true;
  }

  disarm(device: SimulatedDevice, ids: readonly number[]): void {
    for (const area of this.areas.filter(({ id }) => ids.includes(id))) {
      area.exit?.cancel();
      area.arming = 'disarm';
      this.calm(area);
      for (const zone of this.zones) if (zone.area === area.id) zone.bypassed = false;
      this.tell(device, 1401, { system: area.id });
    }
  }

  routes(): Route[] {
    const path = (end: string) => new RegExp(`^${BASE}/${end}$`, 'i');
    const get = (end: string, document: () => unknown) => jsonDocument(path(end), document);
    return [
      get('status/subSystems', () => ({
        SubSysList: this.areas.map(({ id, name, arming, alarm }) => ({
          SubSys: { id, name, arming, alarm, enabled: true, preventFaultArm: true, delayTime: EXIT_DELAY_MS / 1000 },
        })),
      })),
      get('status/zones', () => ({ ZoneList: this.zones.map((zone) => ({ Zone: this.zoneObject(zone) })) })),
      get('Configuration/zones', () => ({
        List: this.zones.map(({ id, name, area, detector }) => ({
          Zone: { id, zoneName: name, subSystemNo: area, detectorType: detector, zoneType: 'Instant' },
        })),
      })),
      get('status/outputs', () => ({
        OutputSearch: {
          searchID: '1',
          responseStatusStrg: 'OK',
          numOfMatches: this.outputs.length,
          totalMatches: this.outputs.length,
          OutputList: this.outputs.map(({ id, name, on }) => ({
            Output: { id, name, status: on ? 'on' : 'off', tamperEvident: false, charge: 'normal', linkage: 'alarm' },
          })),
        },
      })),
      get('status/sirenStatus', () => ({
        SirenList: this.sirens.map(({ id, name, on }) => ({
          Siren: { id, name, status: on ? 'on' : 'off', tamperEvident: false, charge: 'normal' },
        })),
      })),
      get('status/host', () => ({
        AlarmHostStatus: {
          HostStatus: { tamperEvident: false, ACConnect: 'normal' },
          BatteryList: [{ Battery: { id: 1, percent: 96, status: 'normal' } }],
          CommuniStatus: { wired: 'normal', wifi: 'break', wifiSignal: 0, mobile: 'break', cloud: 'normal' },
        },
      })),
      jsonRoute('PUT', path('control/arm/(\\w{1,12})'), (_body, call) => this.armed(call)),
      jsonRoute('PUT', path('control/disarm/(\\w{1,12})'), (_body, call) =>
        this.atAreas(call, (ids) => this.disarm(call.device, ids)),
      ),
      jsonRoute('PUT', path('control/clearAlarm/(\\w{1,12})'), (_body, call) =>
        this.atAreas(call, (ids) => {
          for (const area of this.areas) if (ids.includes(area.id)) this.calm(area);
          this.tell(call.device, 1406, {});
        }),
      ),
      jsonRoute('PUT', path('control/bypass'), (body, call) => this.bypassed(body, call, true)),
      jsonRoute('PUT', path('control/bypassRecover'), (body, call) => this.bypassed(body, call, false)),
      jsonRoute('PUT', path('control/outputs/(\\d{1,3})'), (body, call) =>
        switched(this.outputs, jsonText(body, 'OutputsCtrl/switch'), call),
      ),
      jsonRoute('PUT', path('control/siren/(\\d{1,3})'), (body, call) =>
        switched(this.sirens, jsonText(body, 'SirenCtrl/switch'), call),
      ),
    ];
  }

  private armed(call: RouteCall): DeviceAnswer {
    const mode = call.request.query.get('ways');
    if (mode !== 'away' && mode !== 'stay') return call.status('badParameters', 'ways');
    const ids = this.areasIn(call);
    if (ids.length === 0) return call.status('badParameters', 'subSystem');
    if (!this.arm(call.device, ids, mode)) return call.status('armingFailed');
    return call.status(mode === 'away' ? 'armProcess' : 'ok');
  }

  private bypassed(body: unknown, call: RouteCall, isBypassed: boolean): DeviceAnswer {
    const ids = jsonList(body, 'List').map((item) => jsonNumber(item, 'id'));
    const zones = this.zones.filter(({ id }) => ids.includes(id));
    if (zones.length === 0 || zones.length !== ids.length) return call.status('badParameters', 'id');
    for (const zone of zones) {
      zone.bypassed = isBypassed;
      this.tell(call.device, isBypassed ? 1570 : 3570, { zone: zone.id, system: zone.area });
    }
    return call.status('ok');
  }

  private atAreas(call: RouteCall, act: (ids: readonly number[]) => void): DeviceAnswer {
    const ids = this.areasIn(call);
    if (ids.length === 0) return call.status('badParameters', 'subSystem');
    act(ids);
    return call.status('ok');
  }

  private areasIn(call: RouteCall): number[] {
    const said = call.groups[0] ?? '';
    const all = this.areas.map(({ id }) => id);
    return /^0xffffffff$/i.test(said) ? all : all.filter((id) => String(id) === said);
  }

  private calm(area: Area): void {
    area.alarm = false;
    for (const zone of this.zones) if (zone.area === area.id) zone.alarm = false;
    for (const siren of this.sirens) siren.on = false;
  }

  private zoneObject(zone: Zone) {
    const area = this.areas.find(({ id }) => id === zone.area);
    return {
      id: zone.id,
      name: zone.name,
      status: zone.open ? 'trigger' : 'online',
      sensorStatus: 'normal',
      ...(zone.detector === 'magneticContact' ? { magnetOpenStatus: zone.open } : {}),
      tamperEvident: false,
      shielded: false,
      bypassed: zone.bypassed,
      armed: area?.arming === 'away' || (area?.arming === 'stay' && !zone.inner),
      isArming: area?.arming === 'arming',
      alarm: zone.alarm,
      charge: 'normal',
      chargeValue: 90 + zone.id,
      signal: 121,
      realSignal: 170 + zone.id,
      temperature: 21,
      subSystemNo: zone.area,
      linkageSubSystem: [zone.area],
      detectorType: zone.detector,
      zoneType: 'Instant',
      zoneAttrib: 'wireless',
    };
  }

  private tell(device: SimulatedDevice, code: number, what: { zone?: number; system?: number }): void {
    const { category } = cidMeaning(code);
    const time = device.timestamp(device.clock);
    const isArming = category === 'arm' || category === 'disarm';
    device.emit({
      eventType: 'cidEvent',
      description: 'CID event',
      json: {
        CIDEvent: {
          code,
          type: isArming ? 'armAndDisarm' : what.zone === undefined ? 'systemStatus' : 'zoneAlarm',
          trigger: time,
          upload: time,
          ...what,
          ...(what.system === undefined ? {} : { subSystemName: AREAS[what.system - 1] }),
          name: what.zone === undefined ? 'admin' : this.zones[what.zone]?.name,
          CameraList: [],
          NVRList: [],
        },
      },
    });
  }
}

function switched(
  among: readonly { readonly id: number; on: boolean }[],
  position: string | null,
  call: RouteCall,
): DeviceAnswer {
  const found = among.find(({ id }) => id === Number(call.groups[0]));
  if (found === undefined) return call.status('badParameters', 'id');
  if (position !== 'open' && position !== 'close') return call.status('badParameters', 'switch');
  found.on = position === 'open';
  return call.status('ok');
}
