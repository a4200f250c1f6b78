/**
 * Round trips over the command port on this machine: a command of ours, with its auth word, checksum, turn and time-outs, against a
 * bare TCP echo of the same sizes. Both open a new connection for each command, as the protocol wants it.
 */
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { CommandSession } from '../../lib/session/command-session';
import { systemClock } from '../../lib/clock';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { CommandPort } from '../../lib/transport/command-port';
import { gateFor } from '../../lib/transport/gate';
import { median, rateOf, type Figure } from './figure';

const REQUEST_BYTES = 32;
/** A reply with the clock of the device: 16 bytes of header, six u32. */
const REPLY_BYTES = 40;
const BATCH = 50;

export async function hspRoundTrips(rounds: number): Promise<Figure> {
  const echo = await listening(
    createServer({ noDelay: true }, (socket) => {
      const answer = Buffer.alloc(REPLY_BYTES);
      let seen = 0;
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen >= REQUEST_BYTES) socket.end(answer);
      });
    }),
  );
  const device = await Simulator.start({ device: builtInDevice('camera'), hspPort: 0 });
  // The device side is the same for both: it only answers. The simulator's own work would be measured otherwise.
  const answering = await listening(replayServer(device.hspPort));
  const ours = sessionTo(answering.port);
  try {
    await ours.session.request('getTime');
    const best = { ours: [] as number[], echo: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      best.ours.push(await rateOf(async () => repeat(() => ours.session.request('getTime'))));
      best.echo.push(await rateOf(async () => repeat(() => roundTrip(echo.port))));
    }
    return {
      name: 'hsp.roundTrips',
      about: `loopback, a new connection for each command, ${REQUEST_BYTES} bytes there and ${REPLY_BYTES} back`,
      unit: 'commands/s',
      ours: median(best.ours),
      peer: median(best.echo),
      peerName: 'bare TCP echo of the same sizes, new connection each',
      floor: null,
      floorName: null,
      aimToPeer: 0.5,
    };
  } finally {
    await ours.session.close();
    echo.server.close();
    answering.server.close();
    await device.close();
  }
}

async function repeat(run: () => Promise<unknown>): Promise<number> {
  for (let count = 0; count < BATCH; count++) await run();
  return BATCH;
}

/** One connection: write, read the whole answer, close. */
function roundTrip(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let seen = 0;
    socket.once('connect', () => socket.write(Buffer.alloc(REQUEST_BYTES)));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen < REPLY_BYTES) return;
      socket.destroy();
      resolve();
    });
  });
}

function sessionTo(port: number): { session: CommandSession } {
  const host = '127.0.0.1';
  const commandPort = new CommandPort({ host, port, place: `${host}:${port}`, trust: null, clock: systemClock });
  const session = new CommandSession({
    port: commandPort,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    clock: systemClock,
    gate: gateFor(systemClock, host, port, SIMULATOR_USERNAME, SIMULATOR_PASSWORD),
    warn: () => undefined,
  });
  return { session };
}

/** Logins are passed on to the simulator; every other request gets the same ready reply, as an echo would give it. */
function replayServer(simulatorPort: number): Server {
  const answer = readyReply();
  return createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      if (first[4] !== LOGIN_INTERFACE) {
        socket.end(answer);
        return;
      }
      const device = connect({ host: '127.0.0.1', port: simulatorPort });
      device.on('error', () => socket.destroy());
      device.write(first);
      socket.pipe(device);
      device.pipe(socket);
    });
  });
}

const LOGIN_INTERFACE = 0x5a;

/** Status 1, a body of 24 bytes, and the sum over bytes 8 to the end. */
function readyReply(): Buffer {
  const frame = Buffer.alloc(REPLY_BYTES, 7);
  frame.writeUInt32BE(REPLY_BYTES, 0);
  frame.writeUInt32BE(1, 8);
  frame.fill(0, 12, 16);
  frame.writeUInt32BE(
    frame.subarray(8).reduce((sum, byte) => sum + byte, 0),
    4,
  );
  return frame;
}

async function listening(server: Server): Promise<{ server: Server; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
