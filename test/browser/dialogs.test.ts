/** Every dialog in a real browser, against a simulated camera: nothing is reported on the console, and what is shown is true. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { projectRoot } from '../support/built';
import { nodeRed, until } from '../support/flow';
import type { Runtime, RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Given: a picture of every dialog is kept there. */
const PICTURES = process.env.HSP_PICTURES;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

const hasBrowser = existsSync(CHROMIUM);

let whole: Whole;
let runtime: Runtime;
let simulator: Simulator;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

const device: RuntimeNode = {
  id: 'aaaa000000000001',
  type: 'hsp-config',
  name: 'Cam',
  host: '127.0.0.1',
  protocol: 'http',
  tls: 'system',
  credentials: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD },
};

async function open(id: string, type = 'node'): Promise<void> {
  await page.evaluate(
    ([node, kind]) => {
      const RED = (globalThis as unknown as { RED: EditorGlobal }).RED;
      const found = RED.nodes.node(node);
      if (kind === 'config') RED.editor.editConfig('', found.type, node);
      else RED.editor.edit(found);
    },
    [id, type] as const,
  );
  await page.waitForSelector(type === 'config' ? '#node-config-dialog-ok' : '#node-dialog-ok');
  await page.waitForTimeout(400);
}

interface EditorGlobal {
  readonly nodes: { node(id: string): { readonly type: string } };
  readonly editor: { edit(node: object): void; editConfig(name: string, type: string, id: string): void };
}

async function cancel(type = 'node'): Promise<void> {
  await page.click(type === 'config' ? '#node-config-dialog-cancel' : '#node-dialog-cancel');
  await page.waitForTimeout(400);
}

async function picture(name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  // They lie over the dialog, and Node-RED takes them away by itself.
  const style = '.red-ui-notification { visibility: hidden }';
  await page.screenshot({ path: join(PICTURES, `${name}.png`), style });
}

