/** The camera family on the built-in devices: what was set can be read back, what was done has its effect. */
import { describe, expect, it } from 'vitest';
import { commandList, type HikvisionClient } from '../../lib/index';
import type { ModelName } from '../../lib/simulator';
import { codeOf, hikvisionClient, turns } from '../support/clients';
import { FakeClock } from '../support/fake-clock';
import { clientOf, simulator } from '../support/simulators';

const MODELS = ['camera', 'nvr'] as const satisfies readonly ModelName[];

async function opened(model: ModelName): Promise<HikvisionClient['camera']> {
  return hikvisionClient(await simulator(model)).camera;
}

describe.each(MODELS)('a %s', (model) => {
  it('answers every command of the family', async () => {
    const client = hikvisionClient(await simulator(model));
    const names = commandList()
      // Device classes of their own and sound have tests of their own.
      .filter(({ family, deviceClass, needs }) => family === 'camera' && deviceClass === null && needs !== 'talk');
    expect(names.length).toBeGreaterThan(40);
    const outcomes: string[] = [];
    for (const { name, example } of names) outcomes.push(`${name} ${await codeOf(client.call(name, example))}`);

    expect(outcomes.filter((line) => !line.endsWith(' fine'))).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(40);
  });

  it('keeps what is set of the picture', async () => {
    const camera = await opened(model);
    expect(await camera.setImage({ brightness: 70, wdr: 'open', mirror: true, mirrorStyle: 'updown' })).toMatchObject({
      brightness: 70,
      contrast: 50,
      wdr: 'open',
      mirror: true,
      mirrorStyle: 'UPDOWN',
    });
    expect(await camera.getImage()).toMatchObject({ brightness: 70, wdr: 'open' });
    expect(await codeOf(camera.setImage({ shutter: '1/3' }))).toBe('HIK_ARGUMENT');
    await camera.setDayNight({ mode: 'night', delaySeconds: 30 });
    expect(await camera.getDayNight()).toMatchObject({ mode: 'night', delaySeconds: 30, sensitivity: 4 });
    expect(await codeOf(camera.setDayNight({ mode: 'eventTrigger' }))).toBe('HIK_ARGUMENT');
    expect(await camera.switchWhiteLight({ on: true, brightness: 25 })).toMatchObject({ whiteBrightness: 25 });
    expect(await camera.switchWhiteLight({ on: false })).toMatchObject({ mode: 'eventIntelligence' });
  });

  it('keeps texts, names and areas', async () => {
    const camera = await opened(model);
    await camera.setOverlayText({ line: 2, text: 'Delivery <here>', xPercent: 50, yPercent: 50 });
    await camera.setDateTimeOverlay({ dateStyle: 'dd-mm-yyyy' });
    await camera.setNameOverlay({ enabled: false });
    const overlays = await camera.getOverlays();
    expect(overlays.texts[1]).toEqual({
      line: 2,
      enabled: true,
      text: 'Delivery <here>',
      xPercent: 50,
      yPercent: 50,
    });
    expect(overlays.dateTime?.dateStyle).toBe('DD-MM-YYYY');
    expect(overlays.name?.enabled).toBe(false);
    await camera.setChannelName({ name: 'Back yard' });
    expect(await camera.getChannelName()).toEqual({ channel: 1, name: 'Back yard' });
    const areas = [{ left: 0, top: 0, right: 25, bottom: 25 }];
    const mask = await camera.setPrivacyMask({ enabled: true, areas });
    expect(mask.enabled).toBe(true);
    expect(mask.areas[0]?.points[2]).toEqual({ xPercent: 25, yPercent: 0 });
    expect(await camera.getPrivacyMask()).toEqual({ channel: 1, enabled: mask.enabled, areas: mask.areas });
  });

  it('keeps sound and flash, and plays what it has', async () => {
    const camera = await opened(model);
    expect(await camera.setSiren({ sound: 3, volume: 5 })).toMatchObject({ sound: 3, volume: 5, times: 3 });
    expect(await camera.soundSiren()).toEqual({ channel: 1, sound: 3 });
    expect(await codeOf(camera.soundSiren({ sound: 9 }))).toBe('HIK_ARGUMENT');
    expect(await camera.setFlashingLight({ frequency: 'normallyOn' })).toMatchObject({ frequency: 'normallyOn' });
  });

  it('goes where it is sent', async () => {
    const camera = await opened(model);
    await camera.moveAbsolute({ azimuth: 120, elevation: 30, zoom: 4 });
    expect(await camera.position()).toEqual({ channel: 1, azimuthDegrees: 120, elevationDegrees: 30, zoomFactor: 4 });
    expect(await camera.storePreset({ preset: 9, name: 'Gate, close' })).toMatchObject({ name: 'Gate, close' });
    await camera.gotoHome();
    expect((await camera.position()).azimuthDegrees).toBe(0);
    await camera.gotoPreset({ preset: 9 });
    expect((await camera.position()).zoomFactor).toBe(4);
    await camera.deletePreset({ preset: 9 });
    expect(await codeOf(camera.gotoPreset({ preset: 9 }))).toBe('HIK_NOT_FOUND');
    expect(await codeOf(camera.storePreset({ preset: 95 }))).toBe('HIK_ARGUMENT');
    expect(await codeOf(camera.moveAbsolute({ azimuth: 1, elevation: 91, zoom: 1 }))).toBe('HIK_ARGUMENT');
    // The right half of the picture, of which the middle lies to the right.
    const before = await camera.position();
    await camera.zoomToArea({ left: 50, top: 0, right: 100, bottom: 100 });
    const after = await camera.position();
    expect(after.zoomFactor).toBeCloseTo(8, 0);
    expect(after.azimuthDegrees).toBeGreaterThan(before.azimuthDegrees ?? 0);
    expect(after.elevationDegrees).toBe(before.elevationDegrees);
  });

  it('goes round a patrol until it is stopped', async () => {
    const clock = new FakeClock();
    const camera = hikvisionClient(await simulator(model, { clock })).camera;
    const [first] = await camera.listPatrols();
    expect(first?.stops.map(({ preset }) => preset)).toEqual([1, 2, 3, 34]);
    await camera.startPatrol({ patrol: 1 });
    expect((await camera.position()).azimuthDegrees).toBe(45);
    await clock.advance(10_000);
    expect((await camera.position()).azimuthDegrees).toBe(180);
    await camera.stopPatrol({ patrol: 1 });
    expect(await codeOf(camera.stopPatrol({ patrol: 1 }))).toBe('HIK_REFUSED');
  });

  it('keeps the park action', async () => {
    const camera = await opened(model);
    await camera.setParkAction({ enabled: true, afterSeconds: 30, action: 'PATROL', number: 2 });
    expect(await camera.getParkAction()).toEqual({
      channel: 1,
      enabled: true,
      afterSeconds: 30,
      action: 'patrol',
      number: 2,
    });
    expect(await codeOf(camera.setParkAction({ enabled: true, afterSeconds: 1 }))).toBe('HIK_ARGUMENT');
  });
});

