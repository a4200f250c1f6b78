import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, it } from 'vitest';
import { filesIn } from '../../lib/publisher/files';
import { Journal, type JournalOptions } from '../../lib/publisher/journal';
import { JOURNAL_MEMORY_EVENTS, JOURNAL_RETRY_MS } from '../../lib/settings';
import { FakeClock } from '../support/fake-clock';
import { MemoryFiles } from '../support/memory-files';

let places = 0;
const open: Journal[] = [];

afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
});

async function journalIn(
  files: JournalOptions['files'],
  options: Partial<JournalOptions> = {},
): Promise<{ journal: Journal; clock: FakeClock }> {
  const clock = new FakeClock();
  const journal = await Journal.open({ files, place: `test ${places++}`, clock, ...options });
  open.push(journal);
  return { journal, clock };
}

const body = (text: string | number) => Buffer.from(`event ${text}`);

/** Takes everything there is, and leaves it undone. */
async function takeAll(journal: Journal): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const entry = journal.take();
    if (entry !== null) taken.push(entry.body.toString());
    else if (journal.needsLoad) await journal.load();
    else return taken;
  }
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `event ${from + index}`);

describe('the journal', () => {
  it('hands events out in order, and again those that were not done', async () => {
    const { journal } = await journalIn(new MemoryFiles());
    for (let index = 0; index < 5; index++) journal.append(body(index));
    const first = journal.take();
    const second = journal.take();
    assert.ok(first !== null && second !== null);
    journal.done(first);
    journal.rewind();
    assert.deepEqual(await takeAll(journal), numbered(1, 5));
    assert.equal(journal.queued, 4);
  });

  it('keeps events over the end of the process, without those that are done', async () => {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files);
    for (let index = 0; index < 100; index++) journal.append(body(index));
    for (let index = 0; index < 40; index++) journal.done(journal.take() ?? assert.fail('nothing to take'));
    await journal.close();
    assert.ok(!files.files.has('lock'));
    const { journal: again } = await journalIn(files);
    assert.deepEqual(await takeAll(again), numbered(40, 100));
  });

  it('hands out nothing newer while older events are being read, and counts them', async () => {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files);
    for (let index = 0; index < 10; index++) journal.append(body(index));
    await journal.close();
    const { journal: again } = await journalIn(files);
    again.append(body(10));
    const loading = again.load();
    assert.equal(again.queued, 11);
    assert.equal(again.take(), null);
    assert.ok(again.needsLoad);
    // A position that is saved now must not call done what is being read.
    const flushed = again.flush();
    const copied = flushed.then(() => files.copy());
    await loading;
    assert.deepEqual(await takeAll(again), numbered(0, 11));
    const { journal: third } = await journalIn(await copied);
    assert.deepEqual(await takeAll(third), numbered(0, 11));
  });

  it('keeps what a killed process had written, and repeats at most what was done since the last position', async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await journalIn(files);
    for (let index = 0; index < 50; index++) journal.append(body(index));
    await journal.written();
    for (let index = 0; index < 10; index++) journal.done(journal.take() ?? assert.fail('nothing to take'));
    await clock.advance(200);
    for (let index = 0; index < 10; index++) journal.done(journal.take() ?? assert.fail('nothing to take'));
    const { journal: again } = await journalIn(files.copy());
    assert.deepEqual(await takeAll(again), numbered(10, 50));
  });

  it('leaves no files of events behind that are done', async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await journalIn(files, { segmentBytes: 1_000 });
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 20; index++) journal.append(body(index), [Buffer.alloc(100)]);
      await journal.written();
      for (let index = 0; index < 20; index++) journal.done(journal.take() ?? assert.fail('nothing to take'));
      await clock.advance(200);
    }
    assert.ok(files.segments('e').length <= 1, files.segments('e').join());
    assert.ok(files.segments('p').length <= 1, files.segments('p').join());
    await journal.close();
    assert.deepEqual([...files.files.keys()], ['position']);
  });

  it('needs no sync for what the broker has by then', async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await journalIn(files);
    journal.append(body(1));
    await journal.written();
    journal.done(journal.take() ?? assert.fail('nothing to take'));
    await clock.advance(1_000);
    assert.equal(files.syncs, 0);
    journal.append(body(2));
    await clock.advance(1_000);
    assert.ok(files.syncs >= 1);
    assert.ok(![...files.unsynced].some((name) => name.startsWith('e-')));
  });

  it('reads a long queue back from disk, piece by piece', async () => {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files, { segmentBytes: 50_000 });
    const count = JOURNAL_MEMORY_EVENTS * 2;
    for (let index = 0; index < count; index++) {
      journal.append(body(index));
      if (index % 500 === 0) await journal.written();
    }
    await journal.written();
    journal.append(body(count));
    assert.ok(journal.needsLoad);
    assert.deepEqual(await takeAll(journal), numbered(0, count + 1));
  });

  it('works on a real disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hsp-journal-'));
    try {
      const { journal } = await journalIn(filesIn(join(folder, 'j')), { segmentBytes: 2_000 });
      for (let index = 0; index < 500; index++)
        journal.append(body(index), index % 10 === 0 ? [Buffer.alloc(50, index)] : []);
      for (let index = 0; index < 100; index++) journal.done(journal.take() ?? assert.fail('nothing to take'));
      await journal.close();
      const { journal: again } = await journalIn(filesIn(join(folder, 'j')));
      while (again.needsLoad) await again.load();
      const entry = again.take();
      assert.equal(entry?.body.toString(), 'event 100');
      assert.deepEqual(await again.picturesOf(entry ?? assert.fail()), [Buffer.alloc(50, 100)]);
      again.rewind();
      assert.deepEqual(await takeAll(again), numbered(100, 500));
      await again.close();
      assert.ok(readdirSync(join(folder, 'j')).includes('position'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('damage', () => {
  async function written(count: number, segmentBytes?: number): Promise<MemoryFiles> {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files, segmentBytes === undefined ? {} : { segmentBytes });
    for (let index = 0; index < count; index++) {
      journal.append(body(index));
      if (segmentBytes !== undefined) await journal.written();
    }
    await journal.written();
    return files.copy();
  }

  it('at the end is a record that was cut off: it is taken away without a word', async () => {
    for (let cut = 1; cut < 34; cut++) {
      const files = await written(3);
      const [name = ''] = files.segments('e');
      const bytes = files.files.get(name) ?? assert.fail();
      files.files.set(name, bytes.subarray(0, bytes.length - cut));
      const { journal } = await journalIn(files);
      assert.equal(journal.status.damagedPlaces, 0, `${cut} bytes cut off`);
      assert.deepEqual(await takeAll(journal), numbered(0, 2));
      journal.append(body('new'));
      await journal.written();
      const { journal: again } = await journalIn(files.copy());
      assert.deepEqual(await takeAll(again), [...numbered(0, 2), 'event new']);
    }
  });

  it('in the middle is skipped and counted, and costs no other event', async () => {
    const files = await written(9);
    const [name = ''] = files.segments('e');
    const bytes = files.files.get(name) ?? assert.fail();
    bytes[bytes.indexOf('event 4') + 2] = 0;
    const { journal } = await journalIn(files);
    assert.deepEqual(await takeAll(journal), [...numbered(0, 4), ...numbered(5, 9)]);
    assert.equal(journal.status.damagedPlaces, 1);
    assert.equal(journal.status.skippedBytes, 26 + 'event 4'.length);
  });

  it('of a header, or of the position, loses nothing', async () => {
    const files = await written(5);
    const [name = ''] = files.segments('e');
    files.files.get(name)?.fill(0, 0, 8);
    files.files.set('position', Buffer.from('nonsense'));
    const { journal } = await journalIn(files);
    assert.deepEqual(await takeAll(journal), numbered(0, 5));
  });

  it('of any kind never keeps the journal from opening, and what is read is what was written', async () => {
    const sound = await written(12, 200);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (hits) => {
          const files = sound.copy();
          const names = [...files.segments('e'), 'position', 'lock'];
          for (const [file, offset, value] of hits) {
            const bytes = files.files.get(names[file % names.length] ?? '');
            if (bytes !== undefined && bytes.length > 0) bytes[offset % bytes.length] = value;
          }
          const { journal } = await journalIn(files);
          const taken = await takeAll(journal);
          const expected = numbered(0, 12);
          let last = -1;
          for (const text of taken) {
            const index = expected.indexOf(text);
            assert.ok(index > last, `${text} after ${last}`);
            last = index;
          }
          await journal.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a file of a later version is set aside under another name', async () => {
    const files = await written(3);
    const [name = ''] = files.segments('e');
    files.files.get(name)?.writeUInt16BE(99, 4);
    const { journal } = await journalIn(files);
    assert.equal(journal.status.newerFiles, 1);
    assert.equal(journal.queued, 0);
    assert.ok(files.files.has(`${name}.newer`));
  });

  it('that appears while it is read is counted as a dropped event', async () => {
    const files = await written(3);
    const { journal } = await journalIn(files);
    files.failReads = 'EIO';
    assert.deepEqual(await takeAll(journal), []);
    assert.equal(journal.status.droppedEvents, 3);
    assert.equal(journal.status.queuedBytes, 0);
  });
});

describe('bounds', () => {
  it('drop the oldest events above the number, and count them over a restart', async () => {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files, { maxEvents: 10 });
    for (let index = 0; index < 25; index++) journal.append(body(index));
    assert.equal(journal.status.queued, 10);
    assert.equal(journal.status.droppedEvents, 15);
    await journal.close();
    const { journal: again } = await journalIn(files, { maxEvents: 10 });
    assert.equal(again.status.droppedEvents, 15);
    assert.deepEqual(await takeAll(again), numbered(15, 25));
  });

  it('drop pictures before they drop events', async () => {
    const { journal } = await journalIn(new MemoryFiles(), { maxBytes: 1_000 });
    for (let index = 0; index < 20; index++) {
      journal.append(body(index), [Buffer.alloc(200, index)]);
      await journal.written();
    }
    const { queued, droppedEvents, droppedPictures, queuedPictures } = journal.status;
    assert.deepEqual({ queued, droppedEvents }, { queued: 20, droppedEvents: 0 });
    assert.equal(droppedPictures + queuedPictures, 20);
    assert.ok(queuedPictures >= 3 && queuedPictures <= 5, String(queuedPictures));
    const first = journal.take() ?? assert.fail();
    assert.deepEqual(await journal.picturesOf(first), [null]);
    let last = first;
    for (let next = journal.take(); next !== null; next = journal.take()) last = next;
    assert.deepEqual(await journal.picturesOf(last), [Buffer.alloc(200, 19)]);
  });

  it('drop events by their bytes when there are no pictures left', async () => {
    const { journal } = await journalIn(new MemoryFiles(), { maxBytes: 1_000 });
    for (let index = 0; index < 20; index++) journal.append(Buffer.alloc(100, index));
    assert.equal(journal.status.queued, 10);
    assert.equal(journal.status.queuedBytes, 1_000);
  });

  it('hold however events, pictures, acknowledgements and breaks follow each other, and nothing is lost that is not counted', async () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), pictures: fc.nat(2), size: fc.nat(60) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('done' as const) }),
      fc.record({ kind: fc.constant('rewind' as const) }),
      fc.record({ kind: fc.constant('written' as const) }),
      fc.record({ kind: fc.constant('reopen' as const) }),
      fc.record({ kind: fc.constant('kill' as const) }),
      fc.record({ kind: fc.constant('full' as const) }),
      fc.record({ kind: fc.constant('free' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        let files = new MemoryFiles();
        const bounds = { maxEvents: 12, maxBytes: 600, segmentBytes: 150 };
        let { journal, clock } = await journalIn(files, bounds);
        let appended = 0;
        let taken: NonNullable<ReturnType<Journal['take']>>[] = [];
        const seen = new Set<number>();
        for (const { kind, ...more } of actions) {
          if (kind === 'append') {
            const { pictures = 0, size = 0 } = more as { pictures?: number; size?: number };
            const id = Buffer.alloc(4 + size);
            id.writeUInt32BE(appended++);
            journal.append(
              id,
              Array.from({ length: pictures }, () => Buffer.alloc(50)),
            );
          } else if (kind === 'take') {
            if (journal.needsLoad) await journal.load();
            const entry = journal.take();
            if (entry !== null) {
              await journal.picturesOf(entry);
              taken.push(entry);
            }
          } else if (kind === 'done') {
            const entry = taken.shift();
            if (entry !== undefined) {
              seen.add(entry.body.readUInt32BE(0));
              journal.done(entry);
            }
          } else if (kind === 'rewind') {
            journal.rewind();
            taken = [];
          } else if (kind === 'written') await journal.written();
          else if (kind === 'full') files.failWith = 'ENOSPC';
          else if (kind === 'free') {
            files.failWith = null;
            await clock.advance(JOURNAL_RETRY_MS);
          } else {
            files.failWith = null;
            await clock.advance(JOURNAL_RETRY_MS);
            await journal.written();
            if (kind === 'reopen') await journal.close();
            else files = files.copy();
            ({ journal, clock } = await journalIn(files, bounds));
            taken = [];
          }
          const { queued, queuedBytes, queuedPictures } = journal.status;
          assert.ok(queued <= 12 + taken.length, `${queued} events wait`);
          assert.ok(queuedBytes >= 0 && queuedBytes <= 600 + 164 * taken.length, `${queuedBytes} bytes wait`);
          assert.ok(queuedPictures >= 0 && (queued > 0 || queuedPictures === 0), 'pictures of no event');
        }
        files.failWith = null;
        await clock.advance(JOURNAL_RETRY_MS);
        journal.rewind();
        for (;;) {
          if (journal.needsLoad) await journal.load();
          const entry = journal.take();
          if (entry === null) break;
          seen.add(entry.body.readUInt32BE(0));
          journal.done(entry);
        }
        assert.equal(journal.status.queuedBytes, 0);
        // A killed process may not have written down what it had dropped, so the count is a lower bound only without kills.
        if (!actions.some(({ kind }) => kind === 'kill')) {
          assert.equal(seen.size + journal.status.droppedEvents, appended);
        }
        await journal.close();
        for (const each of open.splice(0)) if (each !== journal) void each;
      }),
      { numRuns: 150 },
    );
  });
});

