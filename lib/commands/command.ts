/**
 * The shape of a command, and the types derived from it. A command is written down once; methods, argument checks, editor
 * fields, the command line and the tables in the README read it from here. Pure: a command says which requests it needs, one
 * after another, and what the answers mean; somebody else has the socket.
 */
import type { IsapiAnswer, IsapiRequest } from '../codec/isapi';
import { parseXml, type XmlElement } from '../codec/xml';
import { sniff } from '../codec/text';
import { ProtocolError, UnsupportedError } from '../errors';
import type { Feature } from './features';
import type { NameKind } from './names';
import type { PortContext, PortSteps } from './port';

/* What a command does to the device */

/**
 * - `read`: changes nothing; may be repeated after a dropped connection.
 * - `act`: does something now (move, pulse); sent once.
 * - `write`: changes settings; sent once.
 * - `danger`: interrupts service or cannot be undone; sent once, and only with `confirm: true`.
 */
export type Effect = 'read' | 'act' | 'write' | 'danger';

/* Parameters */

interface ParamBase {
  readonly title: string;
  /** One sentence for the help; the title says enough where it is missing. */
  readonly description?: string;
  /** Unit as shown beside the field: `ms`, `%`, `px`. */
  readonly unit?: string;
  /** What it numbers, where the device can tell the names; see `names.ts`. */
  readonly names?: NameKind;
}
export interface IntegerParam extends ParamBase {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  readonly default?: number;
  readonly optional?: true;
}
export interface NumberParam extends ParamBase {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly default?: number;
  readonly optional?: true;
}
export interface TextParam extends ParamBase {
  readonly kind: 'text';
  readonly maxLength: number;
  /** A linear regular expression that the whole text must fit, with the words for people. */
  readonly pattern?: { readonly expression: RegExp; readonly meaning: string };
  readonly default?: string;
  readonly optional?: true;
}
export interface BooleanParam extends ParamBase {
  readonly kind: 'boolean';
  readonly default?: boolean;
  readonly optional?: true;
}
export interface ChoiceParam<Value extends string = string> extends ParamBase {
  readonly kind: 'choice';
  readonly choices: readonly Value[];
  readonly default?: Value;
  readonly optional?: true;
}
/** A date and time, ISO 8601. */
export interface TimeParam extends ParamBase {
  readonly kind: 'time';
  readonly default?: string;
  readonly optional?: true;
}
/** Any JSON value; `config.raw` takes its body so. */
export interface JsonParam extends ParamBase {
  readonly kind: 'json';
  readonly default?: unknown;
  readonly optional?: true;
}

export type Param = IntegerParam | NumberParam | TextParam | BooleanParam | ChoiceParam | TimeParam | JsonParam;
export type Params = Readonly<Record<string, Param>>;

export type ValueOf<P extends Param> = P extends { kind: 'integer' | 'number' }
  ? number
  : P extends { kind: 'boolean' }
    ? boolean
    : P extends ChoiceParam<infer Value>
      ? Value
      : P extends { kind: 'json' }
        ? unknown
        : string;

type WithDefault = { readonly default: unknown };
type Optional = { readonly optional: true };
type OptionalNames<P extends Params> = { [N in keyof P]: P[N] extends WithDefault | Optional ? N : never }[keyof P];

/** What a caller hands in: a parameter with a default, or marked optional, may be left out. */
export type ArgumentsOf<P extends Params> = { readonly [N in Exclude<keyof P, OptionalNames<P>>]: ValueOf<P[N]> } & {
  readonly [N in OptionalNames<P>]?: ValueOf<P[N]> | undefined;
};

/** What a command receives: checked, defaults filled in. */
export type CheckedArguments<P extends Params> = {
  readonly [N in keyof P]: P[N] extends WithDefault
    ? ValueOf<P[N]>
    : P[N] extends Optional
      ? ValueOf<P[N]> | undefined
      : ValueOf<P[N]>;
};

/* Requests and answers */

export type { IsapiAnswer, IsapiRequest } from '../codec/isapi';

/**
 * A body that is not kept in memory, or goes at its own pace. Files are named as the caller named them; names that a device gives
 * never become paths.
 *
 * - `toFile`: the answer goes into a file, which has its name only when it is whole; `sizeBytes` of the answer says how large it is.
 * - `fromFile`: the file is the body of the request.
 * - `speak`: sound that is written behind the request in the time that it takes to hear it.
 * - `hear`: what the device says for a time, as body of the answer; of an answer that never ends by itself.
 */
export type BodyPlan =
  | { readonly kind: 'toFile'; readonly file: string; readonly expectedBytes?: number }
  | { readonly kind: 'fromFile'; readonly file: string }
  | { readonly kind: 'speak'; readonly sound: Buffer; readonly bytesPerSecond: number }
  | { readonly kind: 'hear'; readonly forMs: number; readonly maxBytes: number };

