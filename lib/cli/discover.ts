/** `hsp discover`: devices on the networks of this machine. */
import { discover as find, systemClock } from '../index';
import { toLine } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

const DEFAULT_SECONDS = 5;

export const discover: Verb = {
  name: 'discover',
  summary: 'devices on the networks of this machine, one JSON line each',
  help: `hsp discover [--for SECONDS] [--listen] [--to ADDRESS]... [--port PORT]

Asks through every IPv4 interface of this machine by SADP and prints one JSON line for each device that answers: model,
serial, mac, ipv4, ports, firmware, activated. Nothing of a device is changed; activating it, its address and its
password are left to the vendor's tools on purpose.

  --for SECONDS   how long to wait for answers (default ${DEFAULT_SECONDS})
  --listen        only listen, to devices that say hello when they start; until Ctrl-C where --for is not given
  --to ADDRESS    ask this address instead of the whole network; may be given several times
  --port PORT     UDP port of SADP (default 37020)

Exit status: 0 at least one device, 1 none, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      for: { type: 'string' },
      listen: { type: 'boolean' },
      to: { type: 'string', multiple: true },
      port: { type: 'string' },
    });
    if (positionals.length > 0) throw new UsageError('discover takes no operands');
    const seconds = values.for === undefined ? undefined : Number(values.for);
    if (seconds !== undefined && !(seconds >= 0 && seconds <= MAX_SECONDS))
      throw new UsageError(`--for takes seconds, 0 to ${MAX_SECONDS}`);
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
      throw new UsageError('--port takes a port number');
    const isListening = values.listen === true;
    const found = await find({
      clock: systemClock,
      forMs: (seconds ?? (isListening ? MAX_SECONDS : DEFAULT_SECONDS)) * 1_000,
      signal: io.signal,
      asks: !isListening,
      onFound: (device) => io.out(toLine(device)),
      onTrouble: (message) => io.err(message),
      ...(values.to === undefined ? {} : { targets: values.to }),
      ...(port === undefined ? {} : { port }),
    });
    if (found.length === 0) {
      io.err(
        'no device answered. SADP does not cross routers, and a firewall on this machine may keep UDP port 37020 shut; ' +
          'a device whose address is known needs no discovery',
      );
    }
    return found.length === 0 ? 1 : 0;
  },
};

const MAX_SECONDS = 2_000_000;
