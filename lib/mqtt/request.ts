/** A message on a command topic becomes a request, or the error that answers it. Pure. */
import { checkArguments, shown } from '../commands/arguments';
import type { CheckedArguments, Command, Params } from '../commands/command';
import { commandNamed } from '../commands/registry';
import { ArgumentError, NotAllowedError, TooLargeError, type HikvisionError } from '../errors';
import { MQTT_COMMAND_MAX_BYTES } from '../settings';
import { refusalOf, type Allowance } from './allowance';
import type { CommandTopic } from './topics';

/** What every answer carries, whether the command ran or not. */
interface Addressed {
  /** The slug of the device. */
  readonly device: string;
  /** `camera.gotoPreset`; null where none was named. */
  readonly command: string | null;
  /** As the sender gave it; null where it gave none. */
  readonly id: string | number | null;
}

export type CommandRequest = Addressed & {
  readonly command: string;
  /** Checked, defaults filled in; the client takes them as they are. */
  readonly args: CheckedArguments<Params>;
  readonly confirm: boolean;
};

export type CommandRefusal = Addressed & { readonly error: HikvisionError };

export interface ReceivedCommand {
  readonly payload: Buffer;
  /** The message was retained: it would be carried out again at every start. */
  readonly retain: boolean;
}

/** Longest id that is sent back. */
const ID_MAX_LENGTH = 256;
/** Longest name of a command that is looked up, and sent back. */
const NAME_MAX_LENGTH = 128;

/**
 * Reads the body of a command and checks everything that can be checked here: the name, the arguments, what is allowed.
 *
 * @param place from {@link Topics.commandOf}.
 */
export function requestOf(
  place: CommandTopic,
  message: ReceivedCommand,
  allowance: Allowance,
): CommandRequest | CommandRefusal {
  const { device } = place;
  let name = place.command;
  let id: string | number | null = null;
  try {
    if (message.retain) {
      throw new NotAllowedError(
        'retained commands are not carried out: publish it without the retain flag',
        contextOf(name),
      );
    }
    let body = bodyOf(name, message.payload);
    if (name === null) {
      const { command: named, ...rest } = body;
      id = idFrom(rest['id']);
      if (typeof named === 'string') name = named.slice(0, NAME_MAX_LENGTH);
      body = rest;
    }
    const command = name === null ? undefined : commandNamed(name);
    const envelope = envelopeOf(body, command);
    id = idFrom(envelope.id);
    if (command === undefined || name === null) {
      throw new ArgumentError([{ parameter: 'command', given: name, expected: 'the name of a command' }]);
    }
    const args = checkArguments(name, command.params, envelope.args as Readonly<Record<string, unknown>>);
    const confirm = envelope.confirm === true;
    const refusal = refusalOf(allowance, name, command, args, confirm);
    if (refusal !== null) throw refusal;
    return { device, command: name, id, args, confirm };
  } catch (error) {
    return { device, command: name, id, error: error as HikvisionError };
  }
}

function contextOf(name: string | null): { readonly operation?: string } {
  return name === null ? {} : { operation: name };
}

/** Nothing at all counts as no arguments. @throws ArgumentError for what is no JSON object. */
function bodyOf(name: string | null, payload: Buffer): Readonly<Record<string, unknown>> {
  if (payload.length > MQTT_COMMAND_MAX_BYTES) {
    throw new TooLargeError(
      `the body has ${payload.length} bytes, more than ${MQTT_COMMAND_MAX_BYTES}`,
      contextOf(name),
    );
  }
  const text = payload.toString('utf8').trim();
  if (text === '') return {};
  let body: unknown;
  let given = 'no JSON';
  try {
    body = JSON.parse(text);
    given = Array.isArray(body) ? 'a list' : typeof body;
  } catch {
    body = undefined;
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new ArgumentError(
    // Not the text itself: it may hold the password that it was to set.
    [{ parameter: 'body', given, expected: 'a JSON object with the arguments' }],
    contextOf(name),
  );
}

interface Envelope {
  readonly args: unknown;
  readonly id: unknown;
  readonly confirm: unknown;
}

/**
 * `{args, id, confirm}`, or the arguments with `id` and `confirm` beside them. A command that has a parameter of such a name gets it
 * from the flat form; the envelope is for senders that want both.
 */
function envelopeOf(body: Readonly<Record<string, unknown>>, command: Command | undefined): Envelope {
  const isParam = (name: string) => command !== undefined && Object.hasOwn(command.params, name);
  if (Object.hasOwn(body, 'args') && !isParam('args')) {
    const { args, id, confirm, ...rest } = body;
    const [stray] = Object.keys(rest);
    if (stray === undefined) return { args: args ?? {}, id, confirm };
    throw new ArgumentError([
      { parameter: stray, given: shown(stray, rest[stray]), expected: 'nothing beside args, id and confirm' },
    ]);
  }
  const args = Object.fromEntries(
    Object.entries(body).filter(([name]) => isParam(name) || (name !== 'id' && name !== 'confirm')),
  );
  return { args, id: isParam('id') ? null : body['id'], confirm: isParam('confirm') ? null : body['confirm'] };
}

function idFrom(id: unknown): string | number | null {
  if (typeof id === 'number' && Number.isFinite(id)) return id;
  return typeof id === 'string' ? id.slice(0, ID_MAX_LENGTH) : null;
}
