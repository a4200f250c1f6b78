import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { Framer } from '../../../lib/codec/framer';
import { ProtocolError } from '../../../lib/errors';
import { hex } from '../../support/hex';
import { alarmV30, be32, cut, join, push, reply, request, zeros } from '../../support/wire';

const frames = [
  push(2),
  alarmV30({ type: 3, channels: [1] }),
  reply(1, zeros(300)),
  push(25),
  request({ command: 0x117000, body: zeros(50) }),
  reply(30),
  alarmV30({ type: 2, channels: [1, 128] }),
];
const stream = Buffer.concat(frames);

function failsAt(act: () => unknown, offset: number): void {
  assert.throws(act, (error) => error instanceof ProtocolError && error.offset === offset);
}

describe('Framer', () => {
  it('finds the same frames wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (places) => {
        const framer = new Framer();
        assert.deepEqual(
          cut(stream, places).flatMap((chunk) => framer.push(chunk)),
          frames,
        );
        assert.equal(framer.pendingBytes, 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds them byte by byte, with empty chunks between', () => {
    const framer = new Framer();
    const seen = [...stream].flatMap((byte) => [...framer.push(Buffer.alloc(0)), ...framer.push(Buffer.from([byte]))]);
    assert.deepEqual(seen, frames);
  });

  it('does not copy a frame that lies inside one chunk', () => {
    const seen = new Framer().push(stream);
    assert.ok(seen.every((frame) => frame.buffer === stream.buffer));
  });

  it('says where a frame lies, without making a Buffer', () => {
    const places: [number, number][] = [];
    new Framer().read(stream, (bytes, start, end) => {
      assert.equal(bytes, stream);
      places.push([start, end]);
    });
    assert.deepEqual(places.slice(0, 2), [
      [0, 8],
      [8, 116],
    ]);
  });

  it('says how much of a frame is waiting', () => {
    const framer = new Framer();
    framer.push(stream.subarray(0, 10));
    assert.equal(framer.pendingBytes, 2);
    framer.push(stream.subarray(10, 100));
    assert.equal(framer.pendingBytes, 92);
  });

  for (const length of [0, 3, 7, 2 ** 31, 2 ** 32 - 1]) {
    it(`refuses the length ${length}, with the place in the stream`, () => {
      const lie = join(be32(length), zeros(8));
      const whole = Buffer.concat([stream, lie]);
      for (const places of [[], [4], [stream.length], [stream.length + 1], [stream.length + 3, stream.length + 4]]) {
        const framer = new Framer();
        const seen: Buffer[] = [];
        failsAt(() => {
          for (const chunk of cut(whole, places)) {
            framer.read(chunk, (bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end))));
          }
        }, stream.length);
        assert.deepEqual(seen, frames);
        failsAt(() => framer.push(stream), stream.length);
      }
    });
  }

  it('takes its bounds from whoever knows what can come', () => {
    failsAt(() => new Framer({ minBytes: 16 }).push(push(2)), 0);
    failsAt(() => new Framer({ maxBytes: 100 }).push(alarmV30({ type: 3 })), 0);
    assert.equal(new Framer({ minBytes: 16, maxBytes: 16 }).push(reply(1)).length, 1);
  });

  it('takes memory for what has arrived, not for what is promised', () => {
    const framer = new Framer();
    const before = process.memoryUsage().arrayBuffers;
    framer.push(join(be32(16 * 1024 * 1024), zeros(1000)));
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
    assert.equal(framer.pendingBytes, 1004);
  });

  it('puts a large frame together in linear time', () => {
    const timed = (sizeBytes: number): number => {
      const frame = reply(1, zeros(sizeBytes));
      const framer = new Framer();
      const begin = performance.now();
      let seen = 0;
      for (let at = 0; at < frame.length; at += 100) seen += framer.push(frame.subarray(at, at + 100)).length;
      assert.equal(seen, 1);
      return performance.now() - begin;
    };
    timed(100_000);
    // Quadratic time would take minutes for 8 MB in pieces of 100 bytes.
    assert.ok(timed(8_000_000) < 5_000);
  });

  it('reads the published acknowledgement, cut anywhere', () => {
    const bytes = hex('0000000800000019 000000080000001a');
    for (let place = 0; place <= bytes.length; place++) {
      const framer = new Framer();
      assert.equal(cut(bytes, [place]).flatMap((chunk) => framer.push(chunk)).length, 2);
    }
  });
});
