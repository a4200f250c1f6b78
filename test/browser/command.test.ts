/** The dialog of a command in a real browser, against a simulated camera: it narrows, names, tries, and writes the line. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { commandList } from '../../lib/index';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME, type Simulator } from '../../lib/simulator';
import { browserNote, hasBrowser } from '../support/browser';
import { EditorPage } from '../support/editor-page';
import { nodeRed } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let simulator: Simulator;
let editor: EditorPage;
let page: Page;

const device: RuntimeNode = {
  id: 'aaaa000000000001',
  type: 'hsp-config',
  name: 'Cam',
  host: '127.0.0.1',
  protocol: 'http',
  tls: 'system',
  credentials: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD },
};
/** Nobody listens there. */
const absent: RuntimeNode = { ...device, id: 'aaaa000000000002', name: 'Gone', port: '9' };
const SNAPSHOT = 'bbbb000000000001';
const PRESET = 'bbbb000000000002';
const ABSENT = 'bbbb000000000003';
const PANEL = 'bbbb000000000004';

async function open(id: string): Promise<void> {
  await editor.open(id);
  await page.waitForSelector('#hsp-command-count');
}

const said = (name: string) => page.innerText(`#hsp-command-${name}`);
const line = () => page.inputValue('#hsp-command-line');
const row = (parameter: string) => page.locator('.form-row', { has: page.locator(`#node-input-hsp-arg-${parameter}`) });

/** The device answers in its own time. */
const eventually = (look: () => Promise<string>) => expect.poll(look, { timeout: 8_000 });

/** Waits until the device has said what it can do. */
function answered(): Promise<void> {
  return eventually(() => said('count')).toContain('hidden');
}

async function choose(command: string): Promise<void> {
  await page.selectOption('#node-input-command', command);
}

async function setType(parameter: string, label: string): Promise<void> {
  await row(parameter).locator('.red-ui-typedInput-type-select').click();
  await page.locator('.red-ui-typedInput-options:visible a', { hasText: label }).first().click();
}

