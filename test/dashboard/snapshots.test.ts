import { describe, expect, it } from 'vitest';
import { Snapshots, type SnapshotsParts } from '../../lib/dashboard/snapshots';
import { DeviceBusyError, RefusedError } from '../../lib/errors';
import { FakeClock, settle } from '../support/fake-clock';

interface Asked {
  readonly what: string;
  answer(data: Buffer | Error): Promise<void>;
}

function snapshots(maxBytes?: number) {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  const take: SnapshotsParts['take'] = (device, channel, stream) =>
    new Promise((resolve, reject) =>
      asked.push({
        what: `${device}/${channel}/${stream}`,
        answer: async (data) => {
          if (data instanceof Error) reject(data);
          else resolve(data);
          await settle();
        },
      }),
    );
  return { clock, asked, shots: new Snapshots({ clock, take, ...(maxBytes === undefined ? {} : { maxBytes }) }) };
}

const picture = Buffer.alloc(100);
const what = (asked: readonly Asked[]) => asked.map((each) => each.what);

describe('snapshots', () => {
  it('are taken once however many ask, and not again before their time', async () => {
    const { clock, asked, shots } = snapshots();
    const both = [shots.get(0, 1, 'small'), shots.get(0, 1, 'small')];
    await settle();
    await asked[0]?.answer(picture);
    const shot = { data: picture, takenAtMs: clock.now() };
    expect(await Promise.all(both)).toEqual([shot, shot]);
    await clock.advance(3_999);
    expect(await shots.get(0, 1, 'small')).toEqual(shot);
    expect(what(asked)).toEqual(['0/1/sub']);
    await clock.advance(1);
    void shots.get(0, 1, 'small');
    await settle();
    expect(what(asked)).toEqual(['0/1/sub', '0/1/sub']);
  });

  it('are asked of one device one after another, and of several at the same time', async () => {
    const { asked, shots } = snapshots();
    for (const channel of [1, 2, 3]) void shots.get(0, channel, 'full');
    void shots.get(1, 1, 'full');
    await settle();
    expect(what(asked)).toEqual(['0/1/main', '1/1/main']);
    await asked[0]?.answer(picture);
    expect(what(asked)).toEqual(['0/1/main', '1/1/main', '0/2/main']);
    await asked[2]?.answer(new DeviceBusyError('no time'));
    expect(what(asked).at(-1)).toBe('0/3/main');
  });

  it('come from the main stream where the other has none, from then on', async () => {
    const { clock, asked, shots } = snapshots();
    const shot = shots.get(0, 1, 'small');
    await settle();
    await asked[0]?.answer(new RefusedError('not of this stream'));
    await asked[1]?.answer(picture);
    expect(await shot).toMatchObject({ data: picture });
    await clock.advance(5_000);
    void shots.get(0, 1, 'small');
    await settle();
    expect(what(asked)).toEqual(['0/1/sub', '0/1/main', '0/1/main']);
  });

  it('that fail say why, and leave the device alone for longer', async () => {
    const { clock, asked, shots } = snapshots();
    const shot = shots.get(0, 1, 'full');
    await settle();
    await asked[0]?.answer(new DeviceBusyError('busy'));
    expect(await shot).toEqual({ reason: 'busy' });
    await clock.advance(29_999);
    expect(await shots.get(0, 1, 'full')).toEqual({ reason: 'busy' });
    await clock.advance(1);
    void shots.get(0, 1, 'full');
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('are kept up to their bytes; those that nobody asked for go first', async () => {
    const { asked, shots } = snapshots(250);
    for (const channel of [1, 2]) {
      void shots.get(0, channel, 'full');
      await settle();
      await asked.at(-1)?.answer(picture);
    }
    await shots.get(0, 1, 'full');
    void shots.get(0, 3, 'full');
    await settle();
    await asked.at(-1)?.answer(picture);
    await shots.get(0, 1, 'full');
    expect(asked).toHaveLength(3);
    void shots.get(0, 2, 'full');
    await settle();
    expect(what(asked).at(-1)).toBe('0/2/main');
  });

  it('leave no timer, and nothing kept after the end', async () => {
    const { clock, asked, shots } = snapshots();
    const shot = shots.get(0, 1, 'full');
    await settle();
    shots.close();
    await asked[0]?.answer(new RefusedError('closed'));
    expect(await shot).toEqual({ reason: 'closed' });
    expect(clock.pending).toBe(0);
  });
});
