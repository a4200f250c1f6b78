/** Connections of the command port, against small servers that do as they are told. */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../lib/clock';
import { ClosedError } from '../../lib/errors';
import { MAX_QUEUED_REQUESTS } from '../../lib/settings';
import { SIMULATOR_PASSWORD } from '../../lib/simulator';
import { CommandPort, type CommandPortOptions, type TraceEntry } from '../../lib/transport/command-port';
import { codeOf, errorOf, hikvisionClient, openSockets, turns } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { fixture } from '../support/fixtures';
import { portUrl } from '../support/hsp-links';
import { hspSimulator } from '../support/hsp-simulators';
import { tcpServer, type Running } from '../support/servers';
import { cut, push, reply, request } from '../support/wire';

const ASK = request({ command: 0x020500 });
const ANSWER = reply(1, 'six u32 of a time, or so');
const ask = (): Buffer => ASK;

function portTo(server: Running, options: Partial<CommandPortOptions> & { clock?: Clock } = {}): CommandPort {
  return new CommandPort({
    host: '127.0.0.1',
    port: server.port,
    place: 'the device',
    trust: null,
    clock: systemClock,
    ...options,
  });
}

/** Answers every request with these pieces, one after another. */
function answering(pieces: readonly Buffer[], then: 'end' | 'keep' | 'reset' = 'end'): Promise<Running> {
  return tcpServer((socket) => {
    socket.once('data', () => void write(socket, pieces, then));
  });
}

async function write(socket: Socket, pieces: readonly Buffer[], then: 'end' | 'keep' | 'reset'): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (then === 'end') socket.end();
  else if (then === 'reset') socket.resetAndDestroy();
}

describe('an exchange', () => {
  it('is one connection, one request and one reply, and we close', async () => {
    const seen: Buffer[] = [];
    let ended = 0;
    const server = await tcpServer((socket) => {
      socket.on('data', (chunk) => {
        seen.push(chunk);
        socket.write(ANSWER);
      });
      socket.on('close', () => ended++);
    });
    const port = portTo(server);
    expect(await port.exchange(ask)).toEqual(ANSWER);
    expect(await port.exchange(ask)).toEqual(ANSWER);
    await turns();
    expect(seen).toEqual([ASK, ASK]);
    expect(ended).toBe(2);
    expect(port.openConnections).toBe(0);
  });

  it('is told from which address it goes out', async () => {
    const server = await answering([ANSWER]);
    const told: string[] = [];
    await portTo(server).exchange((clientIp) => {
      told.push(clientIp);
      return ASK;
    });
    expect(told).toEqual(['127.0.0.1']);
  });

  it('takes an answer wherever it is cut, and leaves what follows', async () => {
    for (const places of [[1], [4], [7, 16], [1, 2, 3, 4, 5, 6, 7, 8], [ANSWER.length]]) {
      const server = await answering(cut(Buffer.concat([ANSWER, ANSWER]), places));
      expect(await portTo(server).exchange(ask)).toEqual(ANSWER);
    }
  });

  it.each([
    ['a length of 0', [Buffer.alloc(16)], 'HIK_PROTOCOL'],
    ['a length of 3', [Buffer.from('0000000300000000', 'hex')], 'HIK_PROTOCOL'],
    ['a length of 2 GB', [Buffer.from('80000000000000000000000000000000', 'hex')], 'HIK_PROTOCOL'],
    ['an HTTP answer', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'HIK_PROTOCOL'],
    ['an answer that breaks off', [ANSWER.subarray(0, 20)], 'HIK_CONNECTION_LOST'],
    ['no answer', [], 'HIK_CONNECTION_LOST'],
  ])('with %s', async (_name, pieces, code) => {
    const port = portTo(await answering(pieces));
    expect(await codeOf(port.exchange(ask))).toBe(code);
    expect(port.openConnections).toBe(0);
  });

  it('that is reset in the middle', async () => {
    const port = portTo(await answering([ANSWER.subarray(0, 9)], 'reset'));
    expect(await codeOf(port.exchange(ask))).toBe('HIK_CONNECTION_LOST');
  });

  it('that nobody takes', async () => {
    const server = await answering([]);
    expect(await codeOf(portTo({ ...server, port: 1 }).exchange(ask))).toBe('HIK_UNREACHABLE');
  });

  it('names what was tried and where', async () => {
    const error = await errorOf(portTo(await answering([])).exchange(ask, { operation: 'config.getTime' }));
    expect(error.message).toMatch(/^config\.getTime on the device: /);
  });

  it('whose request cannot be made leaves no connection', async () => {
    const server = await answering([ANSWER]);
    const port = portTo(server);
    await expect(
      port.exchange(() => {
        throw new RangeError('no such request');
      }),
    ).rejects.toThrow('no such request');
    expect(port.openConnections).toBe(0);
  });
});

