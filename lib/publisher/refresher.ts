/** Asks one device again, one question at a time and at an even pace, so that it has room for everything else. */
import type { Clock, Timer } from '../clock';
import type { Question } from '../mqtt/readings';
import { SETTINGS_PACE_MS } from '../settings';

export interface RefresherParts {
  readonly clock: Clock;
  readonly ask: (question: Question) => Promise<unknown>;
  /** What was answered; what is refused stays as it was. */
  readonly answered: (question: Question, result: unknown) => void;
}

export class Refresher {
  /** By what is asked: a question that waits is not asked twice, so there are never more than the device has readings. */
  private readonly waiting = new Map<string, Question>();
  private readonly urgent = new Map<string, Question>();
  private timer: Timer | null = null;
  private isAsking = false;
  private isClosed = false;

  constructor(private readonly given: RefresherParts) {}

  /** One after the other, when there is time. */
  later(questions: readonly Question[]): void {
    for (const question of questions) this.waiting.set(JSON.stringify(question), question);
    if (this.timer === null) void this.next();
  }

  /** Before all others: something has just changed. */
  now(questions: readonly Question[]): void {
    if (questions.length === 0) return;
    for (const question of questions) this.urgent.set(JSON.stringify(question), question);
    this.timer?.cancel();
    this.timer = null;
    void this.next();
  }

  /** The device is gone; what was to be asked is asked anew when it is there again. */
  clear(): void {
    this.waiting.clear();
    this.urgent.clear();
    this.timer?.cancel();
    this.timer = null;
  }

  close(): void {
    this.isClosed = true;
    this.clear();
  }

  private async next(): Promise<void> {
    if (this.isAsking || this.isClosed) return;
    const question = takeFirst(this.urgent) ?? takeFirst(this.waiting);
    if (question === undefined) return;
    this.isAsking = true;
    try {
      const result = await this.given.ask(question);
      if (!this.isClosed) this.given.answered(question, result);
    } catch {
      // Refused, or gone: the availability of the device says which.
    }
    this.isAsking = false;
    if (this.urgent.size > 0) await this.next();
    else if (this.waiting.size > 0 && !this.isClosed) {
      this.timer = this.given.clock.after(SETTINGS_PACE_MS, () => {
        this.timer = null;
        void this.next();
      });
    }
  }
}

function takeFirst(questions: Map<string, Question>): Question | undefined {
  for (const [key, question] of questions) {
    questions.delete(key);
    return question;
  }
  return undefined;
}
