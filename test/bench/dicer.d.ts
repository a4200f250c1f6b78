/** dicer ships no types; this is what the benchmark uses of it. */
declare module 'dicer' {
  import type { Readable, Writable } from 'node:stream';
  export default class Dicer extends Writable {
    constructor(options: { boundary: string });
    on(event: 'part', listener: (part: Readable) => void): this;
    on(event: 'finish', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}
