/** Many simulated devices in one process: they send an event a second each, and can vanish all at once. */
import { builtInDevice, Simulator, type FaultName, type SimulatedDevice } from '../../lib/simulator';
import { startBroker } from '../demo/broker';
import { answering, needDescriptors, type DevicePlace, type DevicePlan } from './parts';

export type ToDevices =
  | { readonly do: 'start'; readonly plan: readonly DevicePlan[]; readonly auth?: 'none' }
  | { readonly do: 'send'; readonly count: number; readonly of: number }
  | { readonly do: 'fault'; readonly name: FaultName | null }
  /** A broker, where no other is installed. */
  | { readonly do: 'broker' };

/** How many events were sent, by the index of the device. */
export type Sent = readonly (readonly [number, number])[];

const INTERVAL_MS = 1_000;
const TICK_MS = 10;
/** The binary face has no word for an end: it follows from silence, so each of these is over before it comes again. */
const ALARMS = ['VMD', 'tamperdetection', 'scenechangedetection', 'videoexception'] as const;

class Device {
  sent = 0;

  constructor(
    readonly plan: DevicePlan,
    readonly simulator: Simulator,
  ) {}

  send(): void {
    const count = this.sent++;
    if (this.plan.kind === 'hsp') {
      this.simulator.sendEvent({ eventType: ALARMS[count % ALARMS.length] ?? 'VMD' });
      return;
    }
    this.simulator.sendEvent({ eventType: 'VMD', eventState: count % 2 === 0 ? 'active' : 'inactive' });
  }
}

const devices: Device[] = [];
const closing: (() => Promise<unknown>)[] = [];

async function answer(message: ToDevices): Promise<unknown> {
  switch (message.do) {
    case 'start':
      needDescriptors(message.plan.length * 8 + 100, `${message.plan.length} simulated devices in one process`);
      return start(message.plan, message.auth);
    case 'send':
      return send(message.count, message.of);
    case 'fault':
      for (const { simulator } of devices) simulator.setFault(message.name);
      return null;
    case 'broker': {
      const broker = await startBroker(0);
      closing.push(() => broker.close());
      return broker.port;
    }
  }
}

async function start(plan: readonly DevicePlan[], auth: 'digest' | 'none' = 'digest'): Promise<DevicePlace[]> {
  const places: DevicePlace[] = [];
  for (const one of plan) {
    const host = hostOf(one.index);
    const face = one.kind === 'hsp' ? { hspPort: 0 } : {};
    const simulator = await Simulator.start({ device: cameraOf(one.index), host, auth, ...face });
    devices.push(new Device(one, simulator));
    const url = one.kind === 'hsp' ? `hsp://${host}:${simulator.hspPort}` : simulator.url;
    places.push({ ...one, url });
  }
  return places;
}

/** Each with an address of its own, where the system has more than one for itself. */
function hostOf(index: number): string {
  return process.platform === 'linux' ? `127.0.${1 + Math.floor(index / 200)}.${1 + (index % 200)}` : '127.0.0.1';
}

/** A camera with a serial number of its own. */
function cameraOf(index: number): SimulatedDevice {
  const device = builtInDevice('camera');
  const { serial } = device.identity;
  const own = serial.slice(0, -6) + String(index).padStart(6, '0');
  const info = device.document('/ISAPI/System/deviceInfo');
  if (info === undefined) throw new Error('the camera does not say who it is');
  Object.assign(info, { body: Buffer.from(info.body.toString().replace(serial, own)) });
  Object.assign(device.identity, { serial: own });
  return device;
}

/** @param count events of each device, one a second. @param of all devices; each has its own moment within the second. */
async function send(count: number, of: number): Promise<Sent> {
  const before = devices.map(({ sent }) => sent);
  const startedMs = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedMs;
      let isOver = true;
      for (const [index, device] of devices.entries()) {
        const phaseMs = (device.plan.index / of) * INTERVAL_MS;
        const due = Math.min(count, Math.floor((elapsedMs - phaseMs) / INTERVAL_MS) + 1);
        while (device.sent - (before[index] ?? 0) < due) device.send();
        if (device.sent - (before[index] ?? 0) < count) isOver = false;
      }
      if (!isOver) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  return devices.map(({ plan, sent }, index) => [plan.index, sent - (before[index] ?? 0)] as const);
}

answering(answer, async () => {
  await Promise.all([...devices.map(({ simulator }) => simulator.close()), ...closing.map((close) => close())]);
});
