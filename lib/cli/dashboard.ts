/** `hsp dashboard`: a page with devices, snapshots and events, on this machine. */
import { Dashboard, readPageFiles, type DashboardDevice } from '../dashboard/dashboard';
import { within } from '../clock';
import { HikvisionClient, parseDeviceUrl, placeOf, Site, systemClock } from '../index';
import { BRIDGE_CLOSE_MS, DASHBOARD_MAX_CLIENTS, DASHBOARD_MAX_EVENTS, DASHBOARD_PORT } from '../settings';
import { DEVICE_HELP, DEVICE_OPTIONS, openClient, stateLine } from './device';
import { readSite } from './site-file';
import { parseVerb, untilAborted, UsageError, type CliIo, type Verb } from './verb';

export const dashboard: Verb = {
  name: 'dashboard',
  summary: 'a page with devices, snapshots and events as they come',
  help: `hsp dashboard URL [URL...] [--site FILE] [--port N] [options]

Serves a page for looking: the devices and their connections, a wall of snapshots, events on a timeline with their
pictures. Prints its address first, then runs until SIGINT or SIGTERM. Notices go to standard error.

The page is served on 127.0.0.1 only, without a password: whoever uses this machine can open it. It changes nothing on
a device. Snapshots are taken only while a page is visible. It looks back on the last ${DASHBOARD_MAX_EVENTS} events, and ${DASHBOARD_MAX_CLIENTS} pages can be
open at a time.

  --site FILE  the devices of a file for hsp bridge, too; passwords as that file says
  --port N     port of the page, 0 for any free one (default ${DASHBOARD_PORT}, or any free one where that is taken)

${DEVICE_HELP}
The options are for all URLs; what differs stands in the URL, or in a site file.

Exit status: 0 it was told to stop, 1 mistakes in the file, or the port is taken; 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      ...DEVICE_OPTIONS,
      site: { type: 'string' },
      port: { type: 'string' },
    });
    const port = values.port === undefined ? null : portFrom(values.port);
    if (positionals.length === 0 && values.site === undefined) {
      throw new UsageError('which devices? Give their URLs, for example http://admin@192.0.2.10, or --site FILE');
    }
    // A camera that is also behind a recorder counts once.
    const events = { site: new Site() };
    const devices: DashboardDevice[] = [];
    try {
      for (const url of positionals) {
        const client = openClient(url, values, io, { events });
        devices.push({ client, place: placeOf(parseDeviceUrl(url)) });
      }
      if (values.site !== undefined) {
        const site = readSite(values.site, io);
        if (site === null) return 1;
        for (const { name, url, channels, username, password, tls, allowBasic } of site.devices) {
          const client = new HikvisionClient({
            ...{ url, name, allowBasic, events },
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password }),
            ...(tls === undefined ? {} : { tls }),
          });
          const place = placeOf(parseDeviceUrl(url));
          devices.push({ client, name, place, ...(channels === undefined ? {} : { channels }) });
        }
      }
      await serve(devices, port, io);
      return 0;
    } finally {
      const closed = Promise.all(devices.map(({ client }) => client.close()));
      await within(systemClock, BRIDGE_CLOSE_MS, closed);
    }
  },
};

async function serve(devices: readonly DashboardDevice[], port: number | null, io: CliIo): Promise<void> {
  const page = new Dashboard({ devices, clock: systemClock, files: readPageFiles() });
  try {
    await listen(page, port);
    io.out(page.url);
    for (const { client, name, place } of devices) {
      const who = name ?? place;
      client.onState((state) => io.err(`${who}: ${stateLine(state)}`));
      client.onWarning(({ code, message }) => io.err(`${who}: warning ${code}: ${message}`));
      client.connect().catch(() => undefined); // told by onState, and tried again where that can help
    }
    await untilAborted(io.signal);
  } finally {
    await page.close();
  }
}

/** @throws Error for a port that is wished and taken. */
async function listen(page: Dashboard, port: number | null): Promise<void> {
  try {
    await page.listen(port ?? DASHBOARD_PORT);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    if (port !== null) {
      throw new Error(code === 'EACCES' ? `port ${port} needs more rights` : `port ${port} is taken`, { cause: error });
    }
    await page.listen(0);
  }
}

function portFrom(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new UsageError(`--port: a port from 0 to 65535, not ${text}`);
  return port;
}
