/** `hsp capture URL`: a device as a dump that may be passed on. */
import { Mask } from '../codec/mask';
import { captureDevice, captureStream, packageVersion, systemClock } from '../index';
import { clientOptions, credentialsOf, DEVICE_HELP, DEVICE_OPTIONS } from './device';
import { openOutput, secondsOf } from './output';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

const DEFAULT_PAUSE_SECONDS = 0.1;
const MAX_PAUSE_SECONDS = 60;
const MAX_EVENT_SECONDS = 24 * 3_600;

export const capture: Verb = {
  name: 'capture',
  summary: 'a device as a masked dump, for hsp simulate --dump and for our tests',
  help: `hsp capture URL [--output FILE] [--events SECONDS] [--pause SECONDS]

Asks for every document that the commands of this package read, one at a time, and writes the answers masked, as a dump that
hsp simulate --dump serves. Nothing is changed on the device, and no picture is taken. It takes a minute or two.

Masked: user, password, keys, serial numbers, MAC and IP addresses, names of devices, channels, users and persons, cards,
plates, places. What is the same before is the same after. Read it before you send it: an issue with such a file is what helps
most to get a device supported.

  --output FILE     write to FILE instead of standard output
  --events SECONDS  also listen to the event stream that long, and write it beside FILE, with .bin instead of .json; pictures
                    are replaced by black ones of the same size. hsp decode reads it, hsp simulate --stream replays it
  --pause SECONDS   between one question and the next (default ${DEFAULT_PAUSE_SECONDS})

${DEVICE_HELP}

Exit status: 0 fine, 1 the device, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    const { values, positionals } = parseVerb(args, {
      ...DEVICE_OPTIONS,
      output: { type: 'string' },
      events: { type: 'string' },
      pause: { type: 'string' },
    });
    if (positionals.length > 1) throw new UsageError('capture takes one URL');
    const [url] = positionals;
    const settings = clientOptions(url, values, io);
    if (/^hsps?:/i.test(settings.url) || (settings.protocol ?? 'isapi') !== 'isapi')
      throw new UsageError('capture goes by http:// or https:// only; hsp doctor URL --hsp is for the command port');
    const seconds = secondsOf('--events', values.events, 0, MAX_EVENT_SECONDS);
    const pause = secondsOf('--pause', values.pause, DEFAULT_PAUSE_SECONDS, MAX_PAUSE_SECONDS);
    const { output } = values;
    if (seconds > 0 && output === undefined) throw new UsageError('--events needs --output');
    const { username, password } = credentialsOf(url, values, io);
    const mask = new Mask({ user: username, password });
    const streamFile = output === undefined ? '' : `${output.replace(/\.json$/i, '')}.bin`;
    const file = output === undefined ? null : await openOutput(output);
    const stream = seconds > 0 ? await openOutput(streamFile, '--events').catch(closing(file)) : null;
    const common = { clock: systemClock, mask, signal: io.signal };
    try {
      const { meta, responses } = await captureDevice(settings, {
        ...common,
        pauseMs: pause * 1_000,
        ...(io.progress === undefined ? {} : { onProgress: io.progress }),
      });
      io.progress?.(null);
      const by = `hsp capture ${packageVersion()}`;
      const dump = JSON.stringify({ meta: { ...meta, by }, responses }, null, 1);
      if (file === null) io.out(dump);
      else {
        await file.write(`${dump}\n`);
        io.err(`${output}: ${Object.keys(responses).length} answers, masked. Read it before you send it.`);
      }
      if (stream === null) return 0;
      io.err(`Listening to events for ${seconds} s ...`);
      const heard = await captureStream(settings, { ...common, forMs: seconds * 1_000 });
      if (heard === null) {
        io.err('The device has no event stream.');
        return 1;
      }
      await stream.write(heard.bytes);
      io.err(`${streamFile}: ${heard.parts.length} parts, masked.`);
      return 0;
    } finally {
      io.progress?.(null);
      await file?.close();
      await stream?.close();
    }
  },
};

/** Lets go of the first file where the second cannot be opened. */
function closing(file: { close(): Promise<void> } | null): (error: unknown) => Promise<never> {
  return async (error) => {
    await file?.close();
    throw error;
  };
}
