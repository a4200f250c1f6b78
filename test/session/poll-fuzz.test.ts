/** Answers that make no sense: every poll ends in notices or in one of our errors, whatever the device says. */
import { describe, expect, it } from 'vitest';
import { commandNamed } from '../../lib/commands/registry';
import { HikvisionError } from '../../lib/errors';
import { MemoryCursors } from '../../lib/events/cursors';
import { EVENT_KIND_NAMES } from '../../lib/events/kinds';
import { AccessPoll } from '../../lib/session/polls/access';
import { CallPoll } from '../../lib/session/polls/calls';
import { Cursor } from '../../lib/session/polls/cursor';
import { PanelPoll } from '../../lib/session/polls/panel';
import { PlatePoll } from '../../lib/session/polls/plates';
import type { Ask, Poll } from '../../lib/session/poller';
import { call, context, reply } from '../support/steps';

const ROUNDS = 1_500;

/** The same numbers each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const NAMES = [
  'CallStatus',
  'status',
  'CallerInfo',
  'buildingNo',
  'AcsEvent',
  'InfoList',
  'serialNo',
  'major',
  'minor',
  'time',
  'responseStatusStrg',
  'numOfMatches',
  'totalMatches',
  'SubSysList',
  'SubSys',
  'ZoneList',
  'Zone',
  'id',
  'arming',
  'alarm',
  'charge',
  'tamperEvident',
  'magnetOpenStatus',
  'linkageSubSystem',
  '__proto__',
  'constructor',
];
const WORDS = [
  'ring',
  'idle',
  'onCall',
  'OK',
  'MORE',
  'away',
  'disarm',
  'trigger',
  'lowPower',
  '2024-05-01T12:00:00',
  '',
];

function nonsense(roll: (sides: number) => number, depth = 0): unknown {
  switch (roll(depth > 5 ? 5 : 9)) {
    case 0:
      return null;
    case 1:
      return roll(2) === 0;
    case 2:
      return [0, 1, 2, -1, 5, 37, 1e308, 2 ** 53, 0.5][roll(9)];
    case 3:
    case 4:
      return WORDS[roll(WORDS.length)];
    case 5:
      return Array.from({ length: roll(5) }, () => nonsense(roll, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: 1 + roll(5) }, () => [NAMES[roll(NAMES.length)], nonsense(roll, depth + 1)]),
      );
  }
}

/** What a poll asks for, in its right frame and with nonsense in it, so that more than the first check is reached. */
function framed(path: string, roll: (sides: number) => number): unknown {
  const list = () => Array.from({ length: roll(4) }, () => nonsense(roll));
  if (path.includes('callStatus')) {
    return { CallStatus: roll(3) === 0 ? nonsense(roll) : { status: WORDS[roll(4)], more: nonsense(roll) } };
  }
  if (path.includes('AcsEvent')) {
    const records = list().map((more) => ({ serialNo: roll(50), major: 5, minor: roll(60), more }));
    return { AcsEvent: { responseStatusStrg: WORDS[3 + roll(2)], numOfMatches: nonsense(roll), InfoList: records } };
  }
  if (path.includes('subSystems')) {
    return { SubSysList: list().map((more, id) => ({ SubSys: { id, arming: WORDS[5 + roll(2)], alarm: more } })) };
  }
  const zones = list().map((more, id) => ({
    Zone: { id, alarm: roll(2) === 0, magnetOpenStatus: roll(2) === 0, name: more },
  }));
  return { ZoneList: zones };
}

const PLATES = [
  '<Plates>',
  '</Plates>',
  '<Plate>',
  '</Plate>',
  '<picName>',
  '</picName>',
  '12',
  '<plateNumber>A</plateNumber>',
];

describe('any answer', () => {
  const store = new MemoryCursors();
  const cursor = (what: string) => new Cursor(store, what, () => 'device');
  const polls: readonly (() => Poll)[] = [
    () => new CallPoll(),
    () => new AccessPoll({ cursor: cursor('access'), tellsRings: () => true }),
    () => new PlatePoll(cursor('plates')),
    () => new PanelPoll(),
  ];
  for (const make of polls) {
    it(`is understood or refused: ${make().name}`, { timeout: 60_000 }, async () => {
      const roll = dice(20_240_501);
      let poll = make();
      let cars = 0;
      const seen = { notices: 0, refusals: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        if (roll(20) === 0) poll = make();
        let asked = 0;
        const ask: Ask = (name, args = {}) => {
          const command = commandNamed(name);
          if (command === undefined) throw new Error(`no command ${name}`);
          return new Promise((resolve) =>
            resolve(
              call(
                command,
                args,
                ({ path }) => {
                  if (++asked > 60) return reply(503);
                  if (path.includes('vehicleDetect')) {
                    const car = `<Plate><plateNumber>A</plateNumber><picName>${roll(3) * 1e9 + ++cars}</picName></Plate>`;
                    const inner = Array.from({ length: roll(12) }, () =>
                      roll(3) > 0 ? car : PLATES[roll(PLATES.length)],
                    ).join('');
                    return reply(200, roll(5) === 0 ? inner : `<Plates>${inner}</Plates>`, 'application/xml');
                  }
                  const body = JSON.stringify(roll(2) === 0 ? nonsense(roll) : framed(path, roll));
                  return reply(200, roll(10) === 0 ? body.slice(0, roll(body.length)) : body, 'application/json');
                },
                context({ memory: new Map() }),
              ).result,
            ),
          );
        };
        try {
          const polled = await poll.ask(ask, round * 30_000);
          polled.taken?.();
          expect(polled.nextMs).toBeGreaterThan(0);
          for (const notice of polled.notices) expect(EVENT_KIND_NAMES).toContain(notice.kind);
          seen.notices += polled.notices.length;
        } catch (error) {
          if (!(error instanceof HikvisionError)) throw error;
          seen.refusals++;
        }
      }
      // Both happened, so the answers are neither all right nor all wrong.
      expect(seen.refusals).toBeGreaterThan(ROUNDS / 20);
      expect(seen.notices).toBeGreaterThan(10);
    });
  }
});
