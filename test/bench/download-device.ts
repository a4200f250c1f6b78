/** A recorder with large recordings, in a process of its own: both sides of a comparison then have a whole core for themselves. */
import { builtInDevice, Simulator } from '../../lib/simulator';

async function main(): Promise<void> {
  const device = builtInDevice('nvr', { recordingBytes: Number(process.argv[2]) });
  const simulator = await Simulator.start({ device });
  process.stdout.write(`${JSON.stringify({ http: simulator.httpPort })}\n`);
  // It ends with the one that started it.
  process.stdin.resume().on('end', () => void simulator.close());
}

void main();
