/** A whole Node-RED with the built nodes, and a simulated camera beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDevice, Simulator } from '../../lib/simulator';
import { projectRoot, requireBuilt } from './built';
import { startRuntime, type Runtime, type RuntimeOptions } from './runtime';

export interface Whole {
  readonly runtime: Runtime;
  readonly simulator: Simulator;
  readonly userDir: string;
  close(): Promise<void>;
}

/** @throws what the build said. */
export async function startWhole(more: Pick<RuntimeOptions, 'adminAuth'> = {}): Promise<Whole> {
  requireBuilt();
  const userDir = mkdtempSync(join(tmpdir(), 'hsp-whole-'));
  const simulator = await Simulator.start({ device: builtInDevice('camera') });
  const nodeRed = process.env.NODE_RED;
  const runtime = await startRuntime({
    userDir,
    packageDir: projectRoot,
    port: 0,
    logLevel: 'off',
    ...more,
    ...(nodeRed === undefined ? {} : { nodeRed }),
  });
  return {
    runtime,
    simulator,
    userDir,
    close: async () => {
      await runtime.stop();
      await simulator.close();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}
