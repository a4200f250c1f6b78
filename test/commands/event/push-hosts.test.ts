/** Push hosts: a slot that is free or ours, and what devices make of it. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../../lib/commands/arguments';
import { event } from '../../../lib/commands/event';
import { choosePushSlot, type PushHost } from '../../../lib/commands/event/push-hosts';
import { context, device, failureOf, OK, refusal, reply, run, xml, type Responder } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const HOSTS = '/ISAPI/Event/notification/httpHosts';
const XMLNS = 'xmlns="http://www.hikvision.com/ver20/XMLSchema"';
const slot = (id: number, address = '0.0.0.0', url = '/', port = 80, extra = '') =>
  `<HttpHostNotification version="2.0" ${XMLNS}><id>${id}</id><url>${url}</url><protocolType>HTTP</protocolType>` +
  `<parameterFormatType>XML</parameterFormatType><addressingFormatType>ipaddress</addressingFormatType><ipAddress>${address}</ipAddress>` +
  `<portNo>${port}</portNo><userName></userName><httpAuthenticationMethod>none</httpAuthenticationMethod>${extra}</HttpHostNotification>`;
const list = (...slots: readonly string[]) =>
  `<HttpHostNotificationList version="2.0" ${XMLNS}>${slots.join('')}</HttpHostNotificationList>`;

/** Keeps what is written to single slots; `bend` is what it makes of it. */
function keeper(slots: readonly string[], bend: (body: string) => string = (body) => body): Responder {
  const stored = [...slots];
  return ({ method, path, body }) => {
    const id = Number(/\/(\d+)$/.exec(path)?.[1] ?? 0);
    if (path === HOSTS && method === 'GET') return xml(list(...stored));
    if (stored[id - 1] === undefined) return reply(404);
    if (method === 'GET') return xml(stored[id - 1] ?? '');
    if (method !== 'PUT') return refusal(405, 4, 'Invalid Operation', 'methodNotAllowed');
    stored[id - 1] = bend(plainXml(String(body)));
    return OK;
  };
}

function set(respond: Responder, given: Record<string, unknown>) {
  const { params, isapi } = event.setPushHost;
  return run(isapi(checkArguments('event.setPushHost', params, given), context()), respond);
}

const US = { address: '192.0.2.5', port: 8080, url: '/hik/events' };
const written = ({ requests }: ReturnType<typeof set>) =>
  plainXml(String(requests.find(({ method }) => method !== 'GET')?.body));

describe('choosePushSlot', () => {
  const host = (number: number, address: string | null, url = '/', port = 80): PushHost => ({
    host: number,
    free: address === null,
    address,
    port,
    url,
    protocol: 'HTTP',
    format: 'XML',
    authentication: 'none',
    username: null,
    resends: null,
  });
  it.each([
    ['where we are', [host(1, 'x'), host(2, null), host(3, US.address, US.url, 8080)], 3, 'ours'],
    ['where we were under another address', [host(1, '192.0.2.77', `http://a.b${US.url}`), host(2, null)], 1, 'ours'],
    ['a free one', [host(1, 'x', '/other'), host(2, null), host(3, null)], 2, 'free'],
    ['none of somebody else', [host(1, 'x', '/other')], null, 'taken'],
    ['none', [], null, 'taken'],
  ] as const)('takes %s', (_what, hosts, number, why) => {
    const chosen = choosePushSlot(hosts, US);
    expect([chosen.host, chosen.why]).toEqual([number, why]);
    expect(chosen.before).toEqual(hosts.find((each) => each.host === number) ?? null);
  });

  it('does not take a bare path for a sign of ours', () => {
    expect(choosePushSlot([host(1, 'x')], { ...US, url: '/' }).why).toBe('taken');
  });
});

