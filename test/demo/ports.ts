/** Ports for the things that the demo starts. */

/** How far a taken port may move. */
const ATTEMPTS = 50;

/**
 * Starts something on `wanted`, or on the next port that is free.
 *
 * @param wanted 0: any free one.
 * @param say is told when the port had to move.
 * @throws the error of `start` when it has another reason than a taken port, or no port was free.
 */
export async function onFreePort<T>(
  what: string,
  wanted: number,
  start: (port: number) => Promise<T>,
  say: (line: string) => void,
): Promise<T> {
  for (let port = wanted; ; port++) {
    try {
      const started = await start(port);
      if (port !== wanted) say(`Port ${wanted} is taken: ${what} is on ${port}`);
      return started;
    } catch (error) {
      const isTaken = ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isTaken || wanted === 0 || port >= wanted + ATTEMPTS || port >= 65_535) throw error;
    }
  }
}