/** Fields that a screen reader could not name. */
function unnamedFields(): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.red-ui-editor .form-row input, .red-ui-editor .form-row select, .red-ui-editor .form-row button')]
    .filter((field) => field.offsetParent !== null && (field.id.startsWith('node-') || field.id.startsWith('hsp-')))
    .filter((field) => (field.labels?.length ?? 0) === 0 && !field.getAttribute('aria-label') && field.textContent.trim() === '')
    .map((field) => field.id)`);
}

describe.skipIf(!hasBrowser)(`the dialogs in Chromium on ${nodeRed}${hasBrowser ? '' : ` (no ${CHROMIUM})`}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    ({ runtime, simulator } = whole);
    const wired = { z: 'ffff000000000001', device: device.id, x: 200, wires: [[]] };
    await runtime.setFlows([
      { id: 'ffff000000000001', type: 'tab', label: 'Test' },
      { ...device, port: String(simulator.httpPort) },
      { ...wired, id: 'bbbb000000000001', type: 'hsp-event-in', y: 80, kinds: ['motion', 'plate'] },
      { ...wired, id: 'bbbb000000000002', type: 'hsp-command', y: 140, command: 'camera.snapshot', args: {} },
      { ...wired, id: 'bbbb000000000003', type: 'hsp-connect', y: 200 },
      // Without a broker: it connects to nothing.
      { ...wired, id: 'bbbb000000000004', type: 'hsp-mqtt', y: 260 },
    ]);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(runtime.url);
    await page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
    await page.waitForSelector('#red-ui-palette .red-ui-palette-node');
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await whole.close();
  });

  it('a device: finds, tests, and shows the fields that belong to a choice', { timeout: 40_000 }, async () => {
    await open(device.id, 'config');
    await picture('config');
    expect(await unnamedFields()).toEqual([]);
    await page.click('#hsp-config-test');
    await page.waitForSelector('#hsp-config-report li', { timeout: 20_000 });
    await page.locator('#hsp-config-report').scrollIntoViewIfNeeded();
    await picture('config-test');
    const report = await page.innerText('#hsp-config-report');
    expect(report).toContain('SIM-PTZ-4');
    expect(report).not.toMatch(/hsp-config\.|__/);
    await page.selectOption('#node-config-input-push', 'own');
    expect(await page.isVisible('#node-config-input-calledAt')).toBe(true);
    await page.locator('#node-config-input-site').scrollIntoViewIfNeeded();
    await picture('config-push');
    expect(await unnamedFields()).toEqual([]);
    await page.selectOption('#node-config-input-protocol', 'ehome');
    expect(await page.isVisible('#node-config-input-deviceId')).toBe(true);
    expect(await page.isVisible('#node-config-input-host')).toBe(false);
    await page.locator('#node-config-input-protocol').scrollIntoViewIfNeeded();
    await picture('config-ehome');
    await page.selectOption('#node-config-input-protocol', 'http');
    // The search itself is answered here: what is on the network of whoever runs the tests is their own affair.
    await page.route('**/hsp/discover', (route) =>
      route.fulfill({
        json: [
          { model: 'DS-2CD2385G1', address: '192.0.2.7', port: 80, firmware: 'V5.7.3', activated: true },
          { model: 'DS-KV6113', address: '192.0.2.8', port: 81, firmware: 'V2.2.45', activated: false },
        ],
      }),
    );
    await page.click('#hsp-config-find');
    await page.waitForSelector('#hsp-config-found table');
    await page.locator('#node-config-input-name').scrollIntoViewIfNeeded();
    await picture('config-found');
    await page.click('#hsp-config-found tbody tr:nth-child(2) button');
    expect(await page.inputValue('#node-config-input-host')).toBe('192.0.2.8');
    expect(await page.inputValue('#node-config-input-port')).toBe('81');
    await cancel('config');
  });

  it('a command: is found by words and by class, with the keyboard, and folds what may be left out', async () => {
    await open('bbbb000000000002');
    await picture('command');
    expect(await unnamedFields()).toEqual([]);
    const all = Number(/\d+/.exec(await page.innerText('#hsp-command-count'))?.[0]);
    // What the device lacks is hidden as soon as it has answered.
    expect(all).toBeGreaterThan(100);
    await page.selectOption('#hsp-command-class', 'Alarm panels');
    expect(Number(/\d+/.exec(await page.innerText('#hsp-command-count'))?.[0])).toBeLessThan(40);
    await picture('command-class');
    await page.selectOption('#hsp-command-class', '');
    await page.focus('#hsp-command-search');
    await page.keyboard.type('restart');
    await picture('command-search');
    await page.fill('#hsp-command-search', '');
    await page.selectOption('#node-input-command', 'config.reboot');
    expect(await page.isVisible('#hsp-command-danger')).toBe(true);
    await picture('command-danger');
    await page.selectOption('#node-input-command', 'camera.setImage');
    expect(
      await page.isVisible('#node-input-hsp-arg-channel ~ .red-ui-typedInput-container, #hsp-command-parameters'),
    ).toBe(true);
    await page.click('#hsp-command-parameters summary');
    await page.waitForTimeout(300);
    await picture('command-folded');
    expect(await page.locator('#hsp-command-parameters input[data-parameter]').count()).toBeGreaterThan(20);
    await cancel();
  });

  it('events: kinds in groups, ticked as the flow says', async () => {
    await open('bbbb000000000001');
    await picture('event-in');
    expect(await unnamedFields()).toEqual([]);
    expect(await page.isChecked('#node-input-hsp-kind-motion')).toBe(true);
    expect(await page.isChecked('#node-input-hsp-kind-tamper')).toBe(false);
    expect(await page.innerText('#hsp-event-in-kinds')).not.toContain('hsp-event-in.');
    await cancel();
  });

  it('a connection', async () => {
    await open('bbbb000000000003');
    await picture('connect');
    expect(await unnamedFields()).toEqual([]);
    await cancel();
  });

  it('a publisher', async () => {
    await open('bbbb000000000004');
    await picture('mqtt');
    expect(await unnamedFields()).toEqual([]);
    await cancel();
  });

  it('an example is imported, given a password, deployed, and is connected', { timeout: 60_000 }, async () => {
    const folder = join(projectRoot, 'examples');
    const name = readdirSync(folder).find((each) => each.startsWith('01')) ?? '';
    const nodes = (JSON.parse(readFileSync(join(folder, name), 'utf8')) as RuntimeNode[]).map((each) =>
      each.type === 'hsp-config' ? { ...each, host: '127.0.0.1', port: String(simulator.httpPort) } : each,
    );
    await page.evaluate('RED.actions.invoke("core:show-import-dialog")');
    await page.fill('#red-ui-clipboard-dialog-import-text', JSON.stringify(nodes));
    await page.press('#red-ui-clipboard-dialog-import-text', 'End');
    await page.click('#red-ui-clipboard-dialog-ok');
    await page.waitForTimeout(800);
    const imported = (type: string) =>
      page.evaluate<string>(`RED.nodes.filterNodes({ type: ${JSON.stringify(type)} }).at(-1)?.id`);
    for (const type of new Set(nodes.map((each) => each.type))) {
      if (!type.startsWith('hsp-') || type === 'hsp-config') continue;
      await open(await imported(type));
      await cancel();
    }
    const config = await page.evaluate<string>(
      `RED.nodes.node(${JSON.stringify(await imported('hsp-event-in'))}).device`,
    );
    expect(config).not.toBe(device.id);
    await open(config, 'config');
    await page.fill('#node-config-input-user', SIMULATOR_USERNAME);
    await page.fill('#node-config-input-password', SIMULATOR_PASSWORD);
    await page.click('#node-config-dialog-ok');
    await page.waitForTimeout(400);
    const seen = runtime.watch();
    const id = await imported('hsp-event-in');
    await page.click('#red-ui-header-button-deploy');
    // A node of this test that is not complete, the publisher without a broker, has to be confirmed.
    const confirm = page.locator('.red-ui-notification button.primary');
    await confirm.click({ timeout: 3_000 }).catch(() => undefined);
    await until('the example is connected', () =>
      seen.statuses.some((status) => status.id === id && /^green dot connected/.test(status.text)),
    );
    await picture('example');
  });

  it('nothing was reported on the console', () => {
    expect(complaints).toEqual([]);
  });
});