describe('a disk that is full', () => {
  it('leaves events in memory, says so, and gets them when there is room again', async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await journalIn(files);
    const problems: (string | null)[] = [];
    journal.onProblem = (problem) => problems.push(problem);
    journal.append(body(0));
    await journal.written();
    files.failWith = 'ENOSPC';
    for (let index = 1; index < 10; index++) journal.append(body(index));
    await journal.written();
    assert.equal(journal.status.problem, 'ENOSPC');
    assert.equal(journal.queued, 10);
    files.failWith = null;
    await clock.advance(JOURNAL_RETRY_MS);
    assert.equal(journal.status.problem, null);
    assert.deepEqual(problems, ['ENOSPC', null]);
    const { journal: again } = await journalIn(files.copy());
    assert.equal(again.status.damagedPlaces, 0);
    assert.deepEqual(await takeAll(again), numbered(0, 10));
  });

  it('leaves no more in memory than the bound, and counts what it drops', async () => {
    const files = new MemoryFiles();
    const { journal } = await journalIn(files);
    files.failWith = 'ENOSPC';
    const count = JOURNAL_MEMORY_EVENTS + 100;
    for (let index = 0; index < count; index++) {
      journal.append(body(index));
      if (index % 100 === 0) await journal.written();
    }
    await journal.written();
    assert.ok(journal.queued <= JOURNAL_MEMORY_EVENTS + 1, String(journal.queued));
    assert.equal(journal.queued + journal.status.droppedEvents, count);
    assert.equal((await takeAll(journal)).at(-1), `event ${count - 1}`);
  });

  it('loses nothing uncounted of what was on its way when the connection broke, also over the end of the process', async () => {
    const files = new MemoryFiles();
    const { journal, clock } = await journalIn(files);
    files.failWith = 'ENOSPC';
    journal.append(body(0));
    await journal.written();
    for (let index = 1; index < 5; index++) journal.append(body(index));
    for (let index = 0; index < 5; index++) assert.ok(journal.take() !== null);
    for (let index = 5; index < JOURNAL_MEMORY_EVENTS + 50; index++) journal.append(body(index));
    assert.ok(journal.status.droppedEvents > 0);
    journal.rewind();
    files.failWith = null;
    await clock.advance(JOURNAL_RETRY_MS);
    await journal.written();
    const { journal: again } = await journalIn(files.copy());
    const kept = await takeAll(again);
    assert.equal(kept.at(-1), `event ${JOURNAL_MEMORY_EVENTS + 49}`);
    assert.equal(kept.length + journal.status.droppedEvents, JOURNAL_MEMORY_EVENTS + 50);
  });

  it('from the start keeps nobody from opening', async () => {
    const files = new MemoryFiles();
    files.failWith = 'ENOSPC';
    const { journal } = await journalIn(files);
    journal.append(body(0));
    assert.equal(journal.status.problem, 'ENOSPC');
    assert.deepEqual(await takeAll(journal), ['event 0']);
  });
});

