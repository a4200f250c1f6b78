/** `hsp watch URL`: events as they happen. */
import { EVENT_KIND_NAMES, EVENT_WAYS, type EventKind, type EventWay } from '../index';
import { EVENT_END_AFTER_MS } from '../settings';
import { DEVICE_HELP, DEVICE_OPTIONS, openClient, stateLine, toLine } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

export const watch: Verb = {
  name: 'watch',
  summary: 'events as they happen, one JSON line each',
  help: `hsp watch URL [--count N] [--for SECONDS] [options]

Prints one JSON line per event: repeats of the device become start ... end. Changes of the connection and warnings
go to standard error; a lost connection is opened again, a refused password ends the watching.

  --count N            stop after N events
  --for SECONDS        stop after this time
  --kind KIND          only this kind; may be given several times
  --ways LIST          only these ways, with commas between them: ${EVENT_WAYS.filter((way) => way !== 'push').join(', ')}
                       (default: the best that the device has)
  --end-after SECONDS  silence after which an event has ended (default ${EVENT_END_AFTER_MS / 1000})

${DEVICE_HELP}

Exit status: 0 fine, 1 the device refused us or never answered, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      ...DEVICE_OPTIONS,
      count: { type: 'string' },
      for: { type: 'string' },
      kind: { type: 'string', multiple: true },
      ways: { type: 'string' },
      'end-after': { type: 'string' },
    });
    if (positionals.length > 1) throw new UsageError('watch takes one URL');
    const count = number(values.count, '--count') ?? Infinity;
    const forMs = (number(values.for, '--for') ?? Infinity) * 1000;
    const endAfterMs = (number(values['end-after'], '--end-after') ?? EVENT_END_AFTER_MS / 1000) * 1000;
    const kinds = new Set<string>(values.kind ?? EVENT_KIND_NAMES);
    for (const kind of kinds) {
      if (!(EVENT_KIND_NAMES as readonly string[]).includes(kind)) {
        throw new UsageError(`no kind '${kind}'; there are ${EVENT_KIND_NAMES.join(', ')}`);
      }
    }

    const ways = waysOf(values.ways);
    const client = openClient(positionals[0], values, io, ways === undefined ? {} : { events: { ways } });
    let hasConnected = false;
    let seen = 0;
    return new Promise<number>((resolve) => {
      let isOver = false;
      const finish = (status: number) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        io.signal.removeEventListener('abort', onAbort);
        void client.close().then(() => resolve(status));
      };
      const onAbort = () => finish(0);
      // Beyond the longest timer of Node a wait without end is meant.
      const timer = setTimeout(
        () => forMs <= MAX_TIMER_MS && finish(hasConnected ? 0 : 1),
        Math.min(forMs, MAX_TIMER_MS),
      );
      io.signal.addEventListener('abort', onAbort, { once: true });
      client.onWarning(({ code, message }) => io.err(`warning ${code}: ${message}`));
      client.onState((state) => {
        io.err(stateLine(state));
        if (state.state === 'connected') hasConnected = true;
        if (state.state === 'refused' || state.state === 'locked') finish(1);
      });
      client.events(
        (event) => {
          if (isOver || !kinds.has(event.kind)) return;
          io.out(toLine(event));
          if (++seen >= count) finish(0);
        },
        // Who names kinds wants no others asked for.
        values.kind === undefined ? { endAfterMs } : { endAfterMs, kinds: [...kinds] as EventKind[] },
      );
      if (io.signal.aborted) return finish(0);
      client.connect().catch(() => undefined); // told by onState, and tried again where that can help
    });
  },
};

function waysOf(list: string | undefined): EventWay[] | undefined {
  return list?.split(',').map((name) => {
    // Nobody could call us here: there is no listener.
    const way = EVENT_WAYS.find((each) => each === name.trim() && each !== 'push');
    if (way !== undefined) return way;
    const known = EVENT_WAYS.filter((each) => each !== 'push').join(', ');
    throw new UsageError(`--ways: no way '${name.trim()}'; there are ${known}`);
  });
}

const MAX_TIMER_MS = 2 ** 31 - 1;

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new UsageError(`${option} takes a number`);
  return value;
}