describe('event.listPushHosts', () => {
  it('reads slots, a single one, and none', () => {
    const read = (document: string) =>
      run(event.listPushHosts.isapi({}, context()), device({ [HOSTS]: document })).result;
    expect(
      read(
        list(slot(1, '1.0.0.144', '/api', 8123, '<password>planted</password><httpBroken>true</httpBroken>'), slot(2)),
      ),
    ).toEqual([
      {
        host: 1,
        free: false,
        address: '1.0.0.144',
        port: 8123,
        url: '/api',
        protocol: 'HTTP',
        format: 'XML',
        authentication: 'none',
        username: null,
        resends: true,
      },
      expect.objectContaining({ host: 2, free: true, address: null }),
    ]);
    expect(read(slot(1, '1.0.0.1'))).toMatchObject([{ host: 1, address: '1.0.0.1' }]);
    expect(read(list())).toEqual([]);
    expect(failureOf(() => read('<Other/>')).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('event.setPushHost', () => {
  it('fills the first free slot and says what stood there', () => {
    const outcome = set(
      keeper([slot(1, '1.0.0.1', '/theirs', 80), slot(2, undefined, '/', 80, '<httpBroken>true</httpBroken>')]),
      US,
    );
    expect(outcome.log).toEqual([`GET ${HOSTS}`, `GET ${HOSTS}/2`, `PUT ${HOSTS}/2`, `GET ${HOSTS}`]);
    expect(written(outcome)).toBe(slot(2, US.address, US.url, US.port, '<httpBroken>true</httpBroken>'));
    expect(outcome.result).toMatchObject({
      host: 2,
      free: false,
      ignored: [],
      before: { free: true },
      rebootRequired: false,
    });
  });

  it('takes names and a login, and gives no password back', () => {
    const outcome = set(keeper([slot(1)]), {
      ...US,
      address: 'node-red.example',
      username: 'me',
      password: 'planted-secret',
    });
    expect(written(outcome)).toContain(
      '<addressingFormatType>hostname</addressingFormatType><hostName>node-red.example</hostName><portNo>',
    );
    expect(written(outcome)).toContain(
      '<userName>me</userName><password>planted-secret</password><httpAuthenticationMethod>MD5digest<',
    );
    expect(outcome.result).toMatchObject({ address: 'node-red.example', username: 'me', ignored: [] });
    expect(JSON.stringify(outcome.result)).not.toContain('planted');
    const error = failureOf(() => set(keeper([slot(1)]), { ...US, password: 'planted-secret'.repeat(9) }));
    expect(JSON.stringify([error.message, error])).not.toContain('planted');
  });

  it('reports what the device ignored', () => {
    const forgets = keeper([slot(1)], (body) => body.replace(US.url, '/').replace('>HTTPS<', '>HTTP<'));
    expect(set(forgets, { ...US, scheme: 'HTTPS' }).result).toMatchObject({ host: 1, ignored: ['url', 'scheme'] });
  });

  it('explains a refused name', () => {
    const respond = device({
      [HOSTS]: list(slot(1)),
      [`PUT ${HOSTS}/1`]: refusal(400, 6, 'Invalid XML Content', 'badXmlContent'),
    });
    const error = failureOf(() => set(respond, { ...US, address: 'name.example' }));
    expect([error.code, error.message]).toEqual(['HIK_REFUSED', expect.stringContaining('IP addresses only')]);
    expect(failureOf(() => set(respond, US)).message).not.toContain('IP addresses only');
  });

  it('never takes a slot of somebody else unless it is named', () => {
    const slots = [slot(1, '1.0.0.1', '/theirs')];
    const error = failureOf(() => set(keeper(slots), US));
    expect([error.code, error.message]).toEqual(['HIK_REFUSED', expect.stringContaining('1 (1.0.0.1/theirs)')]);
    expect(set(keeper(slots), { ...US, host: 1 }).result).toMatchObject({ host: 1, before: { address: '1.0.0.1' } });
    expect(failureOf(() => set(keeper(slots), { ...US, host: 7 })).message).toContain('no push host 7');
  });

  it('writes the list where single slots cannot be written, and adds where there is room', () => {
    let stored = list(slot(1));
    const whole: Responder = ({ method, path, body }) => {
      if (path === `${HOSTS}/capabilities`)
        return xml('<HttpHostNotificationCap><hostNumber>2</hostNumber></HttpHostNotificationCap>');
      if (path !== HOSTS) return reply(404);
      if (method === 'PUT') stored = plainXml(String(body));
      if (method === 'POST')
        stored = stored.replace('</HttpHostNotificationList>', `${plainXml(String(body))}</HttpHostNotificationList>`);
      return method === 'GET' ? xml(stored) : OK;
    };
    set(whole, US);
    expect(stored).toBe(list(slot(1, US.address, US.url, US.port)));
    expect(set(whole, { ...US, url: '/second' }).result).toMatchObject({ host: 2, url: '/second', before: null });
    expect(stored).toBe(list(slot(1, US.address, US.url, US.port), slot(2, US.address, '/second', US.port)));
  });
});

describe('event.removePushHost', () => {
  const remove = (respond: Responder, host = 1) => run(event.removePushHost.isapi({ host }, context()), respond);

  it('deletes, or empties what cannot be deleted', () => {
    const taken = slot(1, '1.0.0.1', '/x', 81);
    const outcome = remove(keeper([taken]));
    expect(outcome.result).toMatchObject({ host: 1, before: { address: '1.0.0.1' } });
    const put = outcome.requests.find(({ method }) => method === 'PUT');
    expect(plainXml(String(put?.body))).toBe(slot(1));
    const deletes = device({ [`DELETE ${HOSTS}/1`]: OK, [HOSTS]: [xml(list(taken)), xml(list())] });
    expect(remove(deletes).result?.before.port).toBe(81);
    const keeps = device({ [`DELETE ${HOSTS}/1`]: OK, [HOSTS]: list(taken) });
    expect(failureOf(() => remove(keeps)).message).toContain('still pushes');
    expect(failureOf(() => remove(keeper([taken]), 5)).code).toBe('HIK_NOT_FOUND');
  });
});

describe('event.testPushHost', () => {
  const test = (answer: string) =>
    run(
      event.testPushHost.isapi({ host: 1 }, context()),
      device({ [HOSTS]: list(slot(1, '1.0.0.1')), [`POST ${HOSTS}/1/test`]: answer }),
    ).result;

  it('says what the device said', () => {
    const result = (words: string) =>
      `<HttpHostTestResult><errorDescription>${words}</errorDescription></HttpHostTestResult>`;
    expect(test(result('ok'))).toEqual({ host: 1, reached: true, answer: 'ok' });
    expect(test(result(''))).toEqual({ host: 1, reached: true, answer: null });
    expect(test(result('Connection refused'))).toEqual({ host: 1, reached: false, answer: 'Connection refused' });
    expect(test('<Other/>')).toEqual({ host: 1, reached: null, answer: null });
  });
});
