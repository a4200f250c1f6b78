/** Inputs that were once too much for a reader. Each is tried again as it was. */
export interface Found {
  readonly what: string;
  readonly target: string;
  readonly input: () => Buffer;
}

/** A part byte by byte (as a blank at the beginning says) whose root element has a tag that does not end. */
const endlessTag = (begin: string) =>
  Buffer.from(` \r\n--b\r\nContent-Type: application/xml\r\n\r\n${begin}${'x'.repeat(60_000)}`);

export const FINDINGS: readonly Found[] = [
  {
    what: 'a name of the root element that does not end was read again with each byte',
    target: 'multipart',
    input: () => endlessTag('<a'),
  },
  {
    what: 'a quote in the tag of the root element that does not end was read again with each byte',
    target: 'multipart',
    input: () => endlessTag('<a b="'),
  },
];