/** A command that cannot be called without arguments. */

describe('focus, lamp and wiper', () => {
  it('are told to stop, over both faces', async () => {
    const clock = new FakeClock();
    const device = await simulator('camera', { clock });
    const camera = hikvisionClient(device, { clock }).camera;
    const http = clientOf(device);
    const speed = async () =>
      /<focus>(-?\d+)/.exec((await http.get('/ISAPI/System/Video/inputs/channels/1/focus')).text)?.[1];
    const moving = camera.focus({ speed: -40, forMs: 1_000 });
    await turns();
    expect(await speed()).toBe('-40');
    await clock.advance(1_000);
    expect((await moving).stopped).toBe(true);
    expect(await speed()).toBe('0');
    await camera.switchWiper({ on: true });
    expect((await http.get('/ISAPI/PTZCtrl/channels/1/auxcontrols')).text.replace(/\s/g, '')).toContain(
      '<type>WIPER</type><status>on</status>',
    );
  });
});

describe('what does not turn', () => {
  it('says so', async () => {
    const door = await opened('doorstation');
    const codes = await Promise.all([
      codeOf(door.position()),
      codeOf(door.ptzCapabilities()),
      codeOf(door.getImage()),
      codeOf(door.getSiren()),
    ]);
    expect(codes).toEqual(new Array(4).fill('HIK_UNSUPPORTED'));
    const recorder = await opened('nvr');
    expect(await codeOf(recorder.gotoHome({ channel: 2 }))).toBe('HIK_UNSUPPORTED');
    expect((await recorder.getImage({ channel: 8 })).brightness).toBe(50);
    expect((await recorder.getChannelName({ channel: 8 })).name).toBe('Barn');
  });
});
