/** `hsp call URL FAMILY.COMMAND`: one command, its typed answer. */
import { writeFile } from 'node:fs/promises';
import { callLine } from '../call-line';
import { excerpt } from '../codec/text';
import {
  commandList,
  commandNamed,
  FEATURES,
  HikvisionError,
  nearest,
  registry,
  type CommandDescription,
  type Effect,
  type FamilyName,
  type Param,
} from '../index';
import { DEVICE_HELP, DEVICE_OPTIONS, openClient, toLine } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

const FAMILIES = Object.keys(registry) as FamilyName[];
const NAME_WIDTH = Math.max(...commandList().map(({ name }) => name.length));

const FAMILY_TITLES: Readonly<Record<FamilyName, string>> = {
  camera: 'What one camera does',
  recorder: 'What a recorder has',
  stream: 'Video streams',
  event: 'What a device detects and tells',
  config: 'The device itself',
};

export const call: Verb = {
  name: 'call',
  summary: 'one command and its answer',
  help: `hsp call URL FAMILY.COMMAND [--parameter value]... [--output FILE] [--confirm]
         [--encoding text|binary]
hsp call --help FAMILY.COMMAND
hsp call --list

Prints the typed answer as one JSON line, or {"error":{"code","message"}} with exit status 1. Bytes are base64, unless
--output writes them to a file.

  --help NAME   all about one command: its parameters, its answer, an example
  --list        all commands as JSON lines: family, name, effect, params, needs, deviceClass, transports ("isapi", "hsp",
                and "binary" where there is a native form)
  --output FILE write the bytes of the answer (a picture) to FILE; where a command has a parameter of that name, it is that
  --encoding E  over the command port: text carries ISAPI (default), binary asks for the native form where a command has
                one, with null for what that does not know
  --confirm     needed for commands that interrupt the device or cannot be undone (danger)

${FAMILIES.map((family) => `${FAMILY_TITLES[family]}:\n${commandsOf(family).map(oneLine).join('\n')}`).join('\n\n')}

${DEVICE_HELP}

Exit status: 0 fine, 1 the device, 2 usage.`,

  helpFor(args) {
    const wanted = args.find((argument) => !argument.startsWith('-') && !argument.includes('/'));
    if (wanted === undefined) return undefined;
    const found = commandList().find(({ name }) => name === wanted);
    if (found === undefined) throw new UsageError(unknownCommand(wanted));
    return commandHelp(found);
  },

  async run(args: string[], io: CliIo): Promise<number> {
    if (args.includes('--list') && !args.some((argument) => commandNamed(argument) !== undefined)) {
      for (const { family, name, effect, params, needs, deviceClass, isNative } of commandList()) {
        const transports = ['isapi', 'hsp', ...(isNative ? ['binary'] : [])];
        io.out(JSON.stringify({ family, name, effect, params, needs, deviceClass, transports }));
      }
      return 0;
    }
    const { url, name, given, params, values, encoding } = parseCall(args);
    let client;
    try {
      client = openClient(url, values, io);
      const answer = await client.call(name, given, {
        confirm: values.confirm === true,
        signal: io.signal,
        encoding,
        ...(io.progress === undefined ? {} : { onProgress: io.progress }),
      });
      io.progress?.(null);
      // A relay has a number and no bytes: there the option is the parameter.
      const file = Object.hasOwn(params, 'output') ? undefined : values.output;
      io.out(toLine(file === undefined ? (answer ?? null) : await saved(answer, file)));
      return 0;
    } catch (error) {
      io.progress?.(null);
      if (!(error instanceof HikvisionError)) throw error;
      io.out(JSON.stringify({ error: { code: error.code, message: error.message } }));
      return 1;
    } finally {
      await client?.close();
    }
  },
};

