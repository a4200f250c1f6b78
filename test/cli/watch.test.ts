import { describe, expect, it } from 'vitest';
import { Intercom } from '../../lib/simulator/functions/intercom';
import { hsp, urlOf } from '../support/cli';
import '../support/clients';
import { until } from '../support/digest-client';
import { simulator } from '../support/simulators';

describe('hsp watch', () => {
  it('prints events as lines, notices beside them, and ends after --count', async () => {
    const device = await simulator('camera');
    const run = hsp(['watch', urlOf(device), '--count', '2']);
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent({ eventType: 'VMD', target: 'human' });
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    const { status, out, err } = await run;
    expect(status).toBe(0);
    expect(out.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { kind: 'motion', state: 'start', channel: 1, target: 'human' },
      { kind: 'motion', state: 'end', channel: 1, count: 2 },
    ]);
    expect(out.join('')).not.toContain('"raw"');
    expect(err.join('\n')).toMatch(/connecting\nconnected to .*listening/);
    await until(() => device.openConnections === 0, 'no connection is left');
  });

  it('ends after --for, fine when it was connected', async () => {
    const device = await simulator('camera');
    const run = await hsp(['watch', urlOf(device), '--for', '0.3']);
    expect([run.status, run.out]).toEqual([0, []]);
    const never = await hsp(['watch', 'http://admin:x@127.0.0.1:1', '--for', '0.3']);
    expect([never.status, never.out]).toEqual([1, []]);
    expect(never.err.join('\n')).toMatch(/lost: .*refused.*next try/);
  });

  it('--kind leaves out the rest', async () => {
    const device = await simulator('camera');
    const run = hsp(['watch', urlOf(device), '--count', '1', '--kind', 'lineCrossing', '--kind', 'intrusion']);
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent({ eventType: 'VMD' });
    device.sendEvent({ eventType: 'linedetection' });
    expect((await run).out.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['lineCrossing']);
  });

  it('--end-after sets the silence', async () => {
    const device = await simulator('nvr');
    const run = hsp(['watch', urlOf(device), '--count', '2', '--end-after', '0.2']);
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent({ eventType: 'VMD', channel: 3 });
    expect((await run).out.map((line) => (JSON.parse(line) as { inferred: boolean }).inferred)).toEqual([false, true]);
  });

  it('--ways takes only these, and the connection names them', async () => {
    const device = await simulator('doorstation');
    const run = hsp(['watch', urlOf(device), '--ways', 'poll', '--count', '1']);
    await until(() => device.log.some(({ path }) => path.includes('callStatus')), 'the first question');
    device.device.part(Intercom)?.ring(device.device);
    const { status, out, err } = await run;
    expect([status, device.log.some(({ path }) => path.includes('alertStream'))]).toEqual([0, false]);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ kind: 'doorbell', source: 'poll' });
    expect(err.join('\n')).toMatch(/listening by calls/);
    for (const list of ['telepathy', 'push', '', 'stream,']) {
      const wrong = await hsp(['watch', urlOf(device), '--ways', list]);
      expect([wrong.status, wrong.err[0]]).toEqual([2, expect.stringContaining('there are stream, subscribe')]);
    }
  });

  it('pictures are told by their size', async () => {
    const device = await simulator('camera');
    const run = hsp(['watch', urlOf(device), '--count', '1']);
    await until(() => device.streams === 1, 'the stream');
    device.sendEvent({ eventType: 'VMD', pictures: [{ data: Buffer.from('ffd8ffd9', 'hex'), name: 'a.jpg' }] });
    expect(JSON.parse((await run).out[0] ?? '')).toMatchObject({ pictures: [{ name: 'a.jpg', sizeBytes: 4 }] });
  });

  it('a wrong password or a lock ends it', async () => {
    const device = await simulator('camera');
    const wrong = await hsp(['watch', urlOf(device, 'admin', 'wrong')]);
    expect([wrong.status, wrong.out]).toEqual([1, []]);
    expect(wrong.err.join('\n')).toContain('refused: ');
    expect(device.authFailures).toBe(1);
    const locked = await simulator('camera');
    locked.setFault('locked');
    const run = await hsp(['watch', urlOf(locked)]);
    expect(run.status).toBe(1);
    expect(run.err.join('\n')).toMatch(/locked: .*until 20/);
  });

  it('Ctrl-C ends it well', async () => {
    const device = await simulator('camera');
    const stop = new AbortController();
    const run = hsp(['watch', urlOf(device)], { signal: stop.signal });
    await until(() => device.streams === 1, 'the stream');
    stop.abort();
    expect((await run).status).toBe(0);
    await until(() => device.openConnections === 0, 'no connection is left');
    expect((await hsp(['watch', urlOf(device)], { signal: stop.signal })).status).toBe(0);
  });

  it.each([
    [['watch']],
    [['watch', 'http://a', 'b']],
    [['watch', 'http://a', '--count', 'x']],
    [['watch', 'http://a', '--count', '']],
    [['watch', 'http://a', '--for', '-1']],
    [['watch', 'http://a', '--end-after', 'soon']],
    [['watch', 'http://a', '--kind', 'magic']],
    [['watch', 'http://a', '--kind', 'toString']],
  ])('%j is a matter of usage', async (args) => {
    const run = await hsp(args);
    expect([run.status, run.out]).toEqual([2, []]);
  });
});
