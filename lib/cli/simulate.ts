/** `hsp simulate`: serves simulated devices until it is told to stop. */
import { readFile } from 'node:fs/promises';
import { systemClock, type Clock } from '../clock';
import {
  builtInDevice,
  deviceFromDump,
  DumpError,
  FAULT_NAMES,
  FAULTS,
  isFaultName,
  MODEL_NAMES,
  SCENARIO_NAMES,
  SCENARIOS,
  Simulator,
  SIMULATOR_PASSWORD,
  SIMULATOR_USERNAME,
  type FaultName,
  type ModelName,
  type Replay,
  type ScenarioName,
  type SimulatedDevice,
} from '../simulator';
import { parseVerb, UsageError, untilAborted, type CliIo, type Verb } from './verb';

const DEFAULT_MODEL: ModelName = 'camera';
const HOST = '127.0.0.1';
/** Ports after the first one that are tried for the next device. */
const PORT_TRIES = 100;

const HELP = `hsp simulate [options]

Serves a simulated device on ${HOST}: digest authentication, account lock, alertStream, command port. Prints one
line, {"ready":true,"http":PORT}, once it listens, and runs until SIGINT or SIGTERM.

  --dump FILE      a device captured as {meta, responses: {path: {status, contentType, body}}}; may be given several
                   times, then each line also has "model", and the devices are on the ports that follow
  --model NAME     a built-in device instead (default: ${DEFAULT_MODEL}); it plays a scenario on its alertStream unless
                   --stream is given: ${MODEL_NAMES.join(', ')}
  --scenario NAME  what happens in front of it (default: what fits the model); alone, it chooses the model too:
                   ${SCENARIO_NAMES.join(', ')}
  --http PORT      port, 0 for any free one (default: 0)
  --hsp PORT       command port too, 0 for any free one; the line gains "hsp":PORT
  --user NAME      user (default: ${SIMULATOR_USERNAME})
  --password TEXT  password (default: the environment's HSP_PASSWORD, else ${SIMULATOR_PASSWORD})
  --stream FILE    captured bytes, replayed from the start on each alertStream
  --speed X        multiple of the captured time, Infinity for all at once (default: 1)
  --clock ISO      the device's clock stands still at this time (default: it runs)
  --fault NAME     what is wrong with the device (default: nothing):
${FAULT_NAMES.map((name) => `                     ${name.padEnd(22)}${FAULTS[name].summary}`).join('\n')}

Exit status: 0 when it was told to stop, 1 a file or a port cannot be used, 2 usage.`;

export const simulate: Verb = {
  name: 'simulate',
  summary: 'serve a simulated device, from a dump or built in',
  help: HELP,
  async run(args, io) {
    const usage = readUsage(args, io.env);
    const running: Simulator[] = [];
    try {
      await startAll(usage, io, running);
      await untilAborted(io.signal);
      return 0;
    } finally {
      await Promise.all(running.map((simulator) => simulator.close()));
    }
  },
};

/** A file or a port that cannot be used; the message is for the user. */
class SimulateError extends Error {}

interface Usage {
  readonly dumps: readonly string[];
  readonly model: ModelName;
  /** Null: what fits the device. */
  readonly scenario: ScenarioName | null;
  readonly port: number;
  /** Command port; null: closed. */
  readonly hspPort: number | null;
  readonly username: string;
  readonly password: string;
  readonly streamFile: string | null;
  readonly speed: number;
  readonly fault: FaultName | null;
  readonly clock: Clock;
}