describe('patience', () => {
  it('ends with a device that says nothing', async () => {
    const clock = new FakeClock();
    const port = portTo(await tcpServer((socket) => socket.resume()), { clock });
    const waiting = codeOf(port.exchange(ask));
    await turns();
    await clock.advance(9_999);
    await turns();
    expect(port.openConnections).toBe(1);
    await clock.advance(2);
    expect(await waiting).toBe('HIK_TIMEOUT');
    expect(port.openConnections).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is as long as the command says', async () => {
    const clock = new FakeClock();
    const port = portTo(await tcpServer((socket) => socket.resume()), { clock });
    const waiting = codeOf(port.exchange(ask, { timeoutMs: 50 }));
    await turns();
    await clock.advance(51);
    expect(await waiting).toBe('HIK_TIMEOUT');
  });

  it('begins anew with every byte of an answer', async () => {
    const clock = new FakeClock();
    const server = await tcpServer((socket) => {
      socket.once('data', () => {
        for (let at = 0; at < ANSWER.length; at++)
          clock.after(at * 9_000, () => socket.write(ANSWER.subarray(at, at + 1)));
      });
    });
    const answer = portTo(server, { clock }).exchange(ask);
    for (let at = 0; at <= ANSWER.length; at++) {
      await turns(3);
      await clock.advance(9_000);
    }
    expect(await answer).toEqual(ANSWER);
    expect(clock.pending).toBe(0);
  });
});

describe('turns', () => {
  it('are four at a time, or as many as are set', async () => {
    for (const connections of [undefined, 1, 2]) {
      let now = 0;
      let most = 0;
      const server = await tcpServer((socket) => {
        most = Math.max(most, ++now);
        socket.once('data', () => setTimeout(() => socket.write(ANSWER), 2));
        socket.on('close', () => now--);
      });
      const port = portTo(server, connections === undefined ? {} : { connections });
      await Promise.all(Array.from({ length: 12 }, () => port.exchange(ask)));
      // One that we have closed may still be open at the other end.
      expect(most).toBeLessThanOrEqual(2 * (connections ?? 4));
      expect(port.openConnections).toBe(0);
    }
  });

  it('of a client never open more than that', async () => {
    const device = await hspSimulator();
    const client = hikvisionClient({ url: portUrl(device) });
    await Promise.all(Array.from({ length: 20 }, () => client.call('config.getTime')));
    expect(device.hspPeakConnections).toBeLessThanOrEqual(8);
  });

  it('are refused when too many wait, and given up by whoever asked', async () => {
    const port = portTo(await tcpServer((socket) => socket.resume()));
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const waiting = Array.from({ length: 4 + MAX_QUEUED_REQUESTS }, () =>
      codeOf(port.exchange(ask, { signal: stop.signal })),
    );
    expect(await codeOf(port.exchange(ask))).toBe('HIK_BUSY');
    stop.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['HIK_CLOSED']));
    expect(port.openConnections).toBe(0);
    expect(await codeOf(port.exchange(ask, { signal: stop.signal }))).toBe('HIK_CLOSED');
  });

  it('go on after one that was given up', async () => {
    const server = await tcpServer((socket) => {
      socket.once('data', () => setTimeout(() => socket.write(ANSWER), 5));
    });
    const port = portTo(server, { connections: 1 });
    const stop = new AbortController();
    const first = port.exchange(ask);
    const second = codeOf(port.exchange(ask, { signal: stop.signal }));
    const third = port.exchange(ask);
    stop.abort(new ClosedError('enough'));
    expect(await second).toBe('HIK_CLOSED');
    expect(await first).toEqual(ANSWER);
    expect(await third).toEqual(ANSWER);
  });
});

describe('several requests on one connection', () => {
  it('are answered one after another', async () => {
    let connections = 0;
    const server = await tcpServer((socket) => {
      connections++;
      socket.on('data', () => socket.write(reply(1, String(connections))));
    });
    const answers = await portTo(server).converse(async (each) => [await each(ask), await each(ask)]);
    expect(answers).toEqual([reply(1, '1'), reply(1, '1')]);
    expect(connections).toBe(1);
  });

  it('answered by many frames, to the last', async () => {
    const frames = [push(25), push(27, 'first'), push(27, 'second'), push(26)];
    const server = await answering(cut(Buffer.concat(frames), [3, 9, 30]));
    const seen: Buffer[] = [];
    const onFrame = (frame: Buffer): boolean => {
      seen.push(Buffer.from(frame));
      return frame.readUInt32BE(4) === 26;
    };
    await portTo(server).collect(ask, onFrame, { minBytes: 8 });
    expect(seen).toEqual(frames);
  });

  it('that break off', async () => {
    const server = await answering([push(25), push(27, 'first')]);
    const port = portTo(server);
    expect(await codeOf(port.collect(ask, () => false, { minBytes: 8 }))).toBe('HIK_CONNECTION_LOST');
    expect(port.openConnections).toBe(0);
  });
});

