/** The dialog of `hsp-event-in` in a real browser: filters are picked from what happens, and a flow is tried without a camera. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { browserNote, hasBrowser } from '../support/browser';
import { EditorPage } from '../support/editor-page';
import { nodeRed, until } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

/** Longer than from one question to the next. */
const SEVERAL_QUESTIONS_MS = 5_000;

let whole: Whole;
let recorder: Simulator;
let editor: EditorPage;

const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
const wired = { z: 'ffff000000000001', x: 200 };

async function deploy(): Promise<void> {
  const device = (id: string, name: string, { httpPort }: Simulator): RuntimeNode => ({
    ...{ id, type: 'hsp-config', name, host: '127.0.0.1', port: String(httpPort), protocol: 'http', credentials },
  });
  const seen = whole.runtime.watch();
  await whole.runtime.setFlows([
    { id: 'ffff000000000001', type: 'tab', label: 'Test' },
    device('aaaa000000000001', 'Cam', whole.simulator),
    device('aaaa000000000002', 'Recorder', recorder),
    { ...wired, id: 'bbbb000000000001', type: 'hsp-event-in', y: 80, device: 'aaaa000000000001', wires: [['dddd']] },
    { ...wired, id: 'bbbb000000000002', type: 'hsp-event-in', y: 140, device: 'aaaa000000000002', wires: [[]] },
    {
      ...{ ...wired, id: 'dddd', type: 'function', y: 80, wires: [[]] },
      func: "node.status({ text: msg.topic + ' ' + msg.payload.state + ' ' + msg.payload.source }); return null;",
    },
  ]);
  await until('both are connected', () =>
    ['bbbb000000000001', 'bbbb000000000002'].every((id) =>
      seen.statuses.some((status) => status.id === id && /^green dot/.test(status.text)),
    ),
  );
  await until('the streams are open', () => whole.simulator.streams === 1 && recorder.streams === 1);
}

