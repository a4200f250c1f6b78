/** Image, day and night, light, overlays, names, privacy, siren: read whole, changed in one place, written whole, read again. */
import { describe, expect, it } from 'vitest';
import { registry } from '../../lib/commands/registry';
import { call, context, device, failureOf, OK, refusal, reply, type Responder, written } from '../support/steps';

const { camera } = registry;
const IMAGE = '/ISAPI/Image/channels/1';
const PROXY_IMAGE = '/ISAPI/ContentMgmt/ImageProxy/channels/1';
const INPUT = '/ISAPI/System/Video/inputs/channels/1';
const PROXY = '/ISAPI/ContentMgmt/InputProxy/channels/1';
const unsupported = refusal(403, 4, 'Invalid Operation', 'notSupport');
const reboot = refusal(200, 7, 'Reboot Required', 'rebootRequired');

const WHOLE =
  '<ImageChannel version="2.0" xmlns="urn:x"><id>1</id>' +
  '<IrcutFilter><IrcutFilterType>auto</IrcutFilterType></IrcutFilter>' +
  '<Color><brightnessLevel>50</brightnessLevel><extra>1</extra></Color>' +
  '<WDR><mode>close</mode></WDR></ImageChannel>';
const CAPS =
  '<ImageChannel><Color><brightnessLevel min="0" max="80"/></Color><WDR><mode opt="open,close"/><WDRLevel min="0" max="100"/></WDR>' +
  '<IrcutFilter><IrcutFilterType opt="auto,day"/></IrcutFilter></ImageChannel>';

describe('camera.setImage', () => {
  it('writes the parts that changed, with all that is in them', () => {
    const respond = device({ [IMAGE]: WHOLE, [`PUT ${IMAGE}/color`]: OK, [`PUT ${IMAGE}/WDR`]: reboot });
    const set = call(camera.setImage, { brightness: 60, wdr: 'open' }, respond);
    expect(written(set)).toEqual([
      {
        path: `${IMAGE}/color`,
        body: '<Color version="2.0" xmlns="urn:x"><brightnessLevel>60</brightnessLevel><extra>1</extra></Color>',
      },
      { path: `${IMAGE}/WDR`, body: '<WDR version="2.0" xmlns="urn:x"><mode>open</mode></WDR>' },
    ]);
    expect(set.result).toMatchObject({ brightness: 50, wdr: 'close', hue: null, rebootRequired: true });
  });

  it('writes the whole document where parts cannot be written, and remembers it', () => {
    const ctx = context();
    const respond = device({ [`GET ${PROXY_IMAGE}`]: WHOLE, [`PUT ${PROXY_IMAGE}`]: OK });
    const set = call(camera.setImage, { brightness: 60 }, respond, ctx);
    expect(written(set).at(-1)).toEqual({ path: PROXY_IMAGE, body: WHOLE.replace('>50<', '>60<') });
    expect(written(call(camera.setImage, { brightness: 60 }, respond, ctx))).toHaveLength(1);
  });

  it('names what the device allows, and what it lacks', () => {
    const respond = device({ [IMAGE]: WHOLE, [`${IMAGE}/capabilities`]: CAPS, [`PUT ${IMAGE}/WDR`]: OK });
    const wrong = failureOf(() => call(camera.setImage, { brightness: 90, wdr: 'auto' }, respond));
    expect(wrong.code).toBe('HIK_ARGUMENT');
    expect(wrong.message).toMatch(/from 0 to 80.*one of open, close/);
    const missing = failureOf(() => call(camera.setImage, { hue: 1, sharpness: 2 }, respond));
    expect(missing.code).toBe('HIK_UNSUPPORTED');
    expect(missing.message).toContain('hue, sharpness');
    // Not shown while WDR is off, yet it can be set.
    expect(written(call(camera.setImage, { wdrLevel: 7 }, respond))[0]?.body).toContain('<WDRLevel>7</WDRLevel>');
    expect(failureOf(() => call(camera.setImage, {}, respond)).code).toBe('HIK_ARGUMENT');
  });

  it('is not another document', () => {
    expect(failureOf(() => call(camera.getImage, {}, device({ [IMAGE]: '<Color/>' }))).code).toBe('HIK_UNSUPPORTED');
    expect(call(camera.getImage, {}, device({ [IMAGE]: '<ImageChannel/>' })).result?.brightness).toBeNull();
  });
});

