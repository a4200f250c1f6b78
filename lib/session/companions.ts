/**
 * Further ways by which events come while a device is connected and somebody wants them: polling, or being called by the device.
 * They run beside the line on which the device tells by itself.
 */
import { PermissionError, UnsupportedError } from '../errors';
import type { Warning } from './event-pump';

/** Being called by the device: as good as a line of its own. */
export const PUSH_WAY = 'push';

export interface EventCompanion {
  /** For the state of the connection: `push`, `calls`. */
  readonly name: string;
  /** It was only tried: that the device has it not is no news. */
  readonly isTrial?: boolean;
  /**
   * Delivers until the signal ends, and waits out what passes by itself.
   *
   * @param working says whether events come by it at present.
   * @throws PermissionError or UnsupportedError where this device or user has none of it; anything else ends the connection.
   */
  run(signal: AbortSignal, working: (isWorking: boolean) => void): Promise<void>;
}

export class Companions {
  private readonly abort = new AbortController();
  private readonly working = new Set<string>();
  private readonly running: Promise<void>[] = [];

  /**
   * Starts them.
   *
   * @param onChange another set of them works now.
   * @param onFailure the connection is to end with this.
   */
  constructor(
    companions: readonly EventCompanion[],
    private readonly onChange: () => void,
    private readonly onFailure: (error: Error) => void,
    private readonly warn: (warning: Warning) => void,
  ) {
    for (const companion of companions) this.running.push(this.accompany(companion));
  }

  /** Names of those by which events come now. */
  get names(): readonly string[] {
    return [...this.working];
  }

  /** Resolves when none of them is left. */
  async stop(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.running);
  }

  private async accompany(companion: EventCompanion): Promise<void> {
    const { signal } = this.abort;
    try {
      await companion.run(signal, (isWorking) => {
        if (isWorking === this.working.has(companion.name) || signal.aborted) return;
        if (isWorking) this.working.add(companion.name);
        else this.working.delete(companion.name);
        this.onChange();
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof UnsupportedError && companion.isTrial === true) return;
      if (error instanceof PermissionError || error instanceof UnsupportedError)
        this.warn({ code: 'WAY_REFUSED', message: `no events by ${companion.name}: ${error.message}` });
      else this.onFailure(error as Error);
    } finally {
      if (this.working.delete(companion.name) && !signal.aborted) this.onChange();
    }
  }
}