/** What the arguments mean. @throws UsageError. */
export function parseCall(args: string[]) {
  // The name decides which options there are.
  const name = args.find((argument, at) => at > 0 && commandNamed(argument) !== undefined);
  if (name === undefined) {
    const wanted = args.filter((argument) => !argument.startsWith('-'))[1];
    throw new UsageError(wanted === undefined ? 'which command? See hsp call --help' : unknownCommand(wanted));
  }
  const params = commandNamed(name)?.params ?? {};
  const own = Object.fromEntries(Object.keys(params).map((parameter) => [parameter, { type: 'string' as const }]));
  const options = {
    ...own,
    ...DEVICE_OPTIONS,
    output: { type: 'string' },
    confirm: { type: 'boolean' },
    encoding: { type: 'string' },
  } as const;
  const { values, positionals } = parseVerb(args, options);
  if (positionals.length !== 2) throw new UsageError('call takes a URL and a command');
  const { encoding = 'text' } = values;
  if (encoding !== 'text' && encoding !== 'binary') throw new UsageError('--encoding is text or binary');
  const given: Record<string, unknown> = {};
  for (const [parameter, { kind }] of Object.entries(params)) {
    const text = (values as Record<string, unknown>)[parameter];
    if (typeof text === 'string') given[parameter] = kind === 'json' ? jsonOrText(text) : text;
  }
  return { url: positionals[0], name, given, params, values, encoding } as const;
}

/** Writes the bytes of an answer to a file; what stays is about them. */
async function saved(answer: unknown, file: string): Promise<unknown> {
  const { data, ...rest } = (answer ?? {}) as { data?: unknown };
  if (!Buffer.isBuffer(data)) throw new UsageError('--output is for commands that answer with bytes');
  await writeFile(file, data);
  return { ...rest, sizeBytes: data.length, file };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/* Help, from the registry */

function commandsOf(family: FamilyName): CommandDescription[] {
  return commandList().filter((command) => command.family === family);
}

function oneLine({ name, effect, title }: CommandDescription): string {
  return `  ${name.padEnd(NAME_WIDTH)}  ${effect.padEnd(6)}  ${title}`;
}

function commandHelp(command: CommandDescription): string {
  const { name, title, summary, effect, params, needs, deviceClass, isNative, returns } = command;
  const lines = Object.entries(params).map(([parameter, param]) => `  --${parameter} ${describeParam(param)}`);
  const about = [
    `Effect: ${EFFECT_WORDS[effect]}`,
    ...(needs === null ? [] : [`Needs: ${FEATURES[needs].title}${deviceClass === null ? '' : ` (${deviceClass})`}`]),
    `By: http://, https://, hsp://, hsps://${isNative ? '; it has a native form too (--encoding binary)' : ''}`,
  ];
  return `hsp call URL ${name}${lines.length === 0 ? '' : ' [--parameter value]...'}

${title}. ${summary}

${about.join('\n')}
${lines.length === 0 ? '\nIt takes no parameters.' : `\nParameters:\n${lines.join('\n')}`}

Answer: ${returns}

Example:
  ${exampleLine(command)}`;
}

const EFFECT_WORDS: Readonly<Record<Effect, string>> = {
  read: 'it only reads',
  act: 'it does something now',
  write: 'it changes settings',
  danger: 'it interrupts the device or cannot be undone, so it needs --confirm',
};

function exampleLine({ name, effect, example }: CommandDescription): string {
  const given = Object.entries(example).map(([parameter, value]) => [
    parameter,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const args = Object.fromEntries(given) as Record<string, string>;
  return callLine({ url: 'http://admin@192.0.2.10', command: name, args, isConfirmed: effect === 'danger' });
}

function unknownCommand(wanted: string): string {
  const names = nearest(
    wanted,
    commandList().map(({ name }) => name),
  );
  const meant = names.length === 0 ? '' : `; did you mean ${names.join(' or ')}?`;
  return `no command '${excerpt(wanted, 60)}'${meant === '' ? '; see hsp call --help' : meant}`;
}

function describeParam(param: Param): string {
  const unit = param.unit === undefined ? '' : ` ${param.unit}`;
  const range =
    param.kind === 'integer' || param.kind === 'number'
      ? `${param.min}..${param.max}${unit}`
      : param.kind === 'choice'
        ? param.choices.join('|')
        : param.kind === 'boolean'
          ? 'true|false'
          : param.kind;
  const usual =
    param.default !== undefined
      ? ` (default ${JSON.stringify(param.default)})`
      : param.optional === true
        ? ' (optional)'
        : '';
  return `${range}${usual}: ${param.description ?? param.title}`;
}
