import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Library from '../../lib/index';
import { planReplay } from '../../lib/simulator/replay';
import type { EventPayload } from '../../nodes/shared/message';
import { capturesFolder } from '../support/captures';
import { FakeClock } from '../support/fake-clock';
import { collect, deviceNode, helper, loadFlow, node, nodeRed, simulate, sink, tab, until } from '../support/flow';

const shared = vi.hoisted(() => ({
  clock: undefined as Library.Clock | undefined,
  clients: [] as Library.HikvisionClient[],
}));

// The nodes run on the system clock; a capture of 20 minutes is replayed on one that the test moves.
vi.mock('../../lib/index', async (original) => {
  const actual = await original<typeof Library>();
  const { HikvisionClient } = actual;
  return {
    ...actual,
    HikvisionClient: function (options: Library.ClientOptions) {
      const client = new HikvisionClient(shared.clock === undefined ? options : { ...options, clock: shared.clock });
      shared.clients.push(client);
      return client;
    },
  };
});

const captures = capturesFolder();

afterEach(() => helper.unload());

describe(`a captured recorder on ${nodeRed}`, () => {
  it.skipIf(captures === undefined)(
    captures === undefined
      ? 'SKIPPED: ../shared/fixtures/streams/NVR-a.bin is not there'
      : 'becomes node messages: 35 motions on 8 channels, 2 line crossings, 1 intrusion, 1 video loss',
    async () => {
      const bytes = readFileSync(join(captures ?? '', 'streams', 'NVR-a.bin'));
      const first = /<dateTime>([^<]*)/.exec(bytes.toString('latin1', 0, 4_096))?.[1] ?? '';
      const clock = new FakeClock(Date.parse(first));
      shared.clock = clock;
      const recorder = await simulate('nvr', { clock, heartbeatMs: 0, stream: { bytes, speed: 1 } });
      const events = node('events', 'hsp-event-in', { outputs: 2, pictures: false }, ['starts'], ['ends']);
      await loadFlow([tab, deviceNode(recorder), events, sink('starts'), sink('ends')]);
      const starts = collect('starts');
      const ends = collect('ends');
      const received = () => shared.clients.at(-1)?.counters.parts ?? 0;

      // The clock goes on when everything that was due has arrived.
      const pieces = planReplay(bytes);
      await until('the first parts', () => received() > 0);
      let sent = 0;
      for (let nowMs = 0; sent < pieces.length; nowMs += 500) {
        while ((pieces[sent]?.atMs ?? Infinity) <= nowMs) sent++;
        // The last part is complete only with what would follow it.
        await until(`${sent} parts`, () => received() >= Math.min(sent, pieces.length - 1));
        if (sent < pieces.length) await clock.advance(500);
      }

      const kinds = (messages: NodeMessage[]) => {
        const counts: Record<string, number> = {};
        for (const { payload } of messages) {
          const { kind } = payload as EventPayload;
          counts[kind] = (counts[kind] ?? 0) + 1;
        }
        return counts;
      };
      expect(kinds(starts)).toEqual({ motion: 35, lineCrossing: 2, intrusion: 1, videoLoss: 1 });
      const motions = starts.filter(({ payload }) => (payload as EventPayload).kind === 'motion');
      expect(new Set(motions.map(({ payload }) => (payload as EventPayload).channel)).size).toBe(8);
      expect(motions[0]?.topic).toMatch(/^Cam\/\d+\/motion$/);
      // What still ran when the capture broke off has no end.
      expect(ends.length).toBeLessThan(starts.length);
      expect(ends.every(({ payload }) => (payload as EventPayload).state === 'end')).toBe(true);
      await helper.unload();
      await recorder.close();
    },
    60_000,
  );
});