/**
 * What a command asks for on the way to its result: a request to send, a time to wait, a small file of the caller to read, or to
 * tell how far it is, from 0 to 1.
 */
export type Step =
  | { readonly request: IsapiRequest; readonly plan?: BodyPlan }
  | { readonly waitMs: number }
  | { readonly readFile: string; readonly maxBytes: number }
  | { readonly progress: number };

/**
 * A command under way. A request that fails comes back as a thrown {@link HikvisionError}, so a fall-back is a `catch`. When
 * the caller gives up, `finally` blocks run, and requests made in them are still sent: a camera is told to stand still.
 */
export type Steps<R> = Generator<Step, R, IsapiAnswer | undefined>;

/** What a command may know about the device it talks to. */
export interface CommandContext {
  /** Host as the user gave it; IPv6 without brackets. */
  readonly host: string;
  readonly username: string;
  /** Only for commands that hand the password out because the caller asked for it. */
  readonly password: () => string;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /**
   * What was found out about this device: which fall-back worked on which channel. Lives as long as the client; keys begin
   * with `<command>/<channel>` and hold no free text, so the number of entries is bounded by commands and channels.
   */
  readonly memory: Map<string, unknown>;
}

/** Sends one request. @throws what `mapAnswer` makes of a refusal. */
export function* ask(request: IsapiRequest): Steps<IsapiAnswer> {
  return (yield { request }) as IsapiAnswer;
}

export function* wait(waitMs: number): Steps<void> {
  yield { waitMs };
}

/** Sends one request whose body, or whose answer's, is moved as planned. @throws UnsupportedError over the command port. */
export function* moveBody(request: IsapiRequest, plan: BodyPlan): Steps<IsapiAnswer> {
  return (yield { request, plan }) as IsapiAnswer;
}

/** A small file of the caller. @throws ArgumentError when it cannot be read. */
export function* readCallersFile(file: string, maxBytes: number): Steps<Buffer> {
  return ((yield { readFile: file, maxBytes }) as IsapiAnswer).body;
}

/** Tells how far the command is, from 0 to 1. */
export function* tellProgress(progress: number): Steps<void> {
  yield { progress };
}

/** Reads a document. @throws ProtocolError when the answer is no XML. */
export function* getDocument(path: string): Steps<XmlElement> {
  return documentOf(yield* ask({ method: 'GET', path }), path);
}

/** Sends an XML document; `application/xml` because some PTZ firmware (5.4) refuses `text/xml`. */
export function* putDocument(path: string, body: string): Steps<IsapiAnswer> {
  return yield* ask({ method: 'PUT', path, body, contentType: 'application/xml; charset="UTF-8"' });
}

/** The XML document in an answer. @throws ProtocolError when it holds something else. */
export function documentOf(answer: IsapiAnswer, path: string): XmlElement {
  if (sniff(answer.body) !== 'xml') throw new ProtocolError(`${path}: expected an XML document`, 0);
  const document = parseXml(answer.body);
  // A web page under 200 is what some devices answer for a path that they do not know.
  if (document.name.toLowerCase() === 'html') throw new UnsupportedError(`${path}: answered with a web page`);
  return document;
}

/* Definitions */

export interface Command<P extends Params = Params, R = unknown> {
  readonly title: string;
  /** One or two sentences for help and README. */
  readonly summary: string;
  readonly effect: Effect;
  /** Where arguments decide: `config.raw` reads with GET and is dangerous otherwise. Never milder than it is. */
  readonly effectOf?: (args: CheckedArguments<P>) => Effect;
  readonly params: P;
  /** Arguments to show in help and to try in tests, where those that follow from `params` would not do; see `examples.ts`. */
  readonly example?: NoInfer<Partial<ArgumentsOf<P>>>;
  /** What a device must have for it; any device can try where this is missing. */
  readonly needs?: Feature;
  readonly isapi: (args: CheckedArguments<P>, context: CommandContext) => Steps<R>;
  /**
   * The native binary form on the command port: the same result, with null for what it does not know. Null where these arguments
   * have none; the command then goes as text.
   */
  readonly commandPort?: (args: CheckedArguments<P>, context: PortContext) => PortSteps<R> | null;
  /** Bodies that the command port cannot carry: files and sound. */
  readonly httpOnly?: true;
  /** Asks a busy device again by its own rules, so nobody else does. */
  readonly retriesItself?: true;
  /** What the answer is, in words, for help and README. */
  readonly returns: string;
  /** ISAPI paths read or written, with `{placeholders}`; a test holds them against the simulator. */
  readonly paths: readonly string[];
  readonly source: readonly string[];
}

/** Writes a definition down; only there for the types. */
export function command<const P extends Params, R>(definition: Command<P, R>): Command<P, R> {
  return definition;
}
