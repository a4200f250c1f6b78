/** The flows of the demo: the first example as users import it, and one tab with all devices. */
import { readFileSync } from 'node:fs';
import type { RuntimeNode } from '../support/runtime';

export interface DemoDevice {
  /** Stands in topics and addresses. */
  readonly name: string;
  readonly protocol: 'http' | 'https' | 'hsp' | 'hsps';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/**
 * @param exampleFile the example, whose device becomes the first one.
 * @param devices at least one.
 */
export function demoFlows(exampleFile: string, devices: readonly DemoDevice[], brokerPort: number): RuntimeNode[] {
  const example = JSON.parse(readFileSync(exampleFile, 'utf8')) as RuntimeNode[];
  const [first, ...others] = devices;
  const exampleDevice = example.find(({ type }) => type === 'hsp-config');
  if (first === undefined || exampleDevice === undefined) throw new Error('the demo needs a device and its example');
  const configs = [
    { ...exampleDevice, ...configOf(first) },
    ...others.map((device, index) => ({ ...exampleDevice, ...configOf(device), id: `demo-device-${index + 2}` })),
  ];
  return [
    ...example.filter((node) => node !== exampleDevice),
    ...configs,
    { id: 'demo', type: 'tab', label: 'All devices', disabled: false, info: '' },
    {
      id: 'demo-broker',
      type: 'mqtt-broker',
      name: 'Demo broker',
      broker: '127.0.0.1',
      port: String(brokerPort),
      autoConnect: true,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    },
    ...configs.flatMap((config, index) => rowOf(config.id, devices[index]?.name ?? '', index)),
    ...pages(configs.length),
  ];
}

/** Name, address and credentials; Node-RED keeps the credentials in its store, apart from the flow. */
function configOf({ name, protocol, host, port, username, password }: DemoDevice) {
  // Loopback and demo devices have no certificate that a CA knows.
  const credentials = { user: username, password };
  return { name, protocol, host, port: String(port), tls: 'any', credentials };
}

/** What one device does on the tab: events to the list and to the broker, a picture when something starts. */
function rowOf(device: string, name: string, index: number): RuntimeNode[] {
  const z = 'demo';
  const y = 80 + index * 160;
  const id = (part: string) => `demo-${index + 1}-${part}`;
  const events = { channels: '', targets: '', regions: '', minDuration: '0', endAfter: '10', stale: true, raw: false };
  return [
    {
      id: id('events'),
      type: 'hsp-event-in',
      z,
      name,
      device,
      ...events,
      kinds: [],
      states: ['start', 'end', 'once'],
      coolDown: '0',
      pictures: false,
      outputs: 1,
      x: 140,
      y,
      wires: [[id('show'), id('list')]],
    },
    {
      id: id('show'),
      type: 'debug',
      z,
      name: 'Event',
      active: true,
      tosidebar: true,
      console: false,
      tostatus: true,
      complete: 'payload',
      targetType: 'msg',
      statusVal: 'topic',
      statusType: 'msg',
      x: 400,
      y,
      wires: [],
    },
    {
      id: id('list'),
      type: 'function',
      z,
      name: 'Remember',
      func: REMEMBER_EVENT,
      outputs: 1,
      x: 410,
      y: y + 40,
      wires: [['demo-publish']],
    },
    {
      id: id('starts'),
      type: 'hsp-event-in',
      z,
      name: `${name}: take a picture`,
      device,
      ...events,
      kinds: ['motion', 'lineCrossing', 'doorbell'],
      states: ['start', 'once'],
      coolDown: '3',
      pictures: false,
      outputs: 1,
      x: 160,
      y: y + 80,
      wires: [[id('snapshot')]],
    },
    {
      id: id('snapshot'),
      type: 'hsp-command',
      z,
      name: 'Snapshot',
      device,
      command: 'camera.snapshot',
      args: {},
      confirm: false,
      x: 410,
      y: y + 80,
      wires: [[id('picture')]],
    },
    {
      id: id('picture'),
      type: 'function',
      z,
      name: 'Keep',
      func: keepPicture(name),
      outputs: 0,
      x: 600,
      y: y + 80,
      wires: [],
    },
    {
      id: id('connection'),
      type: 'hsp-connect',
      z,
      name: `${name}: connection`,
      device,
      x: 150,
      y: y + 120,
      wires: [[id('state')]],
    },
    {
      id: id('state'),
      type: 'debug',
      z,
      name: 'Connection',
      active: true,
      tosidebar: true,
      console: false,
      tostatus: true,
      complete: 'payload',
      targetType: 'msg',
      statusVal: 'payload.state',
      statusType: 'msg',
      x: 420,
      y: y + 120,
      wires: [],
    },
  ];
}

/** `/events` and `/picture/<device>`, for a look without the editor. */
function pages(rows: number): RuntimeNode[] {
  const z = 'demo';
  const y = 120 + rows * 160;
  const get = { type: 'http in', z, method: 'get', upload: false, swaggerDoc: '' };
  const answer = { type: 'http response', z, name: '', statusCode: '', headers: {}, wires: [] };
  return [
    {
      id: 'demo-publish',
      type: 'mqtt out',
      z,
      name: 'hikvision/#',
      topic: '',
      qos: '0',
      retain: 'false',
      broker: 'demo-broker',
      x: 640,
      y: 120,
      wires: [],
    },
    { ...get, id: 'demo-events', name: 'Events', url: '/events', x: 120, y, wires: [['demo-events-page']] },
    {
      id: 'demo-events-page',
      type: 'function',
      z,
      name: 'Latest events',
      func: EVENTS_PAGE,
      outputs: 1,
      x: 400,
      y,
      wires: [['demo-events-answer']],
    },
    { ...answer, id: 'demo-events-answer', x: 630, y },
    {
      ...get,
      id: 'demo-pictures',
      name: 'Pictures',
      url: '/picture/:device',
      x: 120,
      y: y + 40,
      wires: [['demo-pictures-page']],
    },
    {
      id: 'demo-pictures-page',
      type: 'function',
      z,
      name: 'Latest picture',
      func: PICTURE_PAGE,
      outputs: 1,
      x: 400,
      y: y + 40,
      wires: [['demo-pictures-answer']],
    },
    { ...answer, id: 'demo-pictures-answer', x: 630, y: y + 40 },
  ];
}

const REMEMBER_EVENT = `const events = global.get('events') ?? [];
events.unshift({ topic: msg.topic, state: msg.payload.state, receivedAt: msg.payload.receivedAt });
global.set('events', events.slice(0, 100));
msg.topic = 'hikvision/' + msg.topic;
return msg;`;

const keepPicture = (name: string) => `const pictures = global.get('pictures') ?? {};
pictures[${JSON.stringify(name)}] = { type: msg.contentType, data: msg.payload };
global.set('pictures', pictures);
node.status({ fill: 'green', shape: 'dot', text: Math.ceil(msg.payload.length / 1024) + ' KB' });`;

const EVENTS_PAGE = `msg.headers = { 'content-type': 'application/json' };
msg.payload = global.get('events') ?? [];
return msg;`;

const PICTURE_PAGE = `const picture = global.get('pictures')?.[msg.req.params.device];
if (picture === undefined) {
  msg.statusCode = 404;
  msg.payload = 'No picture of this device yet.';
  return msg;
}
msg.headers = { 'content-type': picture.type };
msg.payload = picture.data;
return msg;`;
