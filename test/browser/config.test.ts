/** The dialog of a device in a real browser: finding, testing and trusting, with the keyboard and without a word on the console. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { browserNote, hasBrowser } from '../support/browser';
import { EditorPage } from '../support/editor-page';
import { nodeRed } from '../support/flow';
import { testCertificate } from '../support/tls';
import { startWhole, type Whole } from '../support/whole';

const DEVICE = 'aaaa000000000001';
const FIELD = '#node-config-input-';

let whole: Whole;
let secure: Simulator;
let editor: EditorPage;
let page: Page;

/** Which field or button has the focus. */
const focused = () => page.evaluate<string>('document.activeElement.id');

describe.skipIf(!hasBrowser)(
  `the dialog of a device in Chromium on ${nodeRed}${browserNote}`,
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      whole = await startWhole();
      secure = await Simulator.start({ device: builtInDevice('camera'), tls: testCertificate });
      await whole.runtime.setFlows([
        { id: 'ffff000000000001', type: 'tab', label: 'Test' },
        {
          id: DEVICE,
          type: 'hsp-config',
          name: '',
          host: '127.0.0.1',
          port: String(whole.simulator.httpPort),
          protocol: 'http',
          tls: 'system',
          credentials: { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD },
        },
        // Somebody uses it, so that Node-RED keeps it.
        { id: 'bbbb000000000001', type: 'hsp-connect', z: 'ffff000000000001', device: DEVICE, wires: [[]] },
      ]);
      editor = await EditorPage.at(whole.runtime.url);
      ({ page } = editor);
    }, 60_000);

    afterAll(async () => {
      await editor.close();
      await secure.close();
      await whole.close();
    });

    it('fills in what was found, with the keyboard', async () => {
      // What is on the network of whoever runs the tests is their own affair.
      await page.route('**/hsp/discover', (route) =>
        route.fulfill({
          json: [
            { model: 'DS-2CD2385G1', address: '192.0.2.7', port: 80, firmware: 'V5.7.3', activated: true },
            { model: 'DS-KV6113', address: '192.0.2.8', port: 81, firmware: 'V2.2.45', activated: false },
          ],
        }),
      );
      await editor.open(DEVICE);
      await page.focus('#hsp-config-find');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#hsp-config-found table');
      await editor.picture('config-found');
      expect(await page.innerText('#hsp-config-found')).toContain('not activated');
      await page.focus('#hsp-config-found tbody tr:nth-child(2) button');
      await page.keyboard.press('Enter');
      expect(await page.inputValue(`${FIELD}host`)).toBe('192.0.2.8');
      expect(await page.inputValue(`${FIELD}port`)).toBe('81');
      expect(await page.inputValue(`${FIELD}name`)).toBe('DS-KV6113');
      expect(await focused()).toBe('node-config-input-host');
      // A name that somebody gave stays.
      await page.click('#hsp-config-found tbody tr:nth-child(1) button');
      expect(await page.inputValue(`${FIELD}port`)).toBe('');
      expect(await page.inputValue(`${FIELD}name`)).toBe('DS-KV6113');
      await editor.cancel();
    });

    it('reports what it found, with remedies, and leads to the field that mends it', async () => {
      await editor.open(DEVICE);
      await page.click('#hsp-config-test');
      await page.waitForSelector('#hsp-config-report li');
      await page.locator('#hsp-config-report').scrollIntoViewIfNeeded();
      await editor.picture('config-report');
      const report = await page.innerText('#hsp-config-report');
      expect(report).toContain('SIM-PTZ-4');
      expect(report).toMatch(/things? to look at/);
      expect(report).toContain("Tick 'Notify surveillance center'");
      expect(report).not.toMatch(/hsp-config\.|__|undefined/);
      // Each sign has a word for those who do not see it.
      const words = await page.$$eval('#hsp-config-report li > i', (signs) =>
        signs.map((sign) => sign.getAttribute('aria-label')),
      );
      expect(new Set(words)).toEqual(new Set(['good', 'look at this']));

      await page.fill(`${FIELD}port`, '1');
      // The stored one goes only where it goes anyway.
      await page.fill(`${FIELD}password`, SIMULATOR_PASSWORD);
      await page.click('#hsp-config-test');
      await page.waitForSelector('#hsp-config-report .hsp-config-bad');
      await page.locator('#hsp-config-report').scrollIntoViewIfNeeded();
      await editor.picture('config-refused');
      await editor.cancel();
    });

    it('says that HTTPS was meant, and leads to the choice', async () => {
      await editor.open(DEVICE);
      await page.fill(`${FIELD}port`, String(secure.httpPort));
      await page.fill(`${FIELD}password`, SIMULATOR_PASSWORD);
      await page.click('#hsp-config-test');
      await page.waitForSelector('#hsp-config-report .hsp-config-bad');
      expect(await page.innerText('#hsp-config-report')).toContain('HTTPS answers');
      await page.focus('#hsp-config-report li button');
      await page.keyboard.press('Enter');
      expect(await focused()).toBe('node-config-input-protocol');
      await editor.cancel();
    });

    it('shows the certificate, trusts just that one, and warns of another', async () => {
      await editor.open(DEVICE);
      expect(await page.isVisible('#hsp-config-show')).toBe(false);
      await page.selectOption(`${FIELD}protocol`, 'https');
      await page.fill(`${FIELD}port`, String(secure.httpPort));
      await page.click('#hsp-config-show');
      await page.waitForSelector('#hsp-config-trust');
      await page.locator('#hsp-config-certificate').scrollIntoViewIfNeeded();
      await editor.picture('config-certificate');
      const shown = await page.innerText('#hsp-config-certificate');
      expect(shown).toContain('do not vouch for it');
      expect(shown).not.toMatch(/hsp-config\.|__|undefined/);
      const fingerprint = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(shown)?.[0] ?? 'none';
      await page.focus('#hsp-config-trust');
      await page.keyboard.press('Enter');
      expect(await page.inputValue(`${FIELD}tls`)).toBe('fingerprint');
      expect(await page.inputValue(`${FIELD}fingerprint`)).toBe(fingerprint);
      await editor.picture('config-trusted');

      await page.click('#hsp-config-show');
      await page.waitForSelector('#hsp-config-certificate .hsp-config-good');
      expect(await page.locator('#hsp-config-trust').count()).toBe(0);

      await page.fill(`${FIELD}fingerprint`, fingerprint.replace(/^../, fingerprint.startsWith('00') ? '01' : '00'));
      await page.click('#hsp-config-show');
      await page.waitForSelector('#hsp-config-certificate .hsp-config-bad');
      await editor.picture('config-changed');
      expect(await page.innerText('#hsp-config-certificate')).toContain('not the one that is trusted here');
      // The device heard of no user.
      expect(secure.log.some(({ authorized }) => authorized)).toBe(false);
      expect(secure.authFailures).toBe(0);
      await editor.cancel();
    });

    it('shows the fields that belong to a choice', async () => {
      await editor.open(DEVICE);
      expect(await page.isVisible(`${FIELD}calledAt`)).toBe(false);
      await page.selectOption(`${FIELD}push`, 'own');
      expect(await page.isVisible(`${FIELD}calledAt`)).toBe(true);
      await page.locator(`${FIELD}site`).scrollIntoViewIfNeeded();
      await editor.picture('config-push');
      await editor.expectForEverybody();
      await page.selectOption(`${FIELD}protocol`, 'ehome');
      expect(await page.isVisible(`${FIELD}deviceId`)).toBe(true);
      expect(await page.isVisible(`${FIELD}host`)).toBe(false);
      await page.locator(`${FIELD}protocol`).scrollIntoViewIfNeeded();
      await editor.picture('config-ehome');
      await editor.expectForEverybody();
      await editor.cancel();
    });

    it('takes its colours from the theme, whatever that is', async () => {
      await editor.open(DEVICE);
      await page.click('#hsp-config-test');
      await page.waitForSelector('#hsp-config-report li');
      const theme =
        '.red-ui-editor, .red-ui-tray-body { background: rgb(20, 20, 20) !important; color: rgb(230, 230, 230) !important }';
      const style = await page.addStyleTag({ content: theme });
      await page.locator('#hsp-config-report').scrollIntoViewIfNeeded();
      await editor.picture('config-dark');
      const colours = await page.$eval('#hsp-config-report li', (row) => {
        const { color, backgroundColor } = getComputedStyle(row);
        return { color, backgroundColor };
      });
      expect(colours).toEqual({ color: 'rgb(230, 230, 230)', backgroundColor: 'rgba(0, 0, 0, 0)' });
      await style.evaluate((element) => (element as HTMLElement).remove());
      await editor.cancel();
    });

    it('nothing was reported on the console', () => {
      expect(editor.complaints).toEqual([]);
    });
  },
);
