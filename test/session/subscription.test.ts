import { describe, expect, it } from 'vitest';
import { parseXml } from '../../lib/codec/xml';
import type { EventKind } from '../../lib/events/kinds';
import { offeredBy, saysSubscribe, subscriptionFor } from '../../lib/session/subscription';

const CAP = parseXml(`<SubscribeEventCap version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
  <heartbeat min="1" max="30"/><channelMode opt="all,list"/><eventMode opt="all,list"/>
  <EventList><Event><type>VMD</type></Event><Event><type>AccessControllerEvent</type><minorEvent opt="0x4b,0x15"/></Event>
  <Event><type>linedetection</type></Event><Event><type>VMD</type></Event><Event/></EventList></SubscribeEventCap>`);

const typesIn = (body: string) => [...body.matchAll(/<type>([^<]*)</g)].map(([, type]) => type);
const of = (kinds: readonly EventKind[] | null, cap = CAP) =>
  subscriptionFor(kinds === null ? null : new Set(kinds), offeredBy(cap));

describe('subscribeEvent', () => {
  it('names only the types of the wanted kinds, in the words of the device', () => {
    const { body, kinds } = of(['motion', 'lineCrossing']);
    expect(typesIn(body)).toEqual(['VMD', 'linedetection']);
    expect(body).toContain('<eventMode>list</eventMode>');
    expect(body).toContain('<heartbeat>30</heartbeat>');
    expect(kinds).toEqual(new Set(['motion', 'lineCrossing']));
  });

  it('a doorbell comes as an access event', () => {
    expect(typesIn(of(['doorbell']).body)).toEqual(['AccessControllerEvent']);
  });

  it('takes all where all are wanted, where a kind has no name, or where no list is taken', () => {
    const withoutList = parseXml('<SubscribeEventCap><eventMode opt="all"/></SubscribeEventCap>');
    const empty = parseXml('<SubscribeEventCap/>');
    for (const each of [of(null), of(['motion', 'plate']), of(['motion'], withoutList), of(['motion'], empty)]) {
      expect(each.body).toContain('<eventMode>all</eventMode>');
      expect([typesIn(each.body), each.kinds]).toEqual([[], null]);
    }
  });

  it('asks for no slower heartbeat than the device takes', () => {
    for (const [max, expected] of [
      ['10', 10],
      ['60', 30],
      ['0', 30],
      ['x', 30],
      ['', 30],
    ] as const) {
      expect(offeredBy(parseXml(`<Cap><heartbeat max="${max}"/></Cap>`)).heartbeatS).toBe(expected);
    }
  });

  it('is had by a device that says so', () => {
    const says = (inner: string) => saysSubscribe(parseXml(`<DeviceCap>${inner}</DeviceCap>`));
    const flag = (value: string) => `<isSupportSubscribeEvent>${value}</isSupportSubscribeEvent>`;
    expect([says(`<SysCap>${flag('true')}</SysCap>`), says(flag('true'))]).toEqual([true, true]);
    expect([says(''), says(`<SysCap>${flag('false')}</SysCap>`), says(flag('maybe'))]).toEqual([false, false, false]);
  });
});
