/**
 * Finds devices on the networks of this machine by SADP: one question through each IPv4 interface, to the group and as a broadcast,
 * asked again a few times because datagrams get lost. Nothing of a device is changed.
 */
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { sleep, type Clock } from '../clock';
import { parseSadp, SADP_GROUP, SADP_PORT, sadpInquiry, type FoundDevice } from '../codec/sadp';
import { DISCOVERY_ASK_INTERVAL_MS, DISCOVERY_MAX_DEVICES, DISCOVERY_MS } from '../settings';

export type { FoundDevice } from '../codec/sadp';

export interface Found extends FoundDevice {
  /** Where its words came from; a device whose own address is wrong is still reached there within one network. */
  readonly from: string;
  /** Of our interface that heard it. */
  readonly via: string | null;
}

/** One interface through which is asked. */
export interface AskedInterface {
  readonly name: string;
  readonly address: string;
  /** Its broadcast address; null for none. */
  readonly broadcast: string | null;
}

export interface DiscoveryOptions {
  readonly clock: Clock;
  /** How long answers are waited for; 5 s when not given. */
  readonly forMs?: number;
  readonly signal?: AbortSignal;
  /** Is told each device once, as soon as it is heard, and again when it says something new. */
  readonly onFound?: (found: Found) => void;
  /** What could not be done, for people: an interface that takes no question, a port that another program holds. */
  readonly onTrouble?: (message: string) => void;
  /** Those of this machine when not given. */
  readonly interfaces?: readonly AskedInterface[];
  /** Where is asked, instead of the group and the broadcast addresses; for tests, and for networks that are routed. */
  readonly targets?: readonly string[];
  /** Port that is asked; 37020 when not given. */
  readonly port?: number;
  /** Port that is listened at, as devices answer to the group; the same one when not given. */
  readonly listenPort?: number;
  /** False: only listens, to devices that say `hello`. */
  readonly asks?: boolean;
}

/** Listens and asks. @returns every device that was heard, in the order of their addresses. Leaves no socket and no timer. */
export async function discover(options: DiscoveryOptions): Promise<Found[]> {
  const { clock, signal, onFound, onTrouble = () => undefined, port = SADP_PORT } = options;
  const found = new Map<string, Found>();
  const sockets: Socket[] = [];
  // Somebody who names addresses leaves the way there to the system.
  const interfaces = options.interfaces ?? (options.targets === undefined ? askedInterfaces() : [ANY_INTERFACE]);

  const heard = (datagram: Buffer, from: string, via: string | null): void => {
    const message = parseSadp(datagram);
    if (message === null) return;
    const { device } = message;
    const key = device.mac ?? device.serial ?? from;
    const known = found.get(key);
    if (known === undefined && found.size >= DISCOVERY_MAX_DEVICES) return;
    const now: Found = { ...device, from, via: via ?? known?.via ?? null };
    if (known !== undefined && JSON.stringify({ ...known, via: '' }) === JSON.stringify({ ...now, via: '' })) return;
    found.set(key, now);
    onFound?.(now);
  };

  /** @returns null when the port, or the address, is not to be had. */
  const opened = (bindPort: number, address: string | undefined, via: string | null): Promise<Socket | null> =>
    new Promise((resolve) => {
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      socket.once('error', (error) => {
        socket.close();
        onTrouble(`${address ?? 'any address'}, UDP port ${bindPort}: ${error.message}`);
        resolve(null);
      });
      socket.bind({ port: bindPort, ...(address === undefined ? {} : { address }) }, () => {
        socket.removeAllListeners('error');
        // A network that goes away while we listen: the others go on.
        socket.on('error', (error) => onTrouble(error.message));
        socket.on('message', (datagram, { address: from }) => heard(datagram, from, via));
        sockets.push(socket);
        resolve(socket);
      });
    });

  try {
    // Answers come to the group, or straight back to the port that asked; both are heard.
    const listener = await opened(options.listenPort ?? port, undefined, null);
    const askers: { socket: Socket; to: readonly string[]; name: string }[] = [];
    for (const { name, address, broadcast } of interfaces) {
      try {
        if (options.targets === undefined) listener?.addMembership(SADP_GROUP, address);
      } catch (error) {
        onTrouble(`${name}: cannot join the group (${(error as Error).message})`);
      }
      if (options.asks === false) continue;
      const socket = await opened(0, address, name);
      if (socket === null) continue;
      try {
        socket.setBroadcast(true);
        if (options.targets === undefined) socket.setMulticastInterface(address);
        socket.setMulticastTTL(4);
      } catch (error) {
        onTrouble(`${name}: ${(error as Error).message}`);
      }
      askers.push({ socket, name, to: options.targets ?? [SADP_GROUP, ...(broadcast === null ? [] : [broadcast])] });
    }
    const question = sadpInquiry(randomUUID());
    const untilMs = clock.monotonic() + (options.forMs ?? DISCOVERY_MS);
    for (let round = 0; signal?.aborted !== true; round++) {
      for (const { socket, to, name } of round < ASK_ROUNDS ? askers : []) {
        for (const target of to) {
          socket.send(question, port, target, (error) => {
            if (error !== null) onTrouble(`${name}: ${target} cannot be asked (${error.message})`);
          });
        }
      }
      const leftMs = untilMs - clock.monotonic();
      if (leftMs <= 0) break;
      try {
        await sleep(clock, round < ASK_ROUNDS ? Math.min(leftMs, DISCOVERY_ASK_INTERVAL_MS) : leftMs, signal);
      } catch {
        break; // given up: what was heard until now is the answer
      }
    }
  } finally {
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }
  return [...found.values()].sort((a, b) => addressOrder(a) - addressOrder(b));
}

const ANY_INTERFACE: AskedInterface = { name: 'any', address: '0.0.0.0', broadcast: null };

/** How often the question is sent. */
const ASK_ROUNDS = 3;

/** Every IPv4 interface that leads somewhere. */
function askedInterfaces(): AskedInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address, netmask }) => ({ name, address, broadcast: broadcastOf(address, netmask) })),
  );
}

function broadcastOf(address: string, netmask: string): string | null {
  const [ip, mask] = [address, netmask].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const octets = ip.map((octet, at) => (octet | (~(mask[at] ?? 255) & 255)) & 255);
  const broadcast = octets.join('.');
  return broadcast === address ? null : broadcast;
}

function addressOrder({ ipv4, from }: Found): number {
  return (ipv4 ?? from).split('.').reduce((sum, octet) => sum * 256 + (Number(octet) || 0), 0);
}
