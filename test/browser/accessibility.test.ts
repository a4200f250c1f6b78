/** Every dialog, light and dark: axe-core finds nothing serious in what is ours, and everything can be reached by the keyboard. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { browserNote, hasBrowser, launchBrowser, picture, seriousFindings, watchedPage } from '../support/browser';
import { nodeRed } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

/** Node-RED puts fields into every dialog that keep password managers away; they stand outside of the visible page. */
const NOT_OURS = ['[id^="red-ui-trap-"]'];

const TAB = 'ffff000000000001';
const DEVICE = 'aaaa000000000001';
const NODES: Readonly<Record<string, Partial<RuntimeNode>>> = {
  'hsp-event-in': { kinds: ['motion', 'plate'] },
  'hsp-command': { command: 'camera.setImage', args: {} },
  'hsp-connect': {},
  'hsp-mqtt': {},
};

let whole: Whole;
let browser: Browser;

describe.skipIf(!hasBrowser)(`the dialogs for everybody, in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
    const port = String(whole.simulator.httpPort);
    await whole.runtime.setFlows([
      { id: TAB, type: 'tab', label: 'Test' },
      { id: DEVICE, type: 'hsp-config', name: 'Cam', host: '127.0.0.1', port, protocol: 'http', credentials },
      ...Object.entries(NODES).map(([type, more], index) => ({
        ...{ id: `bbbb00000000000${index}`, type, z: TAB, device: DEVICE, x: 200, y: 80 + 60 * index, wires: [[]] },
        ...more,
      })),
    ]);
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await whole.close();
  });

  // Node-RED 4 has no dark theme of its own: there both are the light one.
  describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
    it.each(['hsp-config', ...Object.keys(NODES)])('%s', { timeout: 60_000 }, async (type) => {
      const { page, complaints } = await watchedPage(browser, { colorScheme });
      await page.goto(whole.runtime.url);
      await page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
      await page.waitForSelector('#red-ui-palette .red-ui-palette-node');
      const id = type === 'hsp-config' ? DEVICE : `bbbb00000000000${Object.keys(NODES).indexOf(type)}`;
      await page.evaluate(
        type === 'hsp-config'
          ? `RED.editor.editConfig('', '${type}', '${id}')`
          : `RED.editor.edit(RED.nodes.node('${id}'))`,
      );
      const form = type === 'hsp-config' ? '#node-config-dialog-edit-form' : '#dialog-form';
      await page.waitForSelector(`${form} .form-row`);
      await page.waitForTimeout(600);
      await picture(page, `${type}-${colorScheme}`);
      expect(await seriousFindings(page, form, NOT_OURS)).toEqual([]);
      // Every field and button of the form that can be seen takes part in the order of the Tab key.
      const left = await page.evaluate<
        string[]
      >(`[...document.querySelectorAll('${form} input, ${form} select, ${form} button, ${form} a')]
        .filter((field) => field.offsetParent !== null && !field.disabled && field.tabIndex < 0)
        .map((field) => field.outerHTML.slice(0, 120))`);
      expect(left).toEqual([]);
      await page.context().close();
      expect(complaints).toEqual([]);
    });
  });
});
