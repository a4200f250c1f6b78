import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../lib/codec/bytes';
import {
  array,
  bitmap,
  bits32,
  bytes,
  decode,
  decodeAt,
  encode,
  hexBytes,
  i32,
  i8,
  ipv4Reversed,
  layoutTable,
  offsetsOf,
  reserved,
  struct,
  structSize,
  text,
  u16,
  u32,
  u8,
} from '../../../lib/codec/layout';
import { ArgumentError, ProtocolError } from '../../../lib/errors';
import { hex } from '../../support/hex';

const point = struct('POINT', { x: u16('from the left', { max: 4095 }), y: i8('from the top') });
const everything = struct('EVERYTHING', {
  size: structSize(),
  byte: u8('a byte'),
  gap: reserved(1),
  short: u16('a short'),
  signed: i32('signed'),
  name: text(6, 'a name'),
  key: hexBytes(2, 'a key'),
  blob: bytes(2, 'a blob'),
  inputs: bitmap(2, 'inputs'),
  channels: bits32('channels'),
  address: ipv4Reversed('an address'),
  points: array(point, 2, 'two points'),
  last: u32('the last'),
});
const wireBytes = hex(`
  0000002a 07 ff 0102 fffffffe  | size, byte, gap (anything), short, signed
  c3bc 41 000000 beef 0a0b      | "üA", key, blob
  8101 80000001 380200c0        | bits 1, 8, 9; bits 1 and 32; 192.0.2.56
  0fff 80 0000 7f ffffffff      | points, last`);
const value = {
  size: 42,
  byte: 7,
  short: 258,
  signed: -2,
  name: 'üA',
  key: 'beef',
  blob: hex('0a0b'),
  inputs: [1, 8, 9],
  channels: [1, 32],
  address: '192.0.2.56',
  points: [
    { x: 4095, y: -128 },
    { x: 0, y: 127 },
  ],
  last: 0xffff_ffff,
};

function refusedAt(act: () => unknown, offset: number): void {
  assert.throws(act, (error) => error instanceof ProtocolError && error.offset === offset);
}

describe('layout', () => {
  it('decodes every kind of field', () => assert.deepEqual(decode(everything, wireBytes), value));

  it('encodes every kind of field, with zeros where nothing is known', () => {
    const expected = Buffer.from(wireBytes);
    expected[5] = 0;
    assert.deepEqual(encode(everything, value), expected);
  });

  it('fills in the size when it is left out', () => {
    const { size, ...rest } = value;
    assert.equal(encode(everything, rest).readUInt32BE(0), size);
  });

  it('reads the size from the high half of the word too', () => {
    const newer = Buffer.from(wireBytes);
    newer.set(hex('002a 01 00'));
    assert.equal(decode(everything, newer).size, 42);
  });

  it('keeps unknown trailing bytes, and gives them back', () => {
    const longer = Buffer.concat([hex('0001 02'), hex('aabbcc')]);
    const decoded = decode(point, longer);
    assert.deepEqual(decoded, { x: 1, y: 2, raw: hex('aabbcc') });
    assert.deepEqual(encode(point, decoded), longer);
  });

  it('has no `raw` where nothing follows', () => assert.deepEqual(decode(point, hex('0001 02')), { x: 1, y: 2 }));

  it('says in which field a cut-off structure ends, nested ones included', () => {
    for (const [length, offset] of [
      [0, 0],
      [3, 0],
      [5, 5],
      [9, 8],
      [31, 28],
      [33, 32],
      [34, 34],
      [36, 35],
      [40, 38],
    ] as const) {
      refusedAt(() => decode(everything, wireBytes.subarray(0, length)), offset);
    }
  });

  it('counts from the start of the input when it reads further in', () => {
    assert.deepEqual(decodeAt(point, hex('ffff 0001 02'), 2), { x: 1, y: 2 });
    refusedAt(() => decodeAt(point, hex('ffff 0001'), 2), 4);
  });

  it('refuses values outside the declared range', () => refusedAt(() => decode(point, hex('1000 00')), 0));

  it('names everything that cannot be encoded', () => {
    const bad = {
      ...value,
      byte: 256,
      name: 'seven77',
      key: 'xy',
      blob: hex('00'),
      inputs: [17],
      channels: [0],
      address: '256.0.0.1',
      points: [{ x: 5000, y: 1.5 }, point] as unknown as typeof value.points,
    };
    assert.throws(
      () => encode(everything, bad),
      (error) => {
        assert.ok(error instanceof ArgumentError);
        assert.deepEqual(
          error.violations.map((violation) => violation.parameter),
          ['byte', 'name', 'key', 'blob', 'inputs', 'channels', 'address']
            .map((name) => `EVERYTHING.${name}`)
            .concat(['x', 'y'].map((name) => `EVERYTHING.points[0].${name}`))
            .concat(['x', 'y'].map((name) => `EVERYTHING.points[1].${name}`)),
        );
        return true;
      },
    );
    assert.throws(() => encode(everything, { ...value, points: [] }), ArgumentError);
  });

  it('draws the table of a structure', () => {
    assert.equal(
      layoutTable(point),
      [
        '| byte | field | type | meaning |',
        '|---|---|---|---|',
        '| 0-1 | `x` | u16 | from the left (at most 4095) |',
        '| 2 | `y` | i8 | from the top |',
      ].join('\n'),
    );
    assert.match(layoutTable(everything), /\| 5 \| {2}\| zeros\[1\] \| reserved \|/);
    assert.match(layoutTable(everything), /\| 32-37 \| `points` \| 2 x POINT \| two points \|/);
  });

  it('knows where each field begins', () => assert.deepEqual(offsetsOf(point), { x: 0, y: 2 }));

  it('reads names that are not UTF-8', () => {
    const name = struct('NAME', { name: text(8, 'a name') });
    assert.equal(decode(name, hex('c7b0c3c5 00 00 00 00')).name, '前门');
  });
});

describe('ByteReader and ByteWriter', () => {
  it('read what was written', () => {
    const written = new ByteWriter(16).u8(1).u16(2).u32(3).put(hex('aabb'), 4).zeros(5).done();
    assert.deepEqual(written, hex('01 0002 00000003 aabb0000 0000000000'));
    const reader = new ByteReader(written);
    assert.deepEqual([reader.u8(), reader.u16(), reader.u32(), reader.slice(2)], [1, 2, 3, hex('aabb')]);
    reader.skip(2);
    assert.equal(reader.position, 11);
    assert.deepEqual(reader.rest(), Buffer.alloc(5));
    assert.equal(reader.remaining, 0);
  });

  it('read signed numbers', () => {
    const reader = new ByteReader(hex('ff fffffffe'));
    assert.deepEqual([reader.i8(), reader.i32()], [-1, -2]);
  });

  it('never read behind the end, or backwards', () => {
    const reader = new ByteReader(hex('0102 0304'), 1, 3);
    refusedAt(() => reader.u32(), 1);
    refusedAt(() => reader.slice(-1), 1);
    refusedAt(() => reader.slice(Number.NaN), 1);
    assert.equal(reader.u16(), 0x0203);
    refusedAt(() => reader.u8(), 3);
    assert.throws(() => new ByteReader(hex('00'), 0, 2), RangeError);
  });

  it('never write behind the end, or numbers that do not fit', () => {
    assert.throws(() => new ByteWriter(3).u32(0), RangeError);
    assert.throws(() => new ByteWriter(4).u8(256), ArgumentError);
    assert.throws(() => new ByteWriter(4).u16(-1), ArgumentError);
    assert.throws(() => new ByteWriter(4).put(hex('0102'), 1), ArgumentError);
  });
});
