/** `npm start`: simulated devices, an MQTT broker and Node-RED with a demo flow, on loopback, until Ctrl-C. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Dashboard, readPageFiles } from '../../lib/dashboard/dashboard';
import { HikvisionClient, parseDeviceUrl, placeOf, Site, systemClock } from '../../lib/index';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type ModelName } from '../../lib/simulator';
import { DASHBOARD_PORT } from '../../lib/settings';
import { startRuntime } from '../support/runtime';
import { startBroker } from './broker';
import { demoFlows, type DemoDevice } from './flows';
import { onFreePort } from './ports';

const HELP = `Usage: npm start -- [--device URL]... [--port N]

Starts a simulated camera, an 8-channel recorder and a door station, the live page of hsp dashboard, an
MQTT broker, and Node-RED with the nodes of this project and a demo flow, all on 127.0.0.1. Ctrl-C ends everything.

  --device URL   puts a real device beside them, for example http://user:password@192.0.2.10
  --port N       port of Node-RED (1880, or the next free one; 0: any)
  --help         this text
`;

const DEVICES: readonly { readonly model: ModelName; readonly name: string; readonly port: number }[] = [
  { model: 'camera', name: 'Camera', port: 8081 },
  { model: 'nvr', name: 'Recorder', port: 8082 },
  { model: 'doorstation', name: 'Door', port: 8083 },
];
const EDITOR_PORT = 1_880;
const BROKER_PORT = 1_883;

interface Options {
  readonly port: number;
  readonly devices: readonly DemoDevice[];
}

/** This file is dist/test/demo/start.js. */
const projectRoot = resolve(__dirname, '../../..');

const say = (line: string) => void process.stdout.write(`${line}\n`);

const line = (what: string, where: string, remark: string) => say(`${what.padEnd(12)} ${where.padEnd(40)} ${remark}`);

/** Started things, last one first to go. */
const endings: (() => Promise<void> | void)[] = [];

async function start({ port, devices }: Options): Promise<void> {
  const cache = join(projectRoot, '.cache', 'demo');
  mkdirSync(cache, { recursive: true });
  const userDir = mkdtempSync(join(cache, 'run-'));
  endings.push(() => rmSync(userDir, { recursive: true, force: true }));

  const simulated: DemoDevice[] = [];
  for (const { model, name, port: wanted } of DEVICES) {
    const begin = (httpPort: number) => Simulator.start({ device: builtInDevice(model), httpPort });
    const simulator = await onFreePort(name, wanted, begin, say);
    endings.push(() => simulator.close());
    simulator.playScenario(model);
    const credentials = { username: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
    simulated.push({ name, protocol: 'http', host: '127.0.0.1', port: simulator.httpPort, ...credentials });
  }

  // Before Node-RED, which takes a while: somebody is waiting to see something.
  const page = await startPage([...simulated, ...devices]);
  line('Live page', page, 'devices, pictures and events as they come');

  const broker = await onFreePort('the MQTT broker', BROKER_PORT, startBroker, say);
  endings.push(() => broker.close());

  const begin = (wanted: number) => startRuntime({ userDir, packageDir: projectRoot, port: wanted });
  const runtime = await onFreePort('Node-RED', port, begin, say);
  endings.push(() => runtime.stop());
  const example = join(projectRoot, 'examples', '01 - See events, take a snapshot, move the camera.json');
  await runtime.setFlows(demoFlows(example, [...simulated, ...devices], broker.port));

  line('Node-RED', runtime.url, 'the flows; events are in the debug sidebar');
  line('Events', `${runtime.url}events`, 'the latest ones');
  line('Picture', `${runtime.url}picture/Camera`, 'the latest one; after the first motion');
  for (const { name, host, port: at } of simulated) {
    line(name, `http://${host}:${at}/`, `simulated; user ${SIMULATOR_USERNAME}, password ${SIMULATOR_PASSWORD}`);
  }
  for (const device of devices) line(device.name, `${device.protocol}://${placeOf(device)}/`, 'real');
  line('MQTT broker', `mqtt://127.0.0.1:${broker.port}`, 'topics hikvision/#');
  say('Ready. Ctrl-C ends it.');
}

/** What `hsp dashboard` shows, of the devices of the demo. @returns its address. */
async function startPage(devices: readonly DemoDevice[]): Promise<string> {
  const events = { site: new Site() };
  const shown = devices.map(({ name, protocol, host, port, username, password }) => {
    const place = placeOf({ protocol, host, port });
    // As in the flows: loopback and demo devices have no certificate that a CA knows.
    const tls = { acceptAny: true };
    return {
      name,
      place,
      client: new HikvisionClient({ url: `${protocol}://${place}`, name, username, password, tls, events }),
    };
  });
  endings.push(async () => void (await Promise.all(shown.map(({ client }) => client.close()))));
  const page = new Dashboard({ devices: shown, clock: systemClock, files: readPageFiles() });
  endings.push(() => page.close());
  await onFreePort('the live page', DASHBOARD_PORT, (port) => page.listen(port), say);
  for (const { client } of shown) client.connect().catch(() => undefined); // shown on the page, and tried again
  return page.url;
}

async function stop(): Promise<void> {
  for (const end of endings.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      // The rest must go all the same.
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }
}

/** @throws Error with a text for the user; it never holds a password. */
function optionsFrom(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: { device: { type: 'string', multiple: true }, port: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  const port = values.port === undefined ? EDITOR_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port takes a number from 0 to 65535');
  return { port, devices: (values.device ?? []).map(realDevice) };
}

function realDevice(url: string, index: number): DemoDevice {
  const { protocol, host, port, username, password } = parseDeviceUrl(url);
  return { name: `Device ${index + 1}`, protocol, host, port, username, password };
}

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = optionsFrom(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const asked = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // A second one ends at once, whatever hangs.
      process.on(signal, () => (isEnding ? process.exit(1) : done()));
    }
  });
  let isEnding = false;
  try {
    // A signal during the start counts, too; what is half started is easier to end when it is whole.
    await start(options);
    await asked;
    isEnding = true;
    say('Ending.');
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  } finally {
    await stop();
  }
}

void main().then((status) => process.exit(status));