describe('one process per journal', () => {
  const self = { pid: 100, host: 'here', started: '5' };
  const processes = (alive: Record<number, string>) => ({
    self: () => self,
    startOf: (pid: number) => alive[pid] ?? null,
  });
  const lockOf = (holder: object) => {
    const files = new MemoryFiles();
    files.files.set('lock', Buffer.from(JSON.stringify(holder)));
    return files;
  };

  it('is refused while the holder lives', async () => {
    const files = lockOf({ pid: 7, host: 'here', started: '3' });
    await assert.rejects(journalIn(files, { processes: processes({ 7: '3' }) }), /in use by process 7 on here/);
  });

  it('takes over from a holder that is gone, or whose number another process has now', async () => {
    for (const alive of [{}, { 7: '4' }]) {
      const files = lockOf({ pid: 7, host: 'here', started: '3' });
      const { journal } = await journalIn(files, { processes: processes(alive) });
      assert.equal((JSON.parse(files.files.get('lock')?.toString() ?? '') as { pid: number }).pid, 100);
      await journal.close();
    }
  });

  it('takes over a lock with its own number: every process in a container is number 1', async () => {
    const { journal } = await journalIn(lockOf({ pid: 100, host: 'here', started: '2' }), {
      processes: processes({ 100: '5' }),
    });
    assert.equal(journal.queued, 0);
  });

  it('waits for the sign of life of another machine to grow old', async () => {
    const files = lockOf({ pid: 7, host: 'there', started: '3' });
    await files.touch('lock', new FakeClock().now() - 10_000);
    await assert.rejects(journalIn(files, { processes: processes({}) }), /on there/);
    await files.touch('lock', new FakeClock().now() - 60_000);
    const { journal, clock } = await journalIn(files, { processes: processes({}) });
    await clock.advance(30_000);
    assert.ok((await files.modifiedMs('lock')) >= clock.now() - 10_000);
    await journal.close();
  });

  it('is one within a process, too', async () => {
    const { journal } = await journalIn(new MemoryFiles(), { place: 'shared' });
    await assert.rejects(journalIn(new MemoryFiles(), { place: 'shared' }), /in use by this process/);
    await journal.close();
    const { journal: again } = await journalIn(new MemoryFiles(), { place: 'shared' });
    assert.equal(again.queued, 0);
  });
});
