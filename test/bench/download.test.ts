import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { benchDownload } from './download';

// The other programs of this bench are run as they were built.
const built = join(__dirname, '../../dist/test/bench/download.js');

describe('the bench of downloads', () => {
  it('runs, and takes little memory', async () => {
    expect(existsSync(built)).toBe(true);
    const { benchDownload: bench } = (await import(built)) as { benchDownload: typeof benchDownload };
    const { rate, memory } = await bench(1, 64 * 1_024 * 1_024);
    expect(rate.ours).toBeGreaterThan(0);
    if (rate.peer === null) expect(rate.peerName).toBe('curl is not installed');
    else expect(rate.ours / rate.peer).toBeGreaterThan(0.2);
    expect(memory.ours).toBeLessThan(32 * 1_024);
  });
});