describe('a channel', () => {
  const frames = [push(2), push(104, Buffer.alloc(100)), push(2)];

  async function channelTo(server: Running, clock: Clock = systemClock) {
    const port = portTo(server, { clock });
    const { first, channel } = await port.channel(ask, { minBytes: 8 });
    const seen: Buffer[] = [];
    const ends: string[] = [];
    const listen = () =>
      channel.listen({
        onFrame: (bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end))),
        onEnd: (error) => ends.push((error as { code?: string }).code ?? error.message),
      });
    return { port, first, channel, seen, ends, listen };
  }

  it('hands over every frame, also those before anybody listened', async () => {
    const server = await answering([Buffer.concat([reply(1), ...frames.slice(0, 2)]), ...frames.slice(2)], 'keep');
    const { first, seen, ends, listen, channel, port } = await channelTo(server);
    expect(first).toEqual(reply(1));
    await turns();
    listen();
    await turns();
    expect(seen).toEqual(frames);
    expect(ends).toEqual([]);
    channel.close();
    channel.close();
    await turns();
    expect(ends).toEqual([]);
    expect(port.openConnections).toBe(0);
  });

  it('does not count among the commands', async () => {
    const server = await tcpServer((socket) => socket.on('data', () => socket.write(ANSWER)));
    const port = portTo(server, { connections: 1 });
    const { channel } = await port.channel(ask);
    channel.listen({ onFrame: () => undefined, onEnd: () => undefined });
    expect(await port.exchange(ask)).toEqual(ANSWER);
    channel.close();
  });

  it.each([
    ['ended', [reply(1)], 'end' as const, 'HIK_CONNECTION_LOST'],
    ['reset', [reply(1)], 'reset' as const, 'HIK_CONNECTION_LOST'],
    ['out of step', [reply(1), Buffer.alloc(8)], 'keep' as const, 'HIK_PROTOCOL'],
  ])('that is %s says so once', async (_name, pieces, then, code) => {
    const { ends, listen, port } = await channelTo(await answering(pieces, then));
    listen();
    await turns();
    expect(ends).toEqual([code]);
    expect(port.openConnections).toBe(0);
  });

  it('that was lost before anybody listened says so to whoever comes', async () => {
    const { ends, listen } = await channelTo(await answering([reply(1)], 'end'));
    await turns();
    listen();
    expect(ends).toEqual(['HIK_CONNECTION_LOST']);
  });

  it('may be silent for as long as it likes', async () => {
    const clock = new FakeClock();
    const { ends, listen, channel } = await channelTo(await answering([reply(1)], 'keep'), clock);
    listen();
    await clock.advance(3_600_000);
    expect(ends).toEqual([]);
    channel.close();
    expect(clock.pending).toBe(0);
  });
});

describe('the end', () => {
  it('leaves no socket and no timer, whatever was under way', async () => {
    const clock = new FakeClock();
    await turns();
    const before = openSockets();
    const server = await tcpServer((socket) => socket.resume());
    const port = portTo(server, { clock });
    const waiting = Array.from({ length: 10 }, () => codeOf(port.exchange(ask)));
    await turns();
    port.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['HIK_CLOSED']));
    expect(await codeOf(port.exchange(ask))).toBe('HIK_CLOSED');
    await turns();
    expect(clock.pending).toBe(0);
    expect(openSockets()).toBeLessThanOrEqual(before);
    expect(server.sockets.size).toBe(0);
  });
});

describe('a trace', () => {
  it('sees what is sent and received, by connection', async () => {
    const entries: TraceEntry[] = [];
    const port = portTo(await answering([ANSWER]), {
      trace: ({ frame, ...entry }) => entries.push({ ...entry, frame: Buffer.from(frame) }),
    });
    await port.exchange(ask);
    await port.exchange(ask);
    expect(entries).toEqual(
      [1, 2].flatMap((connection) => [
        { connection, direction: 'sent', frame: ASK },
        { connection, direction: 'received', frame: ANSWER },
      ]),
    );
  });
});

describe('over TLS', () => {
  const tls = { key: fixture('tls/self-signed.key').toString(), cert: fixture('tls/self-signed.crt').toString() };

  it('the certificate is judged as for HTTPS', async () => {
    const device = await hspSimulator('camera', { tls });
    const url = portUrl(device, 'hsps');
    const refused = await errorOf(hikvisionClient({ url }).call('config.getTime'));
    expect(refused.code).toBe('HIK_CERTIFICATE');
    const { fingerprint } = refused as { fingerprint?: string };
    expect(fingerprint).toMatch(/^[0-9A-F:]{95}$/);
    expect(device.hspLogins).toBe(0);
    const trusting = hikvisionClient({ url }, { tls: { fingerprint: fingerprint ?? '' } });
    expect(await codeOf(trusting.call('config.getTime'))).toBe('fine');
    expect(await codeOf(hikvisionClient({ url }, { tls: { acceptAny: true } }).call('config.deviceInfo'))).toBe('fine');
  });

  it('a port without TLS is said to be one', async () => {
    const device = await hspSimulator();
    const error = await errorOf(
      hikvisionClient({ url: portUrl(device, 'hsps') }, { tls: { acceptAny: true } }).call('config.getTime'),
    );
    expect(error.code).toBe('HIK_UNREACHABLE');
    expect(error.message).not.toContain(SIMULATOR_PASSWORD);
  });
});
