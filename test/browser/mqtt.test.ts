/** The dialog of `hsp-mqtt` in a real browser: what there will be at the broker is seen before anything is deployed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { startBroker, type Broker } from '../demo/broker';
import { browserNote, hasBrowser } from '../support/browser';
import { EditorPage } from '../support/editor-page';
import { nodeRed } from '../support/flow';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let broker: Broker;
let editor: EditorPage;

describe.skipIf(!hasBrowser)(`the dialog of hsp-mqtt in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    broker = await startBroker(0);
    const wired = { z: 'ffff000000000001', x: 200, wires: [[]] };
    await whole.runtime.setFlows([
      { id: 'ffff000000000001', type: 'tab', label: 'Test' },
      {
        ...{ id: 'aaaa000000000001', type: 'hsp-config', name: 'Front door', host: '127.0.0.1', protocol: 'http' },
        port: String(whole.simulator.httpPort),
        credentials: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD },
      },
      // Without a broker: it connects to nothing, and nothing is published.
      { ...wired, id: 'bbbb000000000001', type: 'hsp-mqtt', y: 80, base: 'hikvision', discovery: true },
    ]);
    editor = await EditorPage.at(whole.runtime.url);
  }, 60_000);

  afterAll(async () => {
    await editor.close();
    await broker.close();
    await whole.close();
  });

  const untilText = (selector: string, text: string) =>
    editor.page.waitForFunction(
      ([where, what]) =>
        (globalThis as unknown as { $: (selector: string) => { text(): string } }).$(where).text().includes(what),
      [selector, text] as const,
    );

  it('shows topics and entities, and follows the fields', { timeout: 60_000 }, async () => {
    const { page } = editor;
    await editor.open('bbbb000000000001');
    await editor.picture('mqtt');
    expect(await editor.unnamed()).toEqual([]);
    expect(await editor.overflowing()).toEqual([]);
    await page.click('#hsp-mqtt-show');
    await untilText('#hsp-mqtt-count', 'entities');
    const summary = page.locator('#hsp-mqtt-preview summary', { hasText: 'Front door' });
    await summary.focus();
    await page.keyboard.press('Enter');
    await untilText('#hsp-mqtt-preview', 'hikvision/front-door/1/motion');
    await untilText('#hsp-mqtt-preview', 'binary_sensor');
    expect(await page.innerText('#hsp-mqtt-preview')).not.toMatch(/hsp-mqtt\.|__/);
    await summary.blur();
    await page.locator('#hsp-mqtt-devices').evaluate((devices) => devices.scrollIntoView({ block: 'start' }));
    await editor.picture('mqtt-preview');
    expect(await editor.overflowing()).toEqual([]);

    const asked = whole.simulator.log.length;
    await page.fill('#node-input-base', 'site/a');
    await untilText('#hsp-mqtt-preview', 'site/a/front-door/1/motion');
    await page.selectOption('#hsp-mqtt-devices select', 'act');
    await untilText('#hsp-mqtt-preview', 'site/a/front-door/command/{family}/{command}');
    await page.selectOption('#node-input-language', 'de');
    await untilText('#hsp-mqtt-preview', 'Bewegung');
    // The device told what it has once.
    expect(whole.simulator.log.length).toBe(asked);
    await page.fill('#node-input-base', 'a/#');
    await untilText('#hsp-mqtt-preview', 'none that brokers take');
    await page.fill('#node-input-base', 'hikvision');
    await untilText('#hsp-mqtt-preview', 'hikvision/front-door/1/motion');
    await editor.cancel();
  });

  it('says whether the broker lets us in', async () => {
    const { page } = editor;
    await editor.open('bbbb000000000001');
    await page.fill('#node-input-url', `mqtt://127.0.0.1:${broker.port}`);
    await page.click('#hsp-mqtt-test');
    await untilText('#hsp-mqtt-verdict', 'lets us in');
    await page.fill('#node-input-url', 'mqtt://127.0.0.1:1');
    await page.click('#hsp-mqtt-test');
    await untilText('#hsp-mqtt-verdict', 'not reached');
    await editor.picture('mqtt-test');
    expect(await editor.overflowing()).toEqual([]);
    await editor.cancel();
  });

  it('nothing was reported on the console but the refused topic', () => {
    expect(editor.complaints.filter((text) => !/422 .*\/hsp\/mqtt\/preview\)$/.test(text))).toEqual([]);
  });
});
