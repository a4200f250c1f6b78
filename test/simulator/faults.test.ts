import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES, isFaultName, type SimulatorOptions } from '../../lib/simulator';
import { until } from '../support/digest-client';
import { FakeClock } from '../support/fake-clock';
import { clientOf, simulator } from '../support/simulators';

const INFO = '/ISAPI/System/deviceInfo';

async function started(options: Omit<SimulatorOptions, 'device' | 'clock'> = {}) {
  const clock = new FakeClock();
  const running = await simulator('camera', { clock, ...options });
  return { clock, running, client: clientOf(running) };
}

const code = (error: unknown) => (error as NodeJS.ErrnoException).code;

describe('faults', () => {
  it('have the names of the command line', () => {
    expect(FAULT_NAMES).toEqual([
      'silent-stream',
      'half-open',
      'slow-body',
      'garbage-part',
      'refused',
      'reboot',
      'wrong-content-length',
      'locked',
      'http-closed',
      'hsp-closed',
      'hsp-split',
      'hsp-joined',
      'hsp-wrong-checksum',
      'hsp-short-ack',
      'hsp-length-0',
      'hsp-length-3',
      'hsp-length-2g',
      'hsp-silence',
      'hsp-reset',
    ]);
    expect(isFaultName('refused')).toBe(true);
    expect(isFaultName('toString')).toBe(false);
  });

  it('silent-stream: the stream says nothing, requests are answered', async () => {
    const { clock, running, client } = await started();
    const incoming = await client.stream();
    running.setFault('silent-stream');
    running.sendEvent({ eventType: 'VMD' });
    await clock.advance(60_000);
    expect((await client.get(INFO)).status).toBe(200);
    expect(incoming.text).toBe('');
    expect(incoming.isOver).toBe(false);
    running.setFault(null);
    await clock.advance(10_000);
    await until(() => incoming.text.includes('videoloss'), 'the heartbeat is back');
  });

  it('half-open: nothing is answered, nothing is ended', async () => {
    const { clock, running, client } = await started();
    await client.get(INFO);
    const incoming = await client.stream();
    running.setFault('half-open');
    let answered = false;
    const waiting = client.raw('GET', INFO).then(
      () => (answered = true),
      () => undefined,
    );
    const fresh = clientOf(running);
    const waitingToo = fresh.raw('GET', INFO).then(
      () => (answered = true),
      () => undefined,
    );
    await until(() => running.log.filter(({ status }) => status === 0).length === 2, 'both are heard');
    running.sendEvent({ eventType: 'VMD' });
    await clock.advance(300_000);
    expect(answered).toBe(false);
    expect(incoming.text).toBe('');
    expect(incoming.isOver).toBe(false);
    expect(running.openConnections).toBe(3);
    await running.close();
    await Promise.all([waiting, waitingToo]);
  });

  it('slow-body: the second half comes 30 s late', async () => {
    const { clock, running, client } = await started();
    const whole = await client.get(INFO);
    running.setFault('slow-body');
    const incoming = await client.stream(INFO);
    await until(() => incoming.bytes.length === whole.body.length >> 1, 'the first half');
    await clock.advance(29_999);
    expect(incoming.isOver).toBe(false);
    await clock.advance(1);
    await until(() => incoming.isOver, 'the second half');
    expect(incoming.bytes.equals(whole.body)).toBe(true);
  });

  it('slow-body: nothing is left when the client does not wait', async () => {
    const { clock, running, client } = await started();
    await client.get(INFO);
    running.setFault('slow-body');
    const incoming = await client.stream(INFO);
    await until(() => incoming.bytes.length > 0, 'the first half');
    incoming.message.destroy();
    client.close();
    await until(() => running.openConnections === 0, 'the connections end');
    expect(clock.pending).toBe(0);
  });

  it('garbage-part: before each part, one without sense', async () => {
    const { running, client } = await started();
    const incoming = await client.stream();
    running.setFault('garbage-part');
    running.sendEvent({ eventType: 'VMD' });
    await until(() => incoming.text.includes('</EventNotificationAlert>'), 'the part');
    expect(incoming.text.match(/--boundary\r\n/g)).toHaveLength(2);
    expect(incoming.bytes.includes(Buffer.from([0x00, 0x91, 0xfe, 0x3c]))).toBe(true);
  });

  it('wrong-content-length: too large, then too small, the document whole', async () => {
    const { running, client } = await started();
    const incoming = await client.stream();
    running.sendEvent({ eventType: 'VMD' });
    running.setFault('wrong-content-length');
    running.sendEvent({ eventType: 'VMD' });
    running.sendEvent({ eventType: 'VMD' });
    await until(() => incoming.text.split('</EventNotificationAlert>').length === 4, 'three parts');
    const lengths = [...incoming.text.matchAll(/Content-Length: (\d+)/g)].map((match) => Number(match[1]));
    const [right = 0, second = 0, third = 0] = lengths;
    expect([second, third].sort((a, b) => a - b)).toEqual([right - 53, right + 37]);
  });

  for (const fault of ['garbage-part', 'wrong-content-length'] as const) {
    it(`${fault}: does the same to a replay`, async () => {
      const bytes = Buffer.from('--b\r\nContent-Length: 100\r\n\r\n<a/>\r\n--b\r\nContent-Length: 100\r\n\r\n<a/>\r\n');
      const { running, client } = await started({ stream: { bytes, speed: Infinity }, heartbeatMs: 0 });
      running.setFault(fault);
      const incoming = await client.stream();
      await until(() => incoming.text.split('<a/>').length === 3, 'two parts');
      const lengths = [...incoming.text.matchAll(/Content-Length: (\d+)/g)].map((match) => Number(match[1]));
      expect(lengths).toEqual(fault === 'garbage-part' ? [64, 100, 64, 100] : [137, 47]);
    });
  }

  it('refused: cut, refused, and back on the same port', async () => {
    const { running, client } = await started();
    const incoming = await client.stream();
    const { httpPort } = running;
    running.setFault('refused');
    await until(() => incoming.isOver, 'the stream is cut');
    expect(running.streams).toBe(0);
    await expect(clientOf(running).get(INFO)).rejects.toSatisfy((error) => code(error) === 'ECONNREFUSED');
    running.setFault(null);
    await until(() => running.isListening, 'it listens');
    expect(running.httpPort).toBe(httpPort);
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });

  it('refused: comes back although it was told so twice in one turn', async () => {
    const { running } = await started();
    for (const fault of ['refused', null, 'refused', null] as const) running.setFault(fault);
    await until(() => running.isListening, 'it listens');
    expect((await clientOf(running).get(INFO)).status).toBe(200);
    for (const fault of ['refused', null, 'refused'] as const) running.setFault(fault);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running.isListening).toBe(false);
  });

  it('reboot: away, busy, well; nonces, locks and the up time are gone', async () => {
    const { clock, running, client } = await started({ lock: { attempts: 1, lockMs: 3_600_000 } });
    await clock.advance(50_000);
    expect((await client.get('/ISAPI/System/status')).text).toContain('<deviceUpTime>50</deviceUpTime>');
    await clientOf(running, { username: 'admin', password: 'wrong' }).get(INFO);
    expect((await clientOf(running).get(INFO)).status).toBe(401);
    running.setFault('reboot');
    await clock.advance(19_999);
    await expect(clientOf(running).get(INFO)).rejects.toSatisfy((error) => code(error) === 'ECONNREFUSED');
    await clock.advance(1);
    await until(() => running.isListening, 'it listens');
    const busy = await clientOf(running).raw('GET', INFO);
    expect([busy.status, busy.text.includes('deviceBusy')]).toEqual([503, true]);
    await clock.advance(5_000);
    const status = await client.get('/ISAPI/System/status');
    expect(status.text).toContain('<deviceUpTime>5</deviceUpTime>');
    expect(running.authFailures).toBe(2);
  });

  it('reboot: happens when the command is given', async () => {
    const { clock, running, client } = await started({ rebootMs: 1_000 });
    expect((await client.put('/ISAPI/System/reboot')).text).toContain('<subStatusCode>ok</subStatusCode>');
    await until(() => !running.isListening, 'it goes');
    await clock.advance(6_000);
    await until(() => running.isListening, 'it comes back');
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });

  it('locked: 401 to everything, with the time, for the lock time', async () => {
    const { clock, running, client } = await started({ lock: { attempts: 5, lockMs: 60_000 } });
    await client.get(INFO);
    running.setFault('locked');
    const reply = await client.get(INFO);
    expect(reply.status).toBe(401);
    expect(reply.text).toContain('<lockStatus>lock</lockStatus>');
    expect(reply.text).toContain('<unlockTime>60</unlockTime>');
    await clock.advance(60_000);
    expect((await clientOf(running).get(INFO)).status).toBe(200);
    running.setFault('locked');
    running.setFault(null);
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });

  it('one follows another, and all of them can be ended', async () => {
    const { running } = await started();
    for (const fault of FAULT_NAMES) running.setFault(fault);
    for (const fault of FAULT_NAMES) {
      running.setFault(fault);
      running.setFault(null);
    }
    await until(() => running.isListening, 'it listens');
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });

  it('a port that was taken meanwhile is taken again as soon as it is free', async () => {
    const { clock, running } = await started();
    running.setFault('refused');
    const { createServer } = await import('node:net');
    const squatter = createServer().listen(running.httpPort, '127.0.0.1');
    await new Promise((resolve) => squatter.on('listening', resolve));
    running.setFault(null);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running.isListening).toBe(false);
    await new Promise((resolve) => squatter.close(resolve));
    await clock.advance(100);
    await until(() => running.isListening, 'it listens');
  });
});

describe('dropped connections', () => {
  it('are cut at once, new ones are taken', async () => {
    const { running, client } = await started();
    const incoming = await client.stream();
    const socket = connect(running.httpPort, '127.0.0.1');
    socket.on('error', () => undefined);
    await until(() => running.openConnections === 3, 'all are there');
    running.dropConnections();
    await until(() => incoming.isOver && socket.destroyed, 'all are cut');
    expect((await clientOf(running).get(INFO)).status).toBe(200);
  });
});
