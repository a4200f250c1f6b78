/** Commands that came by MQTT, for one device: checked, bounded, run, answered. */
import { DeviceBusyError, HikvisionError, InternalError } from '../errors';
import type { Allowance } from '../mqtt/allowance';
import { requestOf, type CommandRequest } from '../mqtt/request';
import type { CommandResult, CommandTopic, Topics } from '../mqtt/topics';
import { MQTT_PARALLEL_COMMANDS, MQTT_QUEUED_COMMANDS, MQTT_RESULT_MAX_BYTES } from '../settings';
import type { Incoming, Outgoing } from './broker';

export interface CommandParts {
  readonly topics: Topics;
  readonly allowance: Allowance;
  readonly call: (
    command: string,
    args: Record<string, unknown>,
    options: { confirm: boolean; signal: AbortSignal },
  ) => Promise<unknown>;
  readonly post: (message: Outgoing) => void;
  /** What was refused, for the log. */
  readonly report: (code: string, message: string) => void;
}

export class Commands {
  /** Carried out, and refused. */
  readonly count = { done: 0, failed: 0, refused: 0 };
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly abort = new AbortController();

  constructor(private readonly given: CommandParts) {}

  receive(place: CommandTopic, message: Incoming): void {
    const request = requestOf(place, message, this.given.allowance);
    if ('error' in request) {
      this.count.refused++;
      this.given.report(request.error.code, `a command was refused: ${request.error.message}`);
      this.answer(place, message, failure(request, request.error));
      return;
    }
    if (this.running >= MQTT_PARALLEL_COMMANDS) {
      if (this.queue.length >= MQTT_QUEUED_COMMANDS) {
        this.count.refused++;
        const busy = new DeviceBusyError('too many commands at one time by MQTT', { operation: request.command });
        this.answer(place, message, failure(request, busy));
        return;
      }
      this.queue.push(() => void this.run(place, message, request));
      return;
    }
    void this.run(place, message, request);
  }

  /** What runs is cancelled: a moving camera is told to stand still. */
  close(): void {
    this.queue.length = 0;
    this.abort.abort();
  }

  private async run(place: CommandTopic, message: Incoming, request: CommandRequest): Promise<void> {
    const { command, id, args, confirm } = request;
    this.running++;
    try {
      const result = await this.given.call(command, args, { confirm, signal: this.abort.signal });
      this.count.done++;
      this.tellPicture(place.device, args, result);
      this.answer(place, message, { command, id, ok: true, result: withBytes(result) });
    } catch (error) {
      this.count.failed++;
      if (!(error instanceof HikvisionError)) {
        this.given.report('HIK_INTERNAL', `${command} failed by a fault of this package: ${String(error)}`);
      }
      this.answer(place, message, failure(request, error));
    } finally {
      this.running--;
      this.queue.shift()?.();
    }
  }

  /** A picture that was asked for stands in the answer, and as bytes on the topic of snapshots. */
  private tellPicture(device: string, args: Readonly<Record<string, unknown>>, result: unknown): void {
    if (typeof result !== 'object' || result === null) return;
    const { contentType, data } = result as { contentType?: unknown; data?: unknown };
    if (typeof contentType !== 'string' || !contentType.startsWith('image/') || !Buffer.isBuffer(data)) return;
    this.given.post(this.given.topics.snapshot(device, typeof args.channel === 'number' ? args.channel : null, data));
  }

  private answer(place: CommandTopic, { responseTopic, correlationData }: Incoming, result: CommandResult): void {
    const { topics, post } = this.given;
    const isGood = responseTopic !== null && topics.takesAnswers(responseTopic);
    const answer = topics.result(place.device, result, isGood ? responseTopic : undefined);
    post(correlationData === null ? answer : { ...answer, correlationData });
  }
}

function failure({ command, id }: Pick<CommandResult, 'command' | 'id'>, error: unknown): CommandResult {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof HikvisionError ? error : new InternalError(message);
  return { command, id, ok: false, error: { code: known.code, message: known.message } };
}

/** Bytes as base64 with their size; those that are too large for an answer by their size alone. */
function withBytes(value: unknown): unknown {
  if (Buffer.isBuffer(value)) {
    const sizeBytes = value.length;
    return sizeBytes > MQTT_RESULT_MAX_BYTES ? { sizeBytes } : { sizeBytes, base64: value.toString('base64') };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withBytes);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withBytes(inner)]));
}
