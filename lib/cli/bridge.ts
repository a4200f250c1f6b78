/** `hsp bridge`: devices to an MQTT broker, without Node-RED. */
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {
  clientSource,
  CursorFile,
  Publisher,
  shardFrom,
  shardOf,
  Site,
  systemClock,
  webAddressOf,
  type ClientSource,
  type SiteFile,
} from '../index';
import { within } from '../clock';
import { BRIDGE_CLOSE_MS } from '../settings';
import { readSite } from './site-file';
import { parseVerb, UsageError, untilAborted, type CliIo, type Verb } from './verb';

export const bridge: Verb = {
  name: 'bridge',
  summary: 'devices to an MQTT broker, and Home Assistant',
  help: `hsp bridge --config FILE [--check] [--json] [--shard i/n]

Publishes events, states and pictures of the devices in FILE to an MQTT broker, carries out the commands that FILE allows, and
runs until SIGINT or SIGTERM. Events wait in a journal on disk while the broker is away. Log lines go to standard error.

  --config FILE  YAML: devices, broker, discovery, journal; examples/site.yaml shows all of it
  --check        only look for mistakes in FILE, and name each with its line and column
  --json         log lines as JSON
  --shard i/n    serve only this bridge's share of the devices; i counts from 0

Passwords come from environment variables (password_env) or files (password_file), never from FILE itself.

Exit status: 0 it was told to stop, or there are no mistakes; 1 mistakes, or the journal is in use; 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      config: { type: 'string' },
      check: { type: 'boolean' },
      json: { type: 'boolean' },
      shard: { type: 'string' },
    });
    if (values.config === undefined || positionals.length > 0) throw new UsageError('bridge takes --config FILE');
    const site = readSite(values.config, io);
    if (site === null) return 1;
    const shardText = values.shard ?? site.shard;
    const shard = shardText === null ? null : shardFrom(shardText);
    if (shardText !== null && shard === null)
      throw new UsageError(`--shard: i/n with i from 0 to n-1, not ${shardText}`);
    if (values.check === true) {
      io.out(`${values.config}: no mistakes; ${site.devices.length} devices`);
      return 0;
    }
    const devices = site.devices.filter(({ url }) => shard === null || shardOf(url, shard.count) === shard.index);
    await runBridge(site, devices, dirname(resolve(values.config)), io, logger(io, values.json === true));
    return 0;
  },
};

type Log = (level: 'info' | 'warning', code: string, message: string) => void;

function logger(io: CliIo, asJson: boolean): Log {
  return (level, code, message) => {
    const time = new Date().toISOString();
    io.err(asJson ? JSON.stringify({ time, level, code, message }) : `${time} ${level} ${code}: ${message}`);
  };
}

async function runBridge(
  site: SiteFile,
  devices: SiteFile['devices'],
  folder: string,
  io: CliIo,
  log: Log,
): Promise<void> {
  const sources: ClientSource[] = [];
  const journalFolder = resolve(folder, site.journal.path);
  const cursors = new CursorFile({
    path: join(journalFolder, 'cursors.json'),
    clock: systemClock,
    onTrouble: (reason) => log('warning', 'CURSORS', `it cannot be kept how far devices were read: ${reason}`),
  });
  // A camera that is also behind a recorder of this bridge counts once.
  const events = { site: new Site(), cursors };
  const bridged = devices.map(({ name, url, username, password, tls, allow, channels, allowBasic }) => {
    const source = clientSource({
      url,
      name,
      allowBasic,
      events,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls }),
    });
    sources.push(source);
    const configurationUrl = webAddressOf(url);
    return {
      name,
      key: url,
      source,
      allowance: allow,
      ...(channels === undefined ? {} : { channels }),
      ...(configurationUrl === null ? {} : { configurationUrl }),
    };
  });
  const { broker, journal, base, qos, discovery, pictures, retainPictures, share } = site;
  const publisher = await Publisher.open({
    bridgeId: site.bridgeId ?? hostname().replace(/[/+#\s]/g, '-'),
    broker,
    devices: bridged,
    base,
    qos,
    discovery,
    pictures,
    retainPictures,
    ...(share === null ? {} : { share }),
    journal: {
      folder: journalFolder,
      ...(journal.maxEvents === undefined ? {} : { maxEvents: journal.maxEvents }),
      ...(journal.maxMb === undefined ? {} : { maxBytes: journal.maxMb * 1024 * 1024 }),
    },
    clock: systemClock,
  });
  let shown = '';
  publisher.onWarning = (code, message) => log('warning', code, message);
  publisher.onStatus = ({ broker: state }) => {
    if (state.state === shown) return;
    shown = state.state;
    if (state.state === 'connected') log('info', 'BROKER', `connected to ${state.broker} (MQTT ${state.version})`);
  };
  for (const [index, { client }] of sources.entries()) {
    const name = devices[index]?.name ?? '';
    let last = '';
    client.onState((state) => {
      if (state.state === last) return;
      last = state.state;
      const why = 'reason' in state ? `: ${state.reason}` : '';
      log('reason' in state ? 'warning' : 'info', 'DEVICE', `${name}: ${state.state}${why}`);
    });
    client.onWarning(({ code, message }) => log('warning', code, `${name}: ${message}`));
  }
  publisher.start();
  for (const { client } of sources) client.connect().catch(() => undefined); // told by onState, and tried again
  log('info', 'BRIDGE', `serving ${devices.length} devices`);
  await untilAborted(io.signal);
  log('info', 'BRIDGE', 'stopping');
  await publisher.stop();
  const closed = Promise.all(sources.map(({ client }) => client.close()));
  const areClosed = await within(systemClock, BRIDGE_CLOSE_MS, closed);
  cursors.flush();
  if (areClosed) return;
  log('warning', 'BRIDGE', `not every device has let go within ${BRIDGE_CLOSE_MS / 1_000} s`);
}