describe('day and night', () => {
  const leaf = `${IMAGE}/ircutFilter`;
  const PART =
    '<IrcutFilter xmlns="urn:x"><IrcutFilterType>auto</IrcutFilterType><nightToDayFilterLevel>4</nightToDayFilterLevel></IrcutFilter>';

  it('is read at its own path, and in the whole document', () => {
    expect(call(camera.getDayNight, {}, device({ [leaf]: PART })).result).toEqual({
      channel: 1,
      mode: 'auto',
      sensitivity: 4,
      delaySeconds: null,
    });
    expect(call(camera.getDayNight, {}, device({ [IMAGE]: WHOLE })).result?.mode).toBe('auto');
    expect(failureOf(() => call(camera.getDayNight, {}, device({ [IMAGE]: '<ImageChannel/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is written where it was read', () => {
    const respond = device({ [`GET ${leaf}`]: PART, [`PUT ${leaf}`]: OK });
    expect(written(call(camera.setDayNight, { mode: 'night', sensitivity: 6 }, respond))).toEqual([
      { path: leaf, body: PART.replace('auto', 'night').replace('>4<', '>6<') },
    ]);
    const whole = device({ [`GET ${IMAGE}`]: WHOLE, [`PUT ${IMAGE}`]: OK, [`${IMAGE}/capabilities`]: CAPS });
    expect(written(call(camera.setDayNight, { mode: 'day' }, whole))).toEqual([
      { path: IMAGE, body: WHOLE.replace('auto', 'day') },
    ]);
    expect(failureOf(() => call(camera.setDayNight, { mode: 'night' }, whole)).message).toContain('one of auto, day');
    expect(failureOf(() => call(camera.setDayNight, { delaySeconds: 9 }, whole)).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('supplement light', () => {
  const leaf = `${IMAGE}/supplementLight`;
  const light = (mode: string) =>
    `<SupplementLight><supplementLightMode>${mode}</supplementLightMode><mixedLightBrightnessRegulatMode>auto</mixedLightBrightnessRegulatMode><whiteLightBrightness>10</whiteLightBrightness></SupplementLight>`;
  const CAPABILITIES =
    '<SupplementLight><supplementLightMode opt="colorVuWhiteLight,irLight,eventIntelligence"/><irLightBrightness min="1" max="100"/></SupplementLight>';

  /** A camera that keeps what is written. */
  function camera1(mode: string, capabilities = CAPABILITIES): Responder {
    let body = light(mode);
    return (request) => {
      if (request.path === `${leaf}/capabilities`) return reply(200, capabilities);
      if (request.path !== leaf) return reply(404);
      if (request.method === 'GET') return reply(200, body);
      body = String(request.body);
      return OK;
    };
  }

  it('is switched to white and back to what it was', () => {
    const ctx = context();
    const respond = camera1('eventIntelligence');
    expect(call(camera.switchWhiteLight, { on: true, brightness: 40 }, respond, ctx).result).toMatchObject({
      mode: 'colorVuWhiteLight',
      brightnessControl: 'manual',
      whiteBrightness: 40,
    });
    expect(call(camera.switchWhiteLight, { on: false }, respond, ctx).result?.mode).toBe('eventIntelligence');
    const again = call(camera.switchWhiteLight, { on: false }, respond, ctx);
    expect(written(again)).toEqual([]);
  });

  it('goes to infrared when nobody knows what it was', () => {
    expect(call(camera.switchWhiteLight, { on: false }, camera1('colorVuWhiteLight')).result?.mode).toBe('irLight');
  });

  it('is not white on a camera that has only infrared', () => {
    const infrared = '<SupplementLight><supplementLightMode opt="irLight,close"/></SupplementLight>';
    expect(failureOf(() => call(camera.switchWhiteLight, { on: true }, camera1('irLight', infrared))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is set within what the camera allows', () => {
    const set = (given: Record<string, unknown>) => call(camera.setSupplementLight, given, camera1('irLight'));
    expect(set({ mode: 'EVENTintelligence', infraredBrightness: 5 }).result).toMatchObject({
      mode: 'eventIntelligence',
      infraredBrightness: 5,
    });
    expect(failureOf(() => set({ mode: 'disco' })).message).toContain('one of colorVuWhiteLight, irLight');
    expect(failureOf(() => set({ infraredBrightness: 0 })).message).toContain('from 1 to 100');
    expect(failureOf(() => set({ whiteLimit: 5 })).code).toBe('HIK_UNSUPPORTED');
    expect(failureOf(() => call(camera.getSupplementLight, {}, device({ [leaf]: '<Other/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });
});

describe('overlays', () => {
  const OVERLAYS =
    '<VideoOverlay xmlns="urn:x"><normalizedScreenSize><normalizedScreenWidth>704</normalizedScreenWidth><normalizedScreenHeight>480</normalizedScreenHeight></normalizedScreenSize>' +
    '<TextOverlayList size="4"><TextOverlay><id>1</id><enabled>true</enabled><positionX>0</positionX><positionY>480</positionY><displayText>A</displayText></TextOverlay></TextOverlayList>' +
    '<DateTimeOverlay><enabled>true</enabled><positionX>352</positionX><positionY>0</positionY><dateStyle>DD-MM-YYYY</dateStyle><timeStyle>24hour</timeStyle><displayWeek>false</displayWeek></DateTimeOverlay>' +
    '<fontSize>32*32</fontSize></VideoOverlay>';
  const path = `${INPUT}/overlays`;
  const respond = device({ [`GET ${path}`]: OVERLAYS, [`PUT ${path}`]: OK });

  it('are read with their places', () => {
    expect(call(camera.getOverlays, {}, respond).result).toEqual({
      channel: 1,
      texts: [{ line: 1, enabled: true, text: 'A', xPercent: 0, yPercent: 0 }],
      dateTime: {
        enabled: true,
        dateStyle: 'DD-MM-YYYY',
        timeStyle: '24hour',
        showWeekday: false,
        xPercent: 50,
        yPercent: 100,
      },
      name: null,
    });
    const behind = device({ [`${PROXY}/video/overlays`]: '<VideoOverlay/>' });
    expect(call(camera.getOverlays, {}, behind).result).toEqual({ channel: 1, texts: [], dateTime: null, name: null });
    expect(failureOf(() => call(camera.getOverlays, {}, device({ [path]: '<Text/>' }))).code).toBe('HIK_UNSUPPORTED');
  });

  it('take a text, in a line that is there or not', () => {
    const first = call(camera.setOverlayText, { text: 'B & C', xPercent: 50 }, respond);
    expect(written(first)).toEqual([
      { path, body: OVERLAYS.replace('>A<', '>B &amp; C<').replace('<positionX>0<', '<positionX>352<') },
    ]);
    const third = call(camera.setOverlayText, { line: 3, text: 'D' }, respond);
    expect(written(third)[0]?.body).toContain(
      '</TextOverlay><TextOverlay><id>3</id><enabled>true</enabled><positionX>0</positionX><positionY>0</positionY><displayText>D</displayText></TextOverlay>',
    );
    const gone = written(call(camera.setOverlayText, { text: '' }, respond))[0]?.body;
    expect(gone).toBe(OVERLAYS.replace('>A<', '><').replace('<enabled>true', '<enabled>false'));
    expect(failureOf(() => call(camera.setOverlayText, { text: '录'.repeat(15) }, respond)).message).toContain(
      '44 bytes',
    );
  });

  it('change the clock, and say when there is no name', () => {
    const set = call(camera.setDateTimeOverlay, { enabled: false, showWeekday: true, yPercent: 0 }, respond);
    expect(written(set)[0]?.body).toContain('<enabled>false</enabled><positionX>352</positionX><positionY>480<');
    expect(failureOf(() => call(camera.setNameOverlay, { enabled: true }, respond)).code).toBe('HIK_UNSUPPORTED');
    const caps =
      '<VideoOverlay><DateTimeOverlay><dateStyle opt="YYYY-MM-DD,DD-MM-YYYY"/></DateTimeOverlay></VideoOverlay>';
    const limited = device({ [path]: OVERLAYS, [`${path}/capabilities`]: caps });
    expect(failureOf(() => call(camera.setDateTimeOverlay, { dateStyle: 'now' }, limited)).message).toContain(
      'one of YYYY-MM-DD, DD-MM-YYYY',
    );
  });
});

describe('the name of a channel', () => {
  it('is read from its own document or from the list', () => {
    const list =
      '<InputProxyChannelList><InputProxyChannel><id>1</id><name>Tor</name></InputProxyChannel></InputProxyChannelList>';
    const lists = '/ISAPI/ContentMgmt/InputProxy/channels';
    expect(call(camera.getChannelName, {}, device({ [lists]: list })).result).toEqual({ channel: 1, name: 'Tor' });
    const own = device({ [INPUT]: '<VideoInputChannel><id>1</id><name/></VideoInputChannel>' });
    expect(call(camera.getChannelName, {}, own).result).toEqual({ channel: 1, name: null });
    expect(failureOf(() => call(camera.getChannelName, { channel: 2 }, device({ [lists]: list }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is written with everything else', () => {
    const document =
      '<InputProxyChannel version="2.0" xmlns="urn:x"><id>1</id><name>A</name><other a="1">2</other></InputProxyChannel>';
    const respond = device({ [INPUT]: unsupported, [`GET ${PROXY}`]: document, [`PUT ${PROXY}`]: OK });
    const set = call(camera.setChannelName, { name: 'B' }, respond);
    expect(written(set)).toEqual([{ path: PROXY, body: document.replace('>A<', '>B<') }]);
    // What the device says, which kept the old one.
    expect(set.result).toEqual({ channel: 1, name: 'A', rebootRequired: false });
    expect(failureOf(() => call(camera.setChannelName, { name: ' ' }, respond)).code).toBe('HIK_ARGUMENT');
  });
});

describe('the privacy mask', () => {
  const path = `${INPUT}/privacyMask`;
  const corner = (x: number, y: number) =>
    `<RegionCoordinates><positionX>${x}</positionX><positionY>${y}</positionY></RegionCoordinates>`;
  const mask = (...corners: string[]) =>
    `<PrivacyMask xmlns="urn:x"><enabled>false</enabled><PrivacyMaskRegionList size="4"><PrivacyMaskRegion><id>1</id><enabled>true</enabled><RegionCoordinatesList>${corners.join('')}</RegionCoordinatesList><maskType>red</maskType></PrivacyMaskRegion></PrivacyMaskRegionList></PrivacyMask>`;
  const BEFORE = mask(corner(0, 0), corner(704, 0), corner(704, 288), corner(0, 288));
  const respond = device({ [`GET ${path}`]: BEFORE, [`PUT ${path}`]: OK });

  it('is read from the upper left corner', () => {
    expect(call(camera.getPrivacyMask, {}, respond).result).toEqual({
      channel: 1,
      enabled: false,
      areas: [
        {
          area: 1,
          enabled: true,
          kind: 'red',
          points: [
            { xPercent: 0, yPercent: 100 },
            { xPercent: 100, yPercent: 100 },
            { xPercent: 100, yPercent: 50 },
            { xPercent: 0, yPercent: 50 },
          ],
        },
      ],
    });
    expect(call(camera.getPrivacyMask, {}, device({ [path]: mask() })).result?.areas).toEqual([]);
    expect(failureOf(() => call(camera.getPrivacyMask, {}, device({ [path]: '<Mask/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('is switched without touching its areas', () => {
    expect(written(call(camera.setPrivacyMask, { enabled: true }, respond))).toEqual([
      { path, body: BEFORE.replace('false', 'true') },
    ]);
  });

  it('takes its areas, keeps what else they have, and forgets those that are too many', () => {
    const area = { left: 25, top: 0, right: 75, bottom: 50 };
    expect(written(call(camera.setPrivacyMask, { areas: [area] }, respond))[0]?.body).toBe(
      mask(corner(176, 288), corner(528, 288), corner(528, 576), corner(176, 576)),
    );
    expect(written(call(camera.setPrivacyMask, { areas: [] }, respond))[0]?.body).toContain('size="4"></Privacy');
    // What was read can be written back.
    const { result } = call(camera.getPrivacyMask, {}, respond);
    expect(written(call(camera.setPrivacyMask, { areas: result?.areas }, respond))[0]?.body).toBe(BEFORE);
  });

  it('refuses what is no area', () => {
    for (const areas of [
      5,
      [5],
      [{ left: 0 }],
      [{ left: 5, top: 0, right: 5, bottom: 9 }],
      [{ points: [] }],
      new Array(25).fill({}),
    ]) {
      expect(failureOf(() => call(camera.setPrivacyMask, { areas }, respond)).code).toBe('HIK_ARGUMENT');
    }
    expect(failureOf(() => call(camera.setPrivacyMask, {}, respond)).code).toBe('HIK_ARGUMENT');
  });
});

describe('siren and flashing light', () => {
  const base = '/ISAPI/Event/triggers/notifications';
  const own = `${base}/channels/1/AudioAlarm`;
  const audio = (extra: string) => reply(200, `{"AudioAlarm":{"audioID":2,${extra}"audioVolume":"40","other":[1]}}`);
  const caps = reply(
    200,
    '{"AudioAlarmCap":{"audioTypeListCap":[{"audioID":1,"audioDescription":"Siren"},{"audioID":2}],"audioVolume":{"@min":1,"@max":50}}}',
  );

  it('is read at the channel, then at the device', () => {
    const respond = device({
      [`${base}/AudioAlarm?format=json`]: audio('"audioClass":"alertAudio",'),
      [`${base}/AudioAlarm/capabilities?format=json`]: caps,
    });
    expect(call(camera.getSiren, {}, respond).result).toEqual({
      channel: 1,
      sound: 2,
      soundClass: 'alertAudio',
      volume: 40,
      times: null,
      sounds: [
        { sound: 1, description: 'Siren' },
        { sound: 2, description: null },
      ],
    });
    // The siren of a recorder is not that of its second camera.
    expect(failureOf(() => call(camera.getSiren, { channel: 2 }, respond)).code).toBe('HIK_UNSUPPORTED');
  });

  it('is set and sounded', () => {
    const path = `${own}?format=json`;
    const respond = device({
      [`GET ${path}`]: audio('"audioClass":"customAudio",'),
      [`PUT ${path}`]: reply(200, '{"statusCode":1,"statusString":"OK","subStatusCode":"ok"}'),
      [`${own}/capabilities?format=json`]: caps,
      [`PUT ${own}/2/test?format=json`]: OK,
    });
    const set = call(camera.setSiren, { sound: 1, volume: 50 }, respond);
    expect(JSON.parse(written(set)[0]?.body ?? '')).toEqual({
      AudioAlarm: { audioID: 1, audioClass: 'alertAudio', alertAudioID: 1, audioVolume: 50, other: [1] },
    });
    expect(failureOf(() => call(camera.setSiren, { volume: 60, sound: 9 }, respond)).message).toMatch(
      /one of 1 Siren, 2 on this device.*from 1 to 50/,
    );
    expect(call(camera.soundSiren, {}, respond).result).toEqual({ channel: 1, sound: 2 });
    expect(failureOf(() => call(camera.soundSiren, { sound: 7 }, respond)).code).toBe('HIK_ARGUMENT');
  });

  it('is not something else', () => {
    for (const [body, code] of [
      ['{"Other":{}}', 'HIK_UNSUPPORTED'],
      ['[]', 'HIK_UNSUPPORTED'],
      ['<AudioAlarm/>', 'HIK_UNSUPPORTED'],
      ['{"AudioAlarm":', 'HIK_PROTOCOL'],
      ['', 'HIK_PROTOCOL'],
    ]) {
      const respond: Responder = () => reply(200, body);
      expect(failureOf(() => call(camera.getSiren, {}, respond)).code, body).toBe(code);
    }
    expect(failureOf(() => call(camera.soundSiren, {}, () => reply(200, '{"AudioAlarm":{}}'))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });

  it('flashes', () => {
    const path = `${base}/channels/1/whiteLightAlarm?format=json`;
    const respond = device({
      [`GET ${path}`]: reply(200, '{"WhiteLightAlarm":{"durationTime":5,"frequency":"high","TimeRangeList":[]}}'),
      [`PUT ${path}`]: OK,
      [`${base}/channels/1/whiteLightAlarm/capabilities?format=json`]: reply(
        200,
        '{"WhiteLightAlarmCap":{"frequency":{"@opt":["high","low"]}}}',
      ),
    });
    expect(call(camera.getFlashingLight, {}, respond).result).toEqual({ channel: 1, forSeconds: 5, frequency: 'high' });
    const set = call(camera.setFlashingLight, { forSeconds: 9, frequency: 'low' }, respond);
    expect(written(set)[0]?.body).toBe('{"WhiteLightAlarm":{"durationTime":9,"frequency":"low","TimeRangeList":[]}}');
    expect(failureOf(() => call(camera.setFlashingLight, { frequency: 'medium' }, respond)).message).toContain(
      'high, low',
    );
  });
});
