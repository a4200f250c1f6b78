import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandList, ERROR_CODES, EVENT_KIND_NAMES, type DeviceInfo } from '../../lib/index';
import { connectionStatus, progressText, remarkTexts, StatusLine, type StatusText } from '../../nodes/shared/status';
import { FakeClock } from '../support/fake-clock';

const translate = (key: string, values: Record<string, string | number> = {}) =>
  `${key.replace('common.', '')}${Object.values(values).length > 0 ? `(${Object.values(values).join()})` : ''}`;

describe('the status of a connection', () => {
  const show = (state: Parameters<typeof connectionStatus>[0]) => {
    const { fill, shape, text } = connectionStatus(state, 0, translate);
    return `${fill} ${shape} ${text}`;
  };

  it('tells the real state', () => {
    expect(show({ state: 'idle' })).toBe('grey ring status.disconnected');
    expect(show({ state: 'connecting' })).toBe('yellow ring status.connecting');
    const connected = { state: 'connected', device: {} as DeviceInfo, sinceMs: 0, stream: 'failed', ways: [] } as const;
    expect(show(connected)).toBe('green dot status.connected');
    expect(connectionStatus(connected, 0, translate, { wantsEvents: true })).toMatchObject({
      fill: 'yellow',
      shape: 'dot',
    });
    const lost = { state: 'lost', reason: 'in full', code: 'HIK_UNREACHABLE', retryAtMs: 0 } as const;
    expect(show(lost)).toBe('red ring status.lost(reason.HIK_UNREACHABLE)');
    const refused = { state: 'refused', reason: 'in full', code: 'HIK_AUTHENTICATION' } as const;
    expect(show(refused)).toBe('red ring status.refused(reason.HIK_AUTHENTICATION)');
    expect(show({ state: 'misconfigured', reason: 'no host' })).toBe('red ring no host');
  });

  it('tells that events come by polling only, to those who wait for events', () => {
    const partial = { state: 'connected', device: {} as DeviceInfo, sinceMs: 0, stream: 'partial', ways: [] } as const;
    expect(show(partial)).toBe('green dot status.connected');
    const waiting = connectionStatus(partial, 0, translate, { wantsEvents: true });
    expect(waiting).toEqual({ fill: 'yellow', shape: 'dot', text: 'status.pollingOnly' });
  });

  it('counts what was dropped, and says nothing where nothing was', () => {
    const none = { droppedMessages: 0, evictedEvents: 0, pushProblem: null, isDialIn: false };
    expect(remarkTexts(none, translate)).toEqual([]);
    const all = { droppedMessages: 2_000, evictedEvents: 1, pushProblem: 'EADDRINUSE', isDialIn: true };
    expect(remarkTexts(all, translate)).toEqual([
      'status.dialIn',
      'status.noPush(EADDRINUSE)',
      'status.dropped(2,000)',
      'status.evicted(1)',
    ]);
  });

  it('says how long a lock lasts, in minutes and at the end in seconds', () => {
    const locked = (unlockAtMs: number) => show({ state: 'locked', reason: '', code: 'HIK_LOCKED', unlockAtMs });
    expect(locked(1_795_000)).toContain('remaining.minutes(30)');
    expect(locked(60_000)).toContain('remaining.seconds(60)');
    expect(locked(500)).toContain('remaining.seconds(1)');
    expect(locked(-5)).toContain('remaining.seconds(0)');
  });
});

describe('the status line of a node', () => {
  const line = () => {
    const clock = new FakeClock();
    const shown: string[] = [];
    const show = (status: StatusText) => void shown.push(status.text);
    return { clock, shown, line: new StatusLine(show, translate, clock) };
  };

  it('counts a lock down and stops at the end', async () => {
    const { clock, shown, line: status } = line();
    status.setConnection({ state: 'locked', reason: '', code: 'HIK_LOCKED', unlockAtMs: clock.now() + 3_000 });
    await clock.advance(10_000);
    expect(shown.map((text) => /seconds\((\d)\)/.exec(text)?.[1])).toEqual(['3', '2', '1', '0']);
    expect(clock.pending).toBe(0);
  });

  it('shows what the node says for a while, then the connection again', async () => {
    const { clock, shown, line: status } = line();
    status.setConnection({ state: 'connecting' });
    status.setCover({ fill: 'green', shape: 'dot', text: 'done' }, 5_000);
    status.setConnection({ state: 'lost', reason: '', code: 'HIK_TIMEOUT', retryAtMs: 0 });
    await clock.advance(5_000);
    expect(shown).toEqual(['status.connecting', 'done', 'status.lost(reason.HIK_TIMEOUT)']);
  });

  it('leaves no timer and shows nothing after close', () => {
    const { clock, shown, line: status } = line();
    status.setConnection({ state: 'locked', reason: '', code: 'HIK_LOCKED', unlockAtMs: clock.now() + 60_000 });
    status.setCover({ fill: 'blue', shape: 'dot', text: 'x' }, 1_000);
    const before = shown.length;
    status.close();
    status.setConnection({ state: 'idle' });
    status.setCover({ fill: 'blue', shape: 'dot', text: 'y' }, 1_000);
    expect(shown).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });
});

describe('the locale', () => {
  it('has a text for every error code, kind of event and family of commands', () => {
    const texts = (name: string, ...keys: string[]) => {
      const file = readFileSync(resolve(__dirname, '../../nodes', name, 'locale.json'), 'utf8');
      return keys.reduce<object>(
        (part, key) => (part as Record<string, object>)[key] ?? {},
        JSON.parse(file) as object,
      );
    };
    expect(Object.keys(texts('shared', 'common', 'reason')).sort()).toEqual(
      [...Object.keys(ERROR_CODES), 'other'].sort(),
    );
    expect(Object.keys(texts('event-in', 'hsp-event-in', 'kind'))).toEqual([...EVENT_KIND_NAMES]);
    const families = new Set(commandList().map(({ family }) => family));
    expect(new Set(Object.keys(texts('command', 'hsp-command', 'family')))).toEqual(families);
  });
});

describe('the progress of a command', () => {
  it('is shown at most twice a second, and not twice the same', async () => {
    const clock = new FakeClock();
    const shown: string[] = [];
    const tell = progressText((text) => void shown.push(text), clock);
    for (let step = 0; step <= 20; step++) {
      tell(step / 20);
      await clock.advance(100);
    }
    expect(shown).toEqual(['0 %', '25 %', '50 %', '75 %', '100 %']);
    await clock.advance(1_000);
    tell(1);
    expect(shown).toHaveLength(5);
  });
});
