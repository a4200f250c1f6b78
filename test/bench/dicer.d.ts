/** dicer ships no types, and @fastify/busboy none for the copy that it keeps; this is what the benchmark uses of both. */
declare module 'dicer' {
  import type { Readable, Writable } from 'node:stream';
  export default class Dicer extends Writable {
    constructor(options: { boundary: string });
    on(event: 'part', listener: (part: Readable) => void): this;
    on(event: 'finish', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }
}

declare module '@fastify/busboy/deps/dicer/lib/Dicer' {
  export { default } from 'dicer';
}
