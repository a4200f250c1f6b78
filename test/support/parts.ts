/**
 * What a device writes on its alertStream, put together by hand from the published facts. Knows nothing of the reader, so that a
 * mistake in the reader cannot hide here.
 */

export interface PartOptions {
  /** Line of the delimiter as it stands on the wire. */
  readonly delimiter?: string;
  /** Line end of delimiter and header. */
  readonly eol?: '\r\n' | '\n';
  readonly type?: string | null;
  /** Value of Content-Length; null for none, and the size of the body unless given. */
  readonly length?: number | string | null;
  /** Further header lines. */
  readonly headers?: readonly string[];
  /** What stands between the body and the next delimiter. */
  readonly after?: string;
}

/** One part with its delimiter in front. */
export function part(body: Buffer | string, options: PartOptions = {}): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const { delimiter = '--boundary', eol = '\r\n', type = 'application/xml; charset="UTF-8"', headers = [] } = options;
  const length = options.length === undefined ? bytes.length : options.length;
  const lines = [
    delimiter,
    ...(type === null ? [] : [`Content-Type: ${type}`]),
    ...headers,
    ...(length === null ? [] : [`Content-Length: ${length}`]),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join(eol)), bytes, Buffer.from(options.after ?? eol)]);
}

/** A picture part as cameras send it, directly behind its event. */
export function picturePart(body: Buffer, options: PartOptions = {}): Buffer {
  return part(body, {
    type: 'image/jpeg',
    headers: ['Content-Disposition: form-data; name="Picture"; filename="Picture.jpg"'],
    ...options,
  });
}

/** An event document with the fields that matter; `more` goes in front of the closing tag. */
export function alert(eventType: string, count = 1, more = '', eol = '\r\n'): string {
  return [
    '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">',
    '<ipAddress>192.0.2.10</ipAddress>',
    '<channelID>1</channelID>',
    '<dateTime>2024-05-01T12:00:00+02:00</dateTime>',
    `<activePostCount>${count}</activePostCount>`,
    `<eventType>${eventType}</eventType>`,
    '<eventState>active</eventState>',
    ...(more === '' ? [] : [more]),
    '</EventNotificationAlert>',
  ].join(eol);
}

/** Bytes with the beginning and the end of a JPEG, and a given text somewhere inside. */
export function jpeg(sizeBytes: number, inside: Buffer | string = ''): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  // Every byte value occurs, line feeds and dashes too, in an order that repeats late.
  for (let at = 0; at < sizeBytes; at++) bytes[at] = (at * 167 + (at >> 8) * 13) & 0xff;
  // No end of a picture in the middle.
  for (let at = 0; at + 1 < sizeBytes; at++) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) bytes[at + 1] = 0xd8;
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]).copy(bytes);
  Buffer.from(inside).copy(bytes, Math.floor(sizeBytes / 3));
  Buffer.from([0xff, 0xd9]).copy(bytes, sizeBytes - 2);
  return bytes;
}

/** Chunks between the given positions. */
export function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const at = [...new Set(positions)]
    .filter((position) => position > 0 && position < bytes.length)
    .sort((a, b) => a - b);
  return [0, ...at].map((from, index) => Buffer.from(bytes.subarray(from, at[index] ?? bytes.length)));
}

/** Chunks of one size. Each has memory of its own, as they come from a socket. */
export function cutEvery(bytes: Buffer, sizeBytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += sizeBytes) chunks.push(Buffer.from(bytes.subarray(at, at + sizeBytes)));
  return chunks;
}
