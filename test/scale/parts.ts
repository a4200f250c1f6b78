/** What the processes of the scale run say to each other, and how one asks another. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** By which way the events of a device come. */
export type Kind = 'stream' | 'push' | 'hsp';

export interface DevicePlan {
  readonly index: number;
  readonly kind: Kind;
}

/** Where a simulated device is to be reached. */
export interface DevicePlace extends DevicePlan {
  readonly url: string;
}

/** Out of ten devices five have an alertStream, three call us, and two have an alarm channel. */
export function planOf(count: number): DevicePlan[] {
  const kindOf = (index: number): Kind => (index % 10 < 5 ? 'stream' : index % 10 < 8 ? 'push' : 'hsp');
  return Array.from({ length: count }, (_, index) => ({ index, kind: kindOf(index) }));
}

export const nameOf = (index: number) => `Device ${index}`;
export const slugOf = (index: number) => `device-${index}`;

/**
 * Descriptors that a process may hold; null where it cannot be told. Node.js raises the soft limit to the hard one when it starts, so
 * this is `ulimit -Hn`.
 */
function descriptorLimit(): number | null {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line === null ? null : Number(line[1]);
  } catch {
    return null;
  }
}

/** @throws with what to do where so many descriptors cannot be had. */
export function needDescriptors(count: number, whose: string): void {
  const limit = descriptorLimit();
  if (limit === null || limit >= count) return;
  throw new Error(
    `${whose} needs about ${count} open files and sockets, and may have ${limit}: raise it (ulimit -Hn ${count}, or LimitNOFILE of the service)`,
  );
}

interface Asked {
  readonly ask: number;
  readonly message: unknown;
}

interface Answered {
  readonly to: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process of the run that answers questions. */
export class Helper {
  private readonly child: ChildProcess;
  private readonly open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private next = 0;
  private ended: Error | null = null;

  constructor(program: string, nodeOptions: readonly string[] = []) {
    this.child = fork(program, [], { execArgv: [...nodeOptions] });
    this.child.on('message', ({ to, result, error }: Answered) => {
      const asked = this.open.get(to);
      this.open.delete(to);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(error));
    });
    this.child.on('exit', (code, signal) => {
      this.ended = new Error(`${program} ended with ${code ?? signal}`);
      for (const { reject } of this.open.values()) reject(this.ended);
      this.open.clear();
    });
  }

  async ask<Result>(message: unknown): Promise<Result> {
    if (this.ended !== null) throw this.ended;
    const ask = this.next++;
    return new Promise<Result>((resolve, reject) => {
      this.open.set(ask, { resolve: (result) => resolve(result as Result), reject });
      this.child.send({ ask, message } satisfies Asked);
    });
  }

  async end(): Promise<void> {
    if (this.ended !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }
}

/** Answers the questions of the process that started this one, and ends with it. */
export function answering<Message>(answer: (message: Message) => Promise<unknown>, close: () => Promise<void>): void {
  process.on('message', ({ ask, message }: Asked) => {
    answer(message as Message).then(
      (result) => process.send?.({ to: ask, result } satisfies Answered),
      (error: unknown) => process.send?.({ to: ask, error: String(error) } satisfies Answered),
    );
  });
  process.on('disconnect', () => void close().finally(() => process.exit()));
}
