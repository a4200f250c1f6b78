import { describe, expect, it } from 'vitest';
import { shownAnswer, withoutSecrets } from '../../nodes/command/shown';

const jpeg = (size: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(size - 4)]);

describe('an answer in the dialog', () => {
  it('shows a picture, and says how many bytes there are of anything else', () => {
    const picture = shownAnswer({ contentType: 'image/jpeg', data: jpeg(300) });
    expect(picture).toMatchObject({ answer: { data: '300 bytes, image/jpeg' }, isCut: false });
    expect(Buffer.from(picture.picture?.split(',')[1] ?? '', 'base64')).toEqual(jpeg(300));
    expect(picture.picture).toMatch(/^data:image\/jpeg;base64,/);
    const sound = shownAnswer({ codec: 'G.711ulaw', data: Buffer.alloc(64_000) });
    expect(sound).toEqual({ answer: { codec: 'G.711ulaw', data: '64000 bytes' }, picture: null, isCut: false });
  });

  it('leaves a picture out that is too large, and what only calls itself one', () => {
    expect(shownAnswer({ data: jpeg(7 * 1024 * 1024) }).picture).toBeNull();
    const script = Buffer.from('<svg onload="alert(1)"/>');
    expect(shownAnswer({ contentType: 'image/svg+xml', data: script }).picture).toBeNull();
  });

  it('is bounded, whatever the device says', () => {
    const nested: unknown[] = [];
    let inner = nested;
    for (let depth = 0; depth < 10_000; depth++) inner.push((inner = []));
    const rows = Array.from({ length: 5_000 }, (_, at) => ({ at, name: 'x'.repeat(5_000) }));
    for (const huge of [nested, rows, { rows, text: 'y'.repeat(1_000_000) }, Object.fromEntries(rows.entries())]) {
      const shown = shownAnswer(huge);
      expect(shown.isCut).toBe(true);
      expect(JSON.stringify(shown).length).toBeLessThan(4_000_000);
    }
    expect(shownAnswer(rows).answer).toHaveLength(101);
  });

  it('takes what is no JSON', () => {
    const time = new Date('2026-05-01T12:00:00Z');
    expect(shownAnswer({ big: 2n, none: undefined, time, call: () => 1 }).answer).toEqual({
      big: '2',
      none: null,
      time: '2026-05-01T12:00:00.000Z',
      call: null,
    });
    expect(shownAnswer(undefined).answer).toBeNull();
    const odd = JSON.parse('{"__proto__":{"x":1}}') as unknown;
    expect(JSON.stringify(shownAnswer(odd).answer)).toBe('{"__proto__":{"x":1}}');
  });

  it('keeps passwords to itself', () => {
    const answer = {
      url: 'rtsp://admin:pa%40ss@192.0.2.10:554/x',
      password: 'abc',
      hasPassword: true,
      sessionId: 'f00',
    };
    const shown = JSON.stringify(shownAnswer(answer).answer);
    expect(shown).toContain('rtsp://admin:***@192.0.2.10:554/x');
    expect(shown).not.toMatch(/pa%40ss|abc|f00/);
    expect(shown).toContain('"hasPassword":true');
    expect(withoutSecrets('', 'GET http://a:b@c: refused')).toBe('GET http://a:***@c: refused');
  });
});