/** @throws UsageError */
function readUsage(args: string[], env: NodeJS.ProcessEnv): Usage {
  const { values, positionals } = parseVerb(args, {
    dump: { type: 'string', multiple: true },
    model: { type: 'string' },
    scenario: { type: 'string' },
    http: { type: 'string' },
    hsp: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string' },
    stream: { type: 'string' },
    speed: { type: 'string' },
    clock: { type: 'string' },
    fault: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError('simulate takes options only; a dump comes with --dump FILE');

  const { dump: dumps = [], scenario, http = '0', speed = '1', fault, clock } = values;
  if (scenario !== undefined && !isScenarioName(scenario)) {
    throw new UsageError(`--scenario: one of ${SCENARIO_NAMES.join(', ')}, not ${scenario}`);
  }
  const fitting =
    scenario === undefined
      ? undefined
      : (SCENARIOS[scenario].model ?? MODEL_NAMES.find((name) => builtInDevice(name).scenario === scenario));
  const model = values.model ?? fitting ?? DEFAULT_MODEL;
  const port = portOf('--http', http);
  const hspPort = values.hsp === undefined ? null : portOf('--hsp', values.hsp);
  if (!isModelName(model)) throw new UsageError(`--model: one of ${MODEL_NAMES.join(', ')}, not ${model}`);
  if (dumps.length > 0 && values.model !== undefined) throw new UsageError('either --dump or --model');
  if (!(Number(speed) > 0)) throw new UsageError(`--speed: a number above 0, not ${speed}`);
  if (scenario !== undefined && values.stream !== undefined) throw new UsageError('either --scenario or --stream');
  if (values.speed !== undefined && values.stream === undefined) throw new UsageError('--speed needs --stream');
  if (fault !== undefined && !isFaultName(fault)) {
    throw new UsageError(`--fault: one of ${FAULT_NAMES.join(', ')}, not ${fault}`);
  }
  if (fault !== undefined && needsCommandPort(fault) && hspPort === null) {
    throw new UsageError(`--fault ${fault} needs --hsp`);
  }
  const standsAt = clock === undefined ? null : Date.parse(clock);
  if (Number.isNaN(standsAt)) throw new UsageError(`--clock: a time such as 2024-05-01T12:00:00Z, not ${clock}`);
  return {
    dumps,
    model,
    scenario: scenario ?? null,
    port,
    hspPort,
    username: values.user ?? SIMULATOR_USERNAME,
    password: values.password ?? (env.HSP_PASSWORD || SIMULATOR_PASSWORD),
    streamFile: values.stream ?? null,
    speed: Number(speed),
    fault: fault ?? null,
    clock: standsAt === null ? systemClock : standingClock(standsAt),
  };
}

function portOf(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new UsageError(`${option}: a port from 0 to 65535, not ${text}`);
  return port;
}

/** Files are read before anything listens, so that a wrong one starts nothing. */
async function startAll(usage: Usage, io: CliIo, running: Simulator[]): Promise<void> {
  const stream: Replay | undefined =
    usage.streamFile === null ? undefined : { bytes: await readBytes(usage.streamFile), speed: usage.speed };
  const devices: SimulatedDevice[] = [];
  for (const file of usage.dumps) devices.push(await readDump(file));
  if (devices.length === 0) devices.push(builtInDevice(usage.model));

  const ports: Ports = { http: usage.port, hsp: usage.hspPort };
  for (const device of devices) {
    const simulator = await listen(device, usage, stream, ports, running.length === 0 ? 1 : PORT_TRIES);
    running.push(simulator);
    if (ports.http !== 0) ports.http = simulator.httpPort + 1;
    if (ports.hsp !== null && ports.hsp !== 0) ports.hsp = simulator.hspPort + 1;
    simulator.setFault(usage.fault);
    const scenario = usage.scenario ?? device.scenario;
    if (scenario !== null && stream === undefined) simulator.playScenario(scenario);
    const model = devices.length > 1 ? { model: device.identity.model } : {};
    const hsp = ports.hsp === null ? {} : { hsp: simulator.hspPort };
    io.out(JSON.stringify({ ready: true, http: simulator.httpPort, ...hsp, ...model }));
  }
}

/** Where the next device listens; 0 is any free port. */
interface Ports {
  http: number;
  hsp: number | null;
}

async function listen(
  device: SimulatedDevice,
  usage: Usage,
  stream: Replay | undefined,
  ports: Ports,
  tries: number,
): Promise<Simulator> {
  for (let tried = 1; ; tried++) {
    const past = Math.max(ports.http, ports.hsp ?? 0);
    if (past > 65_535) throw new SimulateError(`no port is free up to ${past - 1}`);
    try {
      return await Simulator.start({
        device,
        username: usage.username,
        password: usage.password,
        clock: usage.clock,
        host: HOST,
        httpPort: ports.http,
        ...(ports.hsp === null ? {} : { hspPort: ports.hsp }),
        ...(stream === undefined ? {} : { stream }),
      });
    } catch (error) {
      const { code, port = 0 } = error as NodeJS.ErrnoException & { port?: number };
      if (code === 'EACCES') throw new SimulateError(`port ${port} needs more rights`);
      if (code !== 'EADDRINUSE') throw error;
      if (tried >= tries) throw new SimulateError(`port ${port} is taken`);
      if (port === ports.hsp) ports.hsp++;
      else ports.http++;
    }
  }
}

async function readDump(file: string): Promise<SimulatedDevice> {
  const bytes = await readBytes(file);
  try {
    return deviceFromDump(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof DumpError || error instanceof SyntaxError)
      throw new SimulateError(`${file}: ${error.message}`);
    throw error;
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new SimulateError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
}

/** The time stands still, timers run. */
function standingClock(nowMs: number): Clock {
  return { ...systemClock, now: () => nowMs };
}

function needsCommandPort(fault: FaultName): boolean {
  return fault.startsWith('hsp-') || fault === 'http-closed';
}

function isScenarioName(name: string): name is ScenarioName {
  return (SCENARIO_NAMES as readonly string[]).includes(name);
}

function isModelName(name: string): name is ModelName {
  return (MODEL_NAMES as readonly string[]).includes(name);
}
