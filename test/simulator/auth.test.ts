import { describe, expect, it } from 'vitest';
import { Gate, type GateOptions } from '../../lib/simulator/auth';
import { FakeClock } from '../support/fake-clock';
import { basicHeader, digest, digestHeader, readChallenge } from '../support/digest-client';
import { clientOf, simulator } from '../support/simulators';

const RIGHT = { username: 'admin', password: 'Simulator1' };
const WRONG = { username: 'admin', password: 'planted-wrong-1' };
const INFO = '/ISAPI/System/deviceInfo';
const USER_CHECK = '/ISAPI/Security/userCheck';

/** RFC 7616 §3.9.1 and RFC 2617 §3.5, as printed there. */
const VECTORS = [
  {
    name: 'RFC 7616 MD5',
    algorithm: 'MD5',
    username: 'Mufasa',
    password: 'Circle of Life',
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    response: '8ca523f5e9506fed4657c9700eebdbec',
  },
  {
    name: 'RFC 7616 SHA-256',
    algorithm: 'SHA-256',
    username: 'Mufasa',
    password: 'Circle of Life',
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  },
  {
    name: 'RFC 2617 MD5',
    algorithm: 'MD5',
    username: 'Mufasa',
    password: 'Circle Of Life',
    realm: 'testrealm@host.com',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    cnonce: '0a4f113b',
    response: '6629fae49393a05397450978507c4ef1',
  },
] as const;

function gate(options: Partial<GateOptions> = {}): Gate {
  return new Gate({
    ...RIGHT,
    realm: 'IP Camera(00001)',
    style: 'camera',
    auth: 'digest',
    digest: {},
    lock: { attempts: 3, lockMs: 60_000 },
    clock: new FakeClock(),
    ...options,
  });
}

describe('digest vectors of the RFCs', () => {
  for (const { name, response, ...vector } of VECTORS) {
    const request = { ...vector, method: 'GET', uri: '/dir/index.html', qop: 'auth', nc: '00000001' };

    it(`${name}: the client of these tests computes it`, () => expect(digest(request)).toBe(response));

    it(`${name}: the device knows it to be right, with a nonce that it never gave`, () => {
      const { username, password, realm } = vector;
      const device = gate({ username, password, realm, digest: { algorithms: [vector.algorithm] } });
      const authorization =
        `Digest username="${username}", realm="${realm}", uri="${request.uri}", algorithm=${vector.algorithm}, ` +
        `nonce="${vector.nonce}", nc=${request.nc}, cnonce="${vector.cnonce}", qop=auth, response="${response}"`;
      const check = (value: string) =>
        device.check({ method: 'GET', target: request.uri, authorization: value, from: '::1' });

      const right = check(authorization);
      expect(right).toMatchObject({ granted: false, rejected: false });
      expect(!right.granted && right.challenges.join()).toContain('stale="TRUE"');
      const damaged = authorization.replace(/response="./, 'response="z');
      expect(check(damaged)).toMatchObject({ granted: false, rejected: true });
    });
  }
});

describe('digest over the network', () => {
  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'] as const) {
    for (const qop of ['auth', 'none'] as const) {
      it(`${algorithm}, qop ${qop}`, async () => {
        const device = await simulator('camera', { digest: { algorithms: [algorithm], qop } });
        const client = clientOf(device);
        expect((await client.get(INFO)).status).toBe(200);
        expect((await client.get(`${INFO}?a=1&b=2`)).status).toBe(200);
        expect((await client.put('/ISAPI/PTZCtrl/channels/1/presets/1/goto')).status).toBe(200);
        expect(device.authFailures).toBe(0);
        const stranger = clientOf(device, WRONG);
        expect((await stranger.get(INFO)).status).toBe(401);
        expect(device.authFailures).toBe(1);
      });
    }
  }

  it('offers several algorithms in the order given, one challenge each', async () => {
    const device = await simulator('camera', { digest: { algorithms: ['SHA-256', 'MD5'] } });
    const client = clientOf(device);
    const { challenges } = await client.raw('GET', INFO);
    expect(challenges.map((text) => readChallenge(text).parameters.algorithm)).toEqual(['SHA-256', undefined]);
    for (const [index, text] of challenges.entries()) {
      // Both challenges have the same nonce, so they share its count.
      const header = digestHeader(readChallenge(text), RIGHT, 'GET', INFO, index + 1);
      expect((await client.raw('GET', INFO, undefined, header)).status).toBe(200);
    }
  });

  it('writes the challenge of a camera, with a web page', async () => {
    const reply = await clientOf(await simulator('camera')).raw('GET', INFO);
    expect(reply.status).toBe(401);
    expect(reply.challenges).toHaveLength(1);
    expect(reply.challenges[0]).toMatch(
      /^Digest qop="auth", realm="IP Camera\(\d+\)", nonce="[0-9a-f]+", stale="FALSE"$/,
    );
    expect(reply.headers['content-type']).toBe('text/html');
    expect(reply.body).toHaveLength(178);
  });

  it('writes the challenge of a recorder, with a userCheck', async () => {
    const reply = await clientOf(await simulator('nvr')).raw('GET', INFO);
    expect(reply.challenges[0]).toMatch(
      /^Digest realm="[0-9a-f]+", domain="::", qop="auth", nonce="[0-9a-f]+:\d{13}", opaque="", algorithm="MD5", stale="FALSE"$/,
    );
    expect(reply.text).toContain('<statusValue>401</statusValue>');
  });

  it('wants the digest of the whole request target', async () => {
    const device = await simulator();
    const client = clientOf(device);
    const challenge = readChallenge((await client.raw('GET', INFO)).challenges[0] ?? '');
    const header = digestHeader(challenge, RIGHT, 'GET', INFO);
    expect((await client.raw('GET', `${INFO}?x=1`, undefined, header)).status).toBe(401);
    expect(device.authFailures).toBe(1);
  });

  it('wants a new count each time', async () => {
    const device = await simulator();
    const client = clientOf(device);
    const challenge = readChallenge((await client.raw('GET', INFO)).challenges[0] ?? '');
    const send = (count: number) =>
      client.raw('GET', INFO, undefined, digestHeader(challenge, RIGHT, 'GET', INFO, count));
    expect((await send(2)).status).toBe(200);
    expect((await send(1)).status).toBe(200); // requests may overtake each other
    const again = await send(2);
    expect(again.status).toBe(401);
    expect(again.challenges[0]).toContain('stale="TRUE"');
    expect(device.authFailures).toBe(0);
  });
});

