import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { shardFrom, shardOf } from '../../lib/publisher/shard';

const keys = Array.from({ length: 3_000 }, (_, index) => `http://192.0.2.${index % 250}:${8000 + index}`);

describe('shards', () => {
  it('give each bridge its fair share', () => {
    for (const count of [2, 3, 7]) {
      const sizes = new Array<number>(count).fill(0);
      for (const key of keys) sizes[shardOf(key, count)] = (sizes[shardOf(key, count)] ?? 0) + 1;
      for (const size of sizes) {
        assert.ok(Math.abs(size - keys.length / count) < 0.15 * (keys.length / count), `${size} of ${count}`);
      }
    }
  });

  it('move only the devices that the new bridge takes', () => {
    const moved = keys.filter((key) => shardOf(key, 4) !== shardOf(key, 5));
    assert.ok(moved.every((key) => shardOf(key, 5) === 4));
    assert.ok(moved.length > keys.length / 7 && moved.length < keys.length / 4, String(moved.length));
  });

  it('are read from i/n', () => {
    assert.deepEqual(shardFrom('2/3'), { index: 2, count: 3 });
    for (const text of ['3/3', '1', '-1/3', 'a/b', '0/0', '']) assert.equal(shardFrom(text), null, text);
  });
});