describe.skipIf(!hasBrowser)(`a command in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    ({ simulator } = whole);
    const wired = { z: 'ffff000000000001', type: 'hsp-command', x: 200, wires: [[]] };
    await whole.runtime.setFlows([
      { id: 'ffff000000000001', type: 'tab', label: 'Test' },
      { ...device, port: String(simulator.httpPort) },
      absent,
      { ...wired, id: SNAPSHOT, device: device.id, y: 80, command: 'camera.snapshot', args: {} },
      {
        ...wired,
        id: PRESET,
        device: device.id,
        y: 140,
        command: 'camera.gotoPreset',
        args: { preset: { type: 'num', value: '2' } },
      },
      { ...wired, id: ABSENT, device: absent.id, y: 200, command: 'camera.snapshot', args: {} },
      { ...wired, id: PANEL, device: device.id, y: 260, command: 'event.armPanel', args: {} },
    ]);
    editor = await EditorPage.at(whole.runtime.url, { permissions: ['clipboard-read', 'clipboard-write'] });
    ({ page } = editor);
  }, 60_000);

  afterAll(async () => {
    await editor.close();
    await whole.close();
  });

  afterEach(() => editor.cancelIfOpen());

  it('shows what the device can do, and all on wish', async () => {
    await open(SNAPSHOT);
    await answered();
    const options = page.locator('#node-input-command option');
    const few = await options.count();
    expect(few).toBeLessThan(commandList().length);
    expect(await page.locator('#node-input-command option[value="event.armPanel"]').count()).toBe(0);
    expect(await said('count')).toMatch(/^Commands: \d+, hidden because the device does not have them: \d+$/);
    await editor.picture('command-narrowed');
    await page.check('#hsp-command-all');
    expect(await options.count()).toBe(commandList().length + 1);
    await choose('event.armPanel');
    expect(await page.isVisible('#hsp-command-lacking')).toBe(true);
    await page.uncheck('#hsp-command-all');
    // What is chosen stays, whatever the list shows.
    expect(await page.inputValue('#node-input-command')).toBe('event.armPanel');
  });

  it('keeps a command that the device lacks, and says so', async () => {
    await open(PANEL);
    await answered();
    expect(await page.inputValue('#node-input-command')).toBe('event.armPanel');
    expect(await said('lacking')).toBe('The device says that it does not have this.');
    await editor.picture('command-lacking');
  });

  it('is searched and chosen with the keyboard alone', async () => {
    await open(SNAPSHOT);
    await answered();
    await page.focus('#hsp-command-search');
    await page.keyboard.type('go preset');
    await editor.picture('command-searched');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    expect(await page.inputValue('#node-input-command')).not.toBe('camera.snapshot');
    expect(await said('summary')).not.toBe('');
  });

  it('is found by the class of devices, and warns of what is dangerous', async () => {
    await open(ABSENT);
    const count = async () => Number(/\d+/.exec(await said('count'))?.[0]);
    expect(await count()).toBe(commandList().length);
    await page.selectOption('#hsp-command-class', 'Alarm panels');
    expect(await count()).toBeGreaterThan(0);
    expect(await count()).toBeLessThan(40);
    await editor.picture('command-class');
    await page.selectOption('#hsp-command-class', '');
    expect(await page.isVisible('#hsp-command-danger')).toBe(false);
    await choose('config.reboot');
    expect(await page.isVisible('#hsp-command-danger')).toBe(true);
  });

  it('offers the names of channels and presets', async () => {
    await open(PRESET);
    await answered();
    // What stands in the flow is shown with its name, and stays the number that it is.
    await eventually(() => row('preset').innerText()).toContain('2 Car park');
    await eventually(() => row('channel').innerText()).toContain('default: 1 Yard');
    expect(await line()).toMatch(/ camera\.gotoPreset --preset 2$/);
    await row('preset').locator('.red-ui-typedInput-option-trigger').click();
    const menu = page.locator('.red-ui-typedInput-options:visible a');
    expect(await menu.allInnerTexts()).toEqual(expect.arrayContaining(['1 Gate', '3 Front door']));
    await editor.picture('command-names');
    await menu.filter({ hasText: '3 Front door' }).click();
    expect(await line()).toMatch(/ --preset 3$/);
    await editor.expectForEverybody();
    await editor.done();
    expect(await page.evaluate(`RED.nodes.node(${JSON.stringify(PRESET)}).args.preset`)).toEqual({
      type: 'num',
      value: '3',
    });
  });

  it('shows the picture of a snapshot', async () => {
    await open(SNAPSHOT);
    await page.click('#hsp-command-try');
    await page.waitForSelector('#hsp-command-answer img');
    const width = await page.evaluate(`(async () => {
      const image = document.querySelector('#hsp-command-answer img');
      await image.decode();
      return image.naturalWidth;
    })()`);
    expect(width).toBeGreaterThan(100);
    expect(await said('try-state')).toMatch(/^Done in \d+\.\d\d s\.$/);
    expect(await said('answer')).toContain('image/jpeg');
    await page.locator('#hsp-command-terminal').scrollIntoViewIfNeeded();
    await editor.picture('command-tried');
    await editor.expectForEverybody();
  });

  it('asks before it moves the camera', async () => {
    const moves = () => simulator.log.filter(({ path }) => path.includes('/presets/') && path.endsWith('/goto')).length;
    await open(PRESET);
    await answered();
    const before = moves();
    await page.click('#hsp-command-try');
    await page.waitForSelector('#hsp-command-yes');
    expect(await said('question')).toContain('This does something on the device now.');
    expect(await said('question')).toMatch(/Preset: [23]\n/);
    await page.locator('#hsp-command-terminal').scrollIntoViewIfNeeded();
    await editor.picture('command-asks');
    await page.click('#hsp-command-no');
    expect(await said('try-state')).toBe('Nothing was done.');
    expect(moves()).toBe(before);
    await page.click('#hsp-command-try');
    await page.click('#hsp-command-yes');
    await eventually(() => said('try-state')).toMatch(/^Done/);
    expect(moves()).toBe(before + 1);
  });

  it('wants a tick for what is dangerous, and asks for what a message would bring', async () => {
    await open(SNAPSHOT);
    await answered();
    await choose('config.reboot');
    await page.click('#hsp-command-try');
    await page.waitForSelector('#hsp-command-yes');
    expect(await page.isDisabled('#hsp-command-yes')).toBe(true);
    await page.check('#hsp-command-sure');
    expect(await page.isDisabled('#hsp-command-yes')).toBe(false);
    await page.locator('#hsp-command-terminal').scrollIntoViewIfNeeded();
    await editor.picture('command-danger-asked');
    expect(await editor.barriers()).toEqual([]);
    await choose('camera.gotoPreset');
    expect(await page.locator('#hsp-command-yes').count()).toBe(0);
    await page.click('#hsp-command-try');
    await page.fill('#hsp-command-value-preset', '1');
    await page.locator('#hsp-command-terminal').scrollIntoViewIfNeeded();
    await editor.picture('command-values');
    await page.click('#hsp-command-try');
    await page.waitForSelector('#hsp-command-yes');
    expect(await said('question')).toContain('Preset: 1');
  });

  it('tells at once what is wrong with a number', async () => {
    await open(PRESET);
    await answered();
    await eventually(() => row('preset').innerText()).toContain('known to the device');
    await setType('preset', 'number');
    const input = row('preset').locator('.red-ui-typedInput-input');
    await input.fill('301');
    await input.press('End');
    expect(await row('preset').innerText()).toContain('Only 1 to 300 is possible.');
    expect(await input.getAttribute('aria-invalid')).toBe('true');
    const described = (await input.getAttribute('aria-describedby')) ?? '';
    expect(described).toContain('node-input-hsp-arg-preset-wrong');
    await editor.picture('command-wrong');
    expect(await editor.barriers()).toEqual([]);
    await page.click('#hsp-command-try');
    expect(await said('try-state')).toBe('Correct the marked field first.');
    await input.fill('7');
    await input.press('End');
    expect(await input.getAttribute('aria-invalid')).toBe('false');
  });

  it('copies the line', async () => {
    await open(SNAPSHOT);
    await answered();
    await eventually(line).toContain(`${SIMULATOR_USERNAME}@127.0.0.1`);
    expect(await line()).toBe(`hsp call http://${SIMULATOR_USERNAME}@127.0.0.1:${simulator.httpPort} camera.snapshot`);
    await page.click('#hsp-command-copy');
    await eventually(() => said('copied')).toBe('Copied.');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await line());
    expect(await said('line-hint')).toContain('HSP_PASSWORD');
  });

  it('says once why a device is not asked, and stays usable', async () => {
    await open(ABSENT);
    await eventually(() => said('device-state')).toContain('no connection');
    expect(await said('count')).toBe(`Commands: ${commandList().length}`);
    expect(await page.isVisible('#hsp-command-all')).toBe(false);
    await page.click('#hsp-command-try');
    await page.waitForSelector('#hsp-command-answer .hsp-box');
    expect(await said('answer')).toMatch(/no connection \(HIK_UNREACHABLE\)[\s\S]*What to do:/);
    await page.locator('#hsp-command-terminal').scrollIntoViewIfNeeded();
    await editor.picture('command-absent');
  });

  it('folds many parameters, each with its unit', async () => {
    await open(SNAPSHOT);
    await answered();
    await choose('stream.set');
    await page.click('#hsp-command-parameters summary');
    await page.locator('#node-input-hsp-arg-bitrateKbps').waitFor({ state: 'attached' });
    expect(await row('bitrateKbps').innerText()).toContain('kbit/s');
    await editor.picture('command-many');
    expect(await editor.overflowing()).toEqual([]);
  });

  it('nothing was reported on the console', () => {
    expect(editor.complaints).toEqual([]);
  });
});