describe('nonces', () => {
  it('are stale after their uses, and that is no attempt', async () => {
    const device = await simulator('camera', { digest: { nonceUses: 3 } });
    const client = clientOf(device);
    for (let request = 0; request < 10; request++) expect((await client.get(INFO)).status).toBe(200);
    expect(device.log.filter(({ status }) => status === 401)).toHaveLength(4);
    expect(device.authFailures).toBe(0);
  });

  it('are stale after their time', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, digest: { nonceLifetimeMs: 1_000 } });
    const client = clientOf(device);
    await client.get(INFO);
    await clock.advance(1_001);
    expect((await client.get(INFO)).status).toBe(200);
    expect(device.log.map(({ status }) => status)).toEqual([401, 200, 401, 200]);
  });

  it('that ran out count as an attempt on a device that does not say stale', async () => {
    const device = await simulator('camera', { digest: { nonceUses: 1, staleFlag: false } });
    const client = clientOf(device);
    expect((await client.get(INFO)).status).toBe(200);
    const reply = await client.get(INFO);
    expect(reply.status).toBe(401);
    expect(reply.challenges[0]).toContain('stale="FALSE"');
    expect(device.authFailures).toBe(1);
  });
});

describe('Basic', () => {
  it('is offered alone, and taken', async () => {
    const device = await simulator('camera', { auth: 'basic' });
    const client = clientOf(device);
    const refused = await client.raw('GET', INFO);
    expect(refused.challenges).toHaveLength(1);
    expect(refused.challenges[0]).toMatch(/^Basic realm="/);
    expect((await client.raw('GET', INFO, undefined, basicHeader(RIGHT))).status).toBe(200);
    expect((await client.raw('GET', INFO, undefined, basicHeader(WRONG))).status).toBe(401);
    expect(device.authFailures).toBe(1);
  });

  it('is offered beside digest', async () => {
    const device = await simulator('camera', { auth: 'both' });
    const client = clientOf(device);
    const { challenges } = await client.raw('GET', INFO);
    expect(challenges.map((text) => readChallenge(text).scheme)).toEqual(['Digest', 'Basic']);
    expect((await client.get(INFO)).status).toBe(200);
    expect((await client.raw('GET', INFO, undefined, basicHeader(RIGHT))).status).toBe(200);
  });

  it('is an attempt where only digest is offered', async () => {
    const device = await simulator();
    expect((await clientOf(device).raw('GET', INFO, undefined, basicHeader(RIGHT))).status).toBe(401);
    expect(device.authFailures).toBe(1);
  });

  it('is not needed where nothing is asked', async () => {
    const device = await simulator('camera', { auth: 'none' });
    expect((await clientOf(device).raw('GET', INFO)).status).toBe(200);
  });
});

describe('the account lock', () => {
  it('counts refused passwords only, and locks after the last', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock, lock: { attempts: 3, lockMs: 60_000 } });
    const stranger = clientOf(device, WRONG);
    const owner = clientOf(device);

    for (let probe = 0; probe < 10; probe++) await stranger.raw('GET', USER_CHECK);
    expect((await owner.get(USER_CHECK)).text).toContain('<retryLoginTime>3</retryLoginTime>');

    const first = await stranger.get(INFO);
    expect(first.status).toBe(401);
    expect(first.text).toContain('<lockStatus>unlock</lockStatus>');
    expect(first.text).toContain('<retryLoginTime>2</retryLoginTime>');
    await stranger.get(INFO);
    const last = await stranger.get(INFO);
    expect(last.text).toContain('<lockStatus>lock</lockStatus>');
    expect(last.text).toContain('<unlockTime>60</unlockTime>');
    expect(last.text).toContain('<retryLoginTime>0</retryLoginTime>');
    expect(device.authFailures).toBe(3);

    // Now the right password does not help either, and each try is counted.
    await clock.advance(10_500);
    const locked = await owner.get(INFO);
    expect(locked.status).toBe(401);
    expect(locked.text).toContain('<unlockTime>50</unlockTime>');
    expect(device.authFailures).toBe(4);

    await clock.advance(50_000);
    expect((await clientOf(device).get(INFO)).status).toBe(200);
    expect(device.authFailures).toBe(4);
  });

  it('starts its count again after the right password', async () => {
    const device = await simulator('camera', { lock: { attempts: 2, lockMs: 60_000 } });
    for (let round = 0; round < 3; round++) {
      expect((await clientOf(device, WRONG).get(INFO)).text).toContain('<retryLoginTime>1</retryLoginTime>');
      expect((await clientOf(device).get(INFO)).status).toBe(200);
    }
  });

  it('is told in the words of a ResponseStatus', async () => {
    const device = await simulator('nvr', { lock: { attempts: 1, lockMs: 1_795_000, lockFields: 'responseStatus' } });
    const { text } = await clientOf(device, WRONG).get(INFO);
    expect(text).toContain('<lockStatus>locked</lockStatus>');
    expect(text).toContain('<resLockTime>1795</resLockTime>');
    expect(text).toContain('<retryTimes>0</retryTimes>');
  });

  it('is invisible on a device that tells nothing', async () => {
    const device = await simulator('nvr', { lock: { attempts: 1, lockMs: 60_000, lockFields: 'none' } });
    await clientOf(device, WRONG).get(INFO);
    const { status, text } = await clientOf(device).get(USER_CHECK);
    expect(status).toBe(401);
    expect(text).not.toMatch(/lock/i);
  });

  it('defaults to the factory setting: 7 attempts, 30 minutes', async () => {
    const device = await simulator();
    let text = '';
    for (let attempt = 0; attempt < 7; attempt++) ({ text } = await clientOf(device, WRONG).get(INFO));
    expect(text).toContain('<unlockTime>1800</unlockTime>');
  });

  it('opens to a new password', async () => {
    const device = await simulator();
    device.setPassword('another-1');
    expect((await clientOf(device).get(INFO)).status).toBe(401);
    expect((await clientOf(device, { username: 'admin', password: 'another-1' }).get(INFO)).status).toBe(200);
  });
});

describe('what is damaged', () => {
  const headers = [
    '',
    'Digest',
    'Digest ,,,=,"',
    'Digest username="admin"',
    'Basic',
    'Basic ====',
    'Bearer x',
    `Digest ${'a="b", '.repeat(400)}`,
    'Digest username="admin\\", realm="x',
  ];
  for (const header of headers) {
    it(`refuses ${JSON.stringify(header.slice(0, 30))} and lives on`, async () => {
      const device = await simulator('camera', { auth: 'both' });
      const client = clientOf(device);
      expect((await client.raw('GET', INFO, undefined, header)).status).toBe(401);
      expect((await client.get(INFO)).status).toBe(200);
    });
  }
});
