/** `hsp call URL FAMILY.COMMAND`: one command, its typed answer. */
import { writeFile } from 'node:fs/promises';
import { commandList, commandNamed, HikvisionError, type CommandDescription, type Param } from '../index';
import { DEVICE_HELP, DEVICE_OPTIONS, openClient, toLine } from './device';
import { parseVerb, UsageError, type CliIo, type Verb } from './verb';

export const call: Verb = {
  name: 'call',
  summary: 'one command and its answer',
  help: `hsp call URL FAMILY.COMMAND [--parameter value]... [--output FILE] [--confirm]
         [--encoding text|binary]
hsp call --list

Prints the typed answer as one JSON line, or {"error":{"code","message"}} with exit status 1. Bytes are base64, unless
--output writes them to a file.

  --list        all commands as JSON lines: family, name, effect, params
  --output FILE write the bytes of the answer (a picture) to FILE
  --encoding E  over the command port: text carries ISAPI (default), binary asks for the native form where a command has
                one, with null for what that does not know
  --confirm     needed for commands that interrupt the device or cannot be undone (danger)

Commands:
${commandList().map(describeCommand).join('\n')}

${DEVICE_HELP}

Exit status: 0 fine, 1 the device, 2 usage.`,

  async run(args: string[], io: CliIo): Promise<number> {
    if (args.includes('--list')) {
      for (const { family, name, effect, params } of commandList())
        io.out(JSON.stringify({ family, name, effect, params }));
      return 0;
    }
    // The name decides which options there are.
    const name = args.find((argument, at) => at > 0 && commandNamed(argument) !== undefined);
    if (name === undefined) {
      const wanted = args.filter((argument) => !argument.startsWith('-'))[1];
      throw new UsageError(
        wanted === undefined ? 'which command? See hsp call --help' : `no command '${wanted}'; see hsp call --help`,
      );
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
    let client;
    try {
      client = openClient(positionals[0], values, io);
      const answer = await client.call(name, given, {
        confirm: values.confirm === true,
        signal: io.signal,
        encoding,
        ...(io.progress === undefined ? {} : { onProgress: io.progress }),
      });
      io.progress?.(null);
      io.out(toLine(values.output === undefined ? (answer ?? null) : await saved(answer, values.output)));
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

function describeCommand({ name, effect, summary, params }: CommandDescription): string {
  const lines = Object.entries(params).map(([parameter, param]) => `      --${parameter} ${describeParam(param)}`);
  return [`  ${name} (${effect}): ${summary}`, ...lines].join('\n');
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
