/**
 * Input that is small and cheap to send, but was once read again and again. Each took from twenty seconds to minutes; the bound is far
 * above what they take now, and is of the processor's time, so that a loaded machine does not matter.
 */
import { describe, expect, it } from 'vitest';
import { MultipartReader } from '../../lib/codec/multipart';
import { fieldsOfBytes } from '../../lib/events/fields';

const MAX_MS = 6_000;
const TEST_MS = 120_000;
const WHOLE_BYTES = 1_000_000;
const BYTE_BY_BYTE = 300_000;

function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const part = (header: string, body = '') => `--b\r\n${header}\r\n\r\n${body}`;
const XML = 'Content-Type: application/xml';
const JPEG = 'Content-Type: image/jpeg';
const known = part(XML, '<a></a>\r\n');

describe('a stream of parts in one piece', () => {
  it.each([
    ['documents that are cut off', '<a>\r\n--b\r\n\r\n'],
    ['documents with a tag that is cut off', '<a\r\n--b\r\n\r\n'],
    ['documents with a comment that is cut off', '<!-- \r\n--b\r\n\r\n'],
    ['pictures that are cut off', `${part(JPEG, '\xff\xd8xx')}\r\n`],
    ['pictures that promise more than comes', `${part(`${JPEG}\r\nContent-Length: 9999999`, '\xff\xd8xx')}\r\n`],
    ['pictures that promise a little too much', `${part(`${JPEG}\r\nContent-Length: 200000`, '\xff\xd8xx')}\r\n`],
  ])('of %s', { timeout: TEST_MS }, (_name, piece) => {
    const bytes = Buffer.from(known + piece.repeat(WHOLE_BYTES / piece.length), 'latin1');
    let parts = 0;
    const ms = processorMs(() => {
      const reader = new MultipartReader();
      parts = reader.push(bytes).length + reader.finish().length;
    });
    expect(parts).toBeGreaterThan(1_000);
    expect(ms).toBeLessThan(MAX_MS);
  });

  it('of what could be delimiters before any is known', { timeout: TEST_MS }, () => {
    const bytes = Buffer.from(`${'x'.repeat(20_000)}${'\n--\u0001'.repeat(WHOLE_BYTES)}`);
    const reader = new MultipartReader();
    expect(processorMs(() => reader.push(bytes))).toBeLessThan(MAX_MS);
    expect(reader.skippedBytes).toBeGreaterThan(WHOLE_BYTES);
  });
});

describe('a stream of parts byte by byte', () => {
  it.each([
    ['blanks behind the length of an XML document', part(`${XML}\r\nContent-Length: 3`, '<a>'), ' '],
    ['blanks behind the length of a JSON document', part('Content-Length: 1', '{'), ' '],
    ['blanks behind a delimiter in a picture', part(JPEG, '\xff\xd8x\r\n--b'), ' '],
    [
      'blanks behind one in a picture with a length',
      part(`${JPEG}\r\nContent-Length: 9999999`, '\xff\xd8x\r\n--b'),
      ' ',
    ],
    ['blanks behind a comment', part(XML, `<!--${'x'.repeat(BYTE_BY_BYTE * 2)}-->`), ' '],
  ])('with %s', { timeout: TEST_MS }, (_name, start, byte) => {
    const reader = new MultipartReader();
    reader.push(Buffer.from(known + start, 'latin1'));
    const one = Buffer.from(byte);
    const ms = processorMs(() => {
      for (let count = 0; count < BYTE_BY_BYTE; count++) reader.push(one);
    });
    expect(reader.pendingBytes).toBeGreaterThan(0);
    expect(ms).toBeLessThan(MAX_MS);
  });
});

describe('an event', () => {
  it.each([
    ['elements with children', '<b><c></c></b>'],
    ['elements with children and attributes', '<b x="1"><c>1</c></b>'],
    ['lists that are read', '<EventTriggerNotificationList><c>1</c></EventTriggerNotificationList>'],
    ['regions', '<DetectionRegionList><c><d>1</d></c></DetectionRegionList>'],
  ])('of many %s', { timeout: TEST_MS }, (_name, element) => {
    const many = element.repeat(WHOLE_BYTES / element.length);
    const body = Buffer.from(`<EventNotificationAlert>${many}<eventType>VMD</eventType></EventNotificationAlert>`);
    let type: string | null = null;
    const ms = processorMs(() => (type = fieldsOfBytes(body)?.eventType ?? null));
    expect(type).toBe('VMD');
    expect(ms).toBeLessThan(MAX_MS);
  });
});
