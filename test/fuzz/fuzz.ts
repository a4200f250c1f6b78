/** Gives a target its inputs, and judges what comes of them: only our own errors, in bounded time and memory. */
import fc from 'fast-check';
import { HikvisionError } from '../../lib/errors';
import { damaged } from './inputs';
import type { Target } from './targets';

/** Longest time of one input, of the processor's and not of the wall. Inputs have 64 KB at most and take 1 ms as a rule; 64 KB byte by byte take 0.4 s. */
const MAX_CPU_MS = 2_000;
/** Most memory that may be held while one input is read: a thousand times the largest. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

export interface Finding {
  readonly target: string;
  readonly seed: number;
  /** The smallest input that shows it, in base64. */
  readonly input: string;
  readonly problem: string;
}

export interface Fuzzed {
  readonly inputs: number;
  readonly finding: Finding | null;
  readonly slowestMs: number;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** @throws for a finding. @returns how long it took. */
async function judged({ run, allows }: Target, input: Buffer): Promise<number> {
  const heldBefore = heldBytes();
  const startedMs = cpuMs();
  try {
    await run(input);
  } catch (error) {
    const isAllowed = allows ?? ((thrown: unknown) => thrown instanceof HikvisionError);
    if (!isAllowed(error)) throw error;
  }
  const tookMs = cpuMs() - startedMs;
  const grown = heldBytes() - heldBefore;
  if (grown > MAX_GROWTH_BYTES)
    throw new Error(`it held ${Math.round(grown / 1024 / 1024)} MB for ${input.length} bytes`);
  return tookMs;
}

/**
 * A collection of garbage may fall into the time of an innocent input, so a slow one gets two more chances.
 *
 * @returns how long it took. @throws for a finding.
 */
export async function judgedFairly(target: Target, input: Buffer): Promise<number> {
  let tookMs = await judged(target, input);
  for (let attempt = 0; attempt < 2 && tookMs > MAX_CPU_MS; attempt++) {
    tookMs = Math.min(tookMs, await judged(target, input));
  }
  if (tookMs > MAX_CPU_MS) throw new Error(`it took ${Math.round(tookMs)} ms for ${input.length} bytes`);
  return tookMs;
}

/** @param count of inputs for a target whose share is 1. */
export async function fuzz(target: Target, count: number, seed: number): Promise<Fuzzed> {
  const numRuns = Math.max(1, Math.round(count * (target.share ?? 1)));
  let inputs = 0;
  let slowestMs = 0;
  const property = fc.asyncProperty(damaged(target.samples, target.words), async (input) => {
    inputs++;
    slowestMs = Math.max(slowestMs, await judgedFairly(target, input));
  });
  const details = await fc.check(property, { numRuns, seed });
  if (!details.failed) return { inputs, finding: null, slowestMs };
  const [input] = details.counterexample ?? [];
  const error = details.errorInstance;
  const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    inputs,
    slowestMs,
    finding: { target: target.name, seed, input: (input ?? Buffer.alloc(0)).toString('base64'), problem },
  };
}
