/** Runs the steps of a command against hand-fed answers: no socket, no timer, every request and wait on record. */
import { mapAnswer } from '../../lib/commands/answers';
import { checkArguments } from '../../lib/commands/arguments';
import type {
  BodyPlan,
  Command,
  CommandContext,
  IsapiAnswer,
  IsapiRequest,
  Params,
  Step,
  Steps,
} from '../../lib/commands/command';
import { ClosedError, HikvisionError } from '../../lib/errors';

/** What a device answers; an error stands for a connection that gave none. */
export type Responder = (request: IsapiRequest) => IsapiAnswer | HikvisionError;

export interface Run<R> {
  /** Undefined when the caller gave up. */
  readonly result: R | undefined;
  /** `GET /ISAPI/System/time`, `wait 400`, in order. */
  readonly log: readonly string[];
  readonly requests: readonly IsapiRequest[];
  /** How bodies were to be moved, where they do not go through memory. */
  readonly plans: readonly BodyPlan[];
}

export interface RunOptions {
  /** The caller gives up as soon as this log line has been written, before its answer. */
  readonly giveUpAt?: string;
  /** Called at every wait, as something else might happen meanwhile. */
  readonly during?: (waitMs: number) => void;
  /** Files of the caller. */
  readonly files?: Readonly<Record<string, Buffer>>;
}

/** Takes a command through its steps the way the dispatcher does: a refusal is thrown into it. */
export function run<R>(steps: Steps<R>, respond: Responder, options: RunOptions = {}): Run<R> {
  const log: string[] = [];
  const requests: IsapiRequest[] = [];
  const plans: BodyPlan[] = [];
  let hasGivenUp = false;
  let next = steps.next();
  while (!next.done) {
    const step = next.value;
    const line = lineOf(step);
    log.push(line);
    if (!hasGivenUp && line === options.giveUpAt) {
      hasGivenUp = true;
      try {
        next = steps.throw(new ClosedError('cancelled'));
      } catch (error) {
        if (error instanceof ClosedError) break;
        throw error;
      }
      continue;
    }
    if (!('request' in step)) {
      if ('waitMs' in step) options.during?.(step.waitMs);
      next = steps.next('readFile' in step ? reply(200, options.files?.[step.readFile] ?? '') : undefined);
      continue;
    }
    if (step.plan !== undefined) plans.push(step.plan);
    requests.push(step.request);
    const answer = respond(step.request);
    const error = answer instanceof HikvisionError ? answer : mapAnswer(answer, line, 'test', 0);
    try {
      next = error === null ? steps.next(answer as IsapiAnswer) : steps.throw(error);
    } catch (thrown) {
      // What the command throws on after it was given up is that it was given up.
      if (hasGivenUp && thrown instanceof ClosedError) break;
      throw thrown;
    }
  }
  return { result: next.done && !hasGivenUp ? next.value : undefined, log, requests, plans };
}

function lineOf(step: Step): string {
  if ('request' in step) return `${step.request.method} ${step.request.path}`;
  if ('waitMs' in step) return `wait ${step.waitMs}`;
  return 'readFile' in step ? `read ${step.readFile}` : `progress ${step.progress}`;
}

/** Runs a command with arguments as a user gives them. */
export function call<P extends Params, R>(
  command: Command<P, R>,
  given: Record<string, unknown>,
  respond: Responder,
  ctx: CommandContext = context(),
): Run<R> {
  return run(command.isapi(checkArguments('test', command.params, given), ctx), respond);
}

/** What a run wrote, without declaration and line end. */
export function written({ requests }: Run<unknown>): { path: string; body: string }[] {
  return requests
    .filter(({ method }) => method === 'PUT')
    .map(({ path, body }) => ({
      path,
      body: String(body)
        .replace(/^<\?xml[^>]*\?>\n/, '')
        .trim(),
    }));
}

/** The error that a run ends with. */
export function failureOf(action: () => unknown): HikvisionError {
  try {
    action();
  } catch (error) {
    if (error instanceof HikvisionError) return error;
    throw error;
  }
  throw new Error('expected an error, but it succeeded');
}

export function reply(status: number, body: string | Buffer = '', contentType: string | null = null): IsapiAnswer {
  return { status, contentType, body: Buffer.isBuffer(body) ? body : Buffer.from(body) };
}

export function xml(body: string): IsapiAnswer {
  return reply(200, body, 'application/xml');
}

/** A refusal in the words of a device. */
export function refusal(
  httpStatus: number,
  statusCode: number,
  statusString: string,
  subStatusCode: string,
): IsapiAnswer {
  return reply(
    httpStatus,
    `<ResponseStatus version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><requestURL></requestURL>` +
      `<statusCode>${statusCode}</statusCode><statusString>${statusString}</statusString>` +
      `<subStatusCode>${subStatusCode}</subStatusCode></ResponseStatus>`,
    'application/xml',
  );
}

export const OK = refusal(200, 1, 'OK', 'ok');

/** The smallest bytes that pass for a JPEG picture. */
export const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

/** Answers by path; what is not there is 404, as on a device. A list is answered one after another, its last one for ever. */
export function device(
  routes: Readonly<Record<string, string | IsapiAnswer | HikvisionError | readonly IsapiAnswer[]>>,
): Responder {
  const asked = new Map<string, number>();
  return ({ method, path }) => {
    const key = [`${method} ${path}`, path].find((name) => Object.hasOwn(routes, name));
    const found = key === undefined ? undefined : routes[key];
    if (key === undefined || found === undefined)
      return reply(404, '<html><title>Not Found</title></html>', 'text/html');
    if (typeof found === 'string') return xml(found);
    if (!Array.isArray(found)) return found as IsapiAnswer | HikvisionError;
    const turn = asked.get(key) ?? 0;
    asked.set(key, turn + 1);
    const answers = found as readonly IsapiAnswer[];
    return answers[Math.min(turn, answers.length - 1)] ?? reply(404);
  };
}

/** A device made of a captured dump: what the dump lacks is 404, what it holds without a body is an empty refusal. */
export function dumpDevice(dump: Dump): Responder {
  return ({ method, path }) => {
    const key = method === 'GET' ? path : `${method} ${path}`;
    const found = Object.hasOwn(dump.responses, key) ? dump.responses[key] : undefined;
    return found === undefined ? reply(404) : reply(found.status, found.body ?? '', found.contentType);
  };
}

export interface Dump {
  readonly meta: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<
    Record<string, { readonly status: number; readonly contentType: string | null; readonly body: string | null }>
  >;
}

export function context(changes: Partial<CommandContext> = {}): CommandContext {
  return {
    host: '192.0.2.10',
    username: 'admin',
    password: () => 'planted-secret',
    now: () => Date.parse('2024-05-01T12:00:00Z'),
    memory: new Map<string, unknown>(),
    ...changes,
  };
}
