import { describe, expect, it } from 'vitest';
import { Gathered } from '../../lib/codec/gathered';

function gathered(chunks: readonly Buffer[]): Gathered {
  const all = new Gathered();
  for (const chunk of chunks) all.add(chunk);
  return all;
}

describe('the bytes of a body', () => {
  it('are those that came, however they were cut', () => {
    for (const size of [0, 1, 2, 4_095, 4_096, 4_097, 20_000]) {
      const body = Buffer.from(Array.from({ length: size }, (_, at) => at % 251));
      for (const step of [1, 7, 4_096, 30_000]) {
        const chunks = [];
        for (let at = 0; at < size; at += step) chunks.push(body.subarray(at, at + step));
        const all = gathered(chunks);
        expect(all.sizeBytes).toBe(size);
        expect(all.bytes.equals(body)).toBe(true);
      }
    }
  });

  it('in one piece are not copied', () => {
    const chunk = Buffer.from('whole');
    expect(gathered([chunk]).bytes).toBe(chunk);
    expect(gathered([Buffer.alloc(0), chunk]).bytes).toBe(chunk);
  });

  it('leave the chunks alone, and hold none of them', () => {
    const space = Buffer.from('abcdef');
    const all = gathered([space.subarray(0, 2), space.subarray(2, 3)]);
    all.add(Buffer.from('X'));
    expect(space.toString()).toBe('abcdef');
    expect(all.bytes.toString()).toBe('abcX');
    expect(all.bytes.buffer).not.toBe(space.buffer);
  });

  it('in pieces of one byte take memory for few of them', () => {
    const original = Buffer.allocUnsafeSlow.bind(Buffer);
    let takenBytes = 0;
    Buffer.allocUnsafeSlow = (size: number) => {
      takenBytes += size;
      return original(size);
    };
    try {
      const all = new Gathered();
      const one = Buffer.from('x');
      for (let count = 0; count < 1_000_000; count++) all.add(one);
      expect(all.sizeBytes).toBe(1_000_000);
    } finally {
      Buffer.allocUnsafeSlow = original;
    }
    expect(takenBytes).toBeLessThan(5_000_000);
  });
});
