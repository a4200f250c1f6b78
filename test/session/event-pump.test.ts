import { expect, it } from 'vitest';
import { toldNotice } from '../../lib/events/told';
import { EventPump } from '../../lib/session/event-pump';
import { FakeClock } from '../support/fake-clock';

it('an end does not overtake the start that still waits for the word of a way that is lost', async () => {
  const clock = new FakeClock();
  const pump = new EventPump({
    clock,
    device: () => ({ name: 'yard', host: 'yard', serial: null, model: null }),
    warn: () => undefined,
  });
  const states: string[] = [];
  pump.subscribe(({ state }) => void states.push(state));
  const [stream, push] = [pump.inlet('isapi'), pump.inlet('push')];
  stream.begin();
  push.begin();
  const motion = (active: boolean) => toldNotice({ kind: 'motion', eventType: 'VMD', channel: 1, active });
  stream.take([motion(true)]);
  expect(states).toEqual([]);
  push.end();
  stream.take([motion(false)]);
  expect(states).toEqual(['start', 'end']);
  await clock.advance(60_000);
  expect(states).toEqual(['start', 'end']);
  pump.close();
  expect(clock.pending).toBe(0);
});