describe.skipIf(!hasBrowser)(`the dialog of hsp-event-in in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    recorder = await Simulator.start({ device: builtInDevice('nvr') });
    await deploy();
    editor = await EditorPage.at(whole.runtime.url);
  }, 60_000);

  afterAll(async () => {
    await editor.close();
    await recorder.close();
    await whole.close();
  });

  it('shows what happens while it is open, and a row fills the filters in', { timeout: 40_000 }, async () => {
    const { page } = editor;
    await editor.open('bbbb000000000001');
    await page.waitForFunction("document.querySelector('#hsp-event-in-words').textContent.includes('Nothing yet')");
    await editor.picture('event-in-quiet');
    expect(await editor.unnamed()).toEqual([]);
    expect(await editor.overflowing()).toEqual([]);
    whole.simulator.sendEvent({ eventType: 'VMD', target: 'human' });
    whole.simulator.sendEvent({ eventType: 'linedetection', target: 'vehicle' });
    whole.simulator.sendEvent({ eventType: 'ANPR' });
    await page.waitForSelector('#hsp-event-in-seen li:nth-child(3)');
    expect(await page.locator('#hsp-event-in-seen li.hsp-held').count()).toBe(0);
    await editor.picture('event-in-seen');
    expect(await editor.overflowing()).toEqual([]);
    await page.locator('#hsp-event-in-seen li', { hasText: 'Motion' }).getByRole('button').press('Enter');
    expect(await page.inputValue('#node-input-channels')).toBe('1');
    expect(await page.inputValue('#node-input-targets')).toBe('human');
    expect(await page.isChecked('#node-input-hsp-kind-motion')).toBe(true);
    expect(await page.innerText('#hsp-event-in-count')).toMatch(/^1 of \d+$/);
    expect(await page.locator('#hsp-event-in-seen li.hsp-held').count()).toBe(2);
    // The keyboard stays where it was, though the row was drawn anew.
    expect(await page.evaluate("document.activeElement.closest('li').textContent")).toContain('Motion');
    expect(await page.innerText('#hsp-event-in-seen')).not.toMatch(/hsp-event-in\.|__/);
    await editor.picture('event-in-only');
    await editor.done();
    const saved = await page.evaluate<object>(
      "(({ kinds, channels, targets, regions }) => ({ kinds, channels, targets, regions }))(RED.nodes.node('bbbb000000000001'))",
    );
    expect(saved).toEqual({ kinds: ['motion'], channels: '1', targets: 'human', regions: '' });
  });

  it('asks no more when it is closed', async () => {
    const { page } = editor;
    let questions = 0;
    const count = (request: { url(): string }) => {
      if (request.url().endsWith('/hsp/event-in/recent')) questions++;
    };
    page.on('request', count);
    await page.clock.install();
    await editor.open('bbbb000000000002');
    await page.waitForFunction("document.querySelector('#hsp-event-in-words').textContent !== ''");
    await editor.cancel();
    const asked = questions;
    expect(asked).toBeGreaterThan(0);
    await page.clock.runFor(SEVERAL_QUESTIONS_MS);
    expect(questions).toBe(asked);
    page.off('request', count);
  });

  it('finds kinds by their names, and ticks whole groups, by the keyboard', async () => {
    const { page } = editor;
    await editor.open('bbbb000000000002');
    await page.focus('#hsp-event-in-search');
    await page.keyboard.type('line');
    expect(await page.isVisible('#node-input-hsp-kind-lineCrossing')).toBe(true);
    expect(await page.isVisible('#node-input-hsp-kind-motion')).toBe(false);
    await editor.picture('event-in-search');
    await page.fill('#hsp-event-in-search', 'zzz');
    expect(await page.isVisible('#hsp-event-in-kinds .hsp-nothing')).toBe(true);
    await page.fill('#hsp-event-in-search', '');
    const summary = page.locator('#hsp-event-in-kinds summary', { hasText: 'Perimeter' });
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.isChecked('#node-input-hsp-kind-loitering')).toBe(true);
    expect(await summary.innerText()).toContain('11 of 11');
    await summary.scrollIntoViewIfNeeded();
    await editor.picture('event-in-kinds');
    expect(await editor.overflowing()).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.innerText('#hsp-event-in-count')).toBe('all kinds');
    await editor.cancel();
  });

  it('offers the channels by the names that the device has', async () => {
    const { page } = editor;
    await editor.open('bbbb000000000002');
    await page.fill('#node-input-channels', '2-4');
    await page.click('#hsp-event-in-choose');
    await page.waitForSelector('#hsp-event-in-channel-8');
    const names = await page.innerText('#hsp-event-in-channels');
    expect(names).toContain('1 Gate');
    expect(names).toContain('8 Barn (offline)');
    expect(await page.isChecked('#hsp-event-in-channel-3')).toBe(true);
    await page.uncheck('#hsp-event-in-channel-3');
    await page.check('#hsp-event-in-channel-device');
    expect(await page.inputValue('#node-input-channels')).toBe('2, 4, device');
    await page.fill('#node-input-channels', '1');
    expect(await page.isChecked('#hsp-event-in-channel-1')).toBe(true);
    expect(await page.isChecked('#hsp-event-in-channel-4')).toBe(false);
    await editor.picture('event-in-channels');
    expect(await editor.overflowing()).toEqual([]);
    await editor.cancel();
  });

  it('sends a test event through the deployed node', async () => {
    const { page } = editor;
    const seen = whole.runtime.watch();
    await editor.open('bbbb000000000001');
    await page.waitForSelector('#hsp-event-in-try:not([disabled])');
    await page.selectOption('#hsp-event-in-test-kind', 'plate');
    await page.fill('#hsp-event-in-test-channel', '3');
    await page.click('#hsp-event-in-try');
    await until('the message', () =>
      seen.statuses.some(({ id, text }) => id === 'dddd' && text === 'Cam/3/plate once test'),
    );
    await page.waitForFunction("document.querySelector('#hsp-event-in-told').textContent === 'Sent.'");
    await page.locator('#hsp-event-in-told').scrollIntoViewIfNeeded();
    await editor.picture('event-in-test');
    expect(await editor.overflowing()).toEqual([]);
    await page.fill('#hsp-event-in-test-channel', 'x');
    await page.click('#hsp-event-in-try');
    await page.waitForFunction(
      "document.querySelector('#hsp-event-in-told').textContent.includes('did not understand')",
    );
    await editor.cancel();
  });

  it('says of a node that is new to deploy it first', async () => {
    const { page } = editor;
    const flow = [{ ...wired, id: 'bbbb000000000009', type: 'hsp-event-in', y: 300, device: '', wires: [[]] }];
    await page.evaluate(`RED.view.importNodes(${JSON.stringify(flow)}, { generateIds: false, touchImport: true })`);
    await editor.open('bbbb000000000009');
    await page.waitForSelector('#hsp-event-in-deploy', { state: 'visible' });
    expect(await page.isDisabled('#hsp-event-in-try')).toBe(true);
    expect(await page.innerText('#hsp-event-in-words')).toContain('Deploy first');
    await editor.cancel();
  });

  it('nothing was reported on the console but the refusal that was asked for', () => {
    expect(editor.complaints.filter((text) => !/422 .*\/hsp\/event-in\/test\)$/.test(text))).toEqual([]);
  });
});
