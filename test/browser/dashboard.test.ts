/** The live page in a real browser, against simulated devices: what is shown is true, for eyes, for keys and for screen readers. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock';
import { Dashboard, readPageFiles } from '../../lib/dashboard/dashboard';
import { HikvisionClient } from '../../lib/index';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { drawPicture } from '../../lib/simulator/picture';
import {
  browserNote,
  hasBrowser,
  launchBrowser,
  picture,
  seriousFindings,
  watchedPage,
  type Watched,
} from '../support/browser';
import { projectRoot, requireBuilt } from '../support/built';

/** How long something may take on a busy machine. */
const PATIENCE_MS = 30_000;
/** What a user is to wait for the first event, from `npm start` on. */
const FIRST_EVENT_MS = 10_000;

let browser: Browser;
let camera: Simulator;
let recorder: Simulator;
let clients: HikvisionClient[];
let dashboard: Dashboard;
const opened: Watched[] = [];

async function openPage(colorScheme: 'light' | 'dark', { hasFakeTime = false } = {}): Promise<Page> {
  // The policy of the page would keep axe out, too.
  const watched = await watchedPage(browser, {
    colorScheme,
    bypassCSP: true,
    viewport: { width: 1360, height: 1000 },
    reducedMotion: 'reduce',
  });
  opened.push(watched);
  watched.page.setDefaultTimeout(PATIENCE_MS);
  if (hasFakeTime) await watched.page.clock.install();
  await watched.page.goto(dashboard.url);
  await watched.page.waitForSelector('.pill.live');
  return watched.page;
}

const clientOf = ({ url }: { url: string }, name?: string) =>
  new HikvisionClient({
    url,
    username: SIMULATOR_USERNAME,
    password: SIMULATOR_PASSWORD,
    random: () => 0.5,
    ...(name === undefined ? {} : { name }),
  });

const rowsWith = (page: Page, text: string) => page.locator('.row', { hasText: text });

describe.skipIf(!hasBrowser)(`the live page in Chromium${browserNote}`, () => {
  beforeAll(async () => {
    requireBuilt();
    camera = await Simulator.start({ device: builtInDevice('camera') });
    recorder = await Simulator.start({ device: builtInDevice('nvr') });
    clients = [clientOf(camera), clientOf(recorder, '<img src=x onerror=alert(1)>')];
    dashboard = new Dashboard({
      devices: clients.map((client, index) => ({
        client,
        place: `192.0.2.${index + 1}`,
        ...(index === 1 ? { name: '<img src=x onerror=alert(1)>' } : {}),
      })),
      clock: systemClock,
      files: readPageFiles(join(projectRoot, 'dist/lib/dashboard/page')),
    });
    await dashboard.listen(0);
    await Promise.all(clients.map((client) => client.connect()));
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await dashboard.close();
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all([camera.close(), recorder.close()]);
  });

  it('shows devices, their pictures and events as they come', { timeout: 90_000 }, async () => {
    const page = await openPage('light');
    await page.locator('.card.connected', { hasText: 'SIM-PTZ-4' }).waitFor();
    // What stands there as a name is text, whatever it looks like.
    await page.locator('.card.connected h3', { hasText: '<img src=x' }).waitFor();
    await page.waitForFunction('document.querySelectorAll(".tile").length === 9');
    await page.waitForFunction('document.querySelector(".tile img").naturalWidth > 100');

    const data = drawPicture({ widthPx: 320, heightPx: 180, label: 'EVENT' });
    camera.sendEvent({ eventType: 'VMD', target: 'human', pictures: [{ data, name: 'scene.jpg' }] });
    recorder.sendEvent({ eventType: 'linedetection', channel: 2 });
    const motion = rowsWith(page, 'Motion');
    await motion.waitFor();
    expect(await motion.innerText()).toMatch(/human\s+Yard[^]*now/);
    await rowsWith(page, 'Line crossing').waitFor();
    await page.locator('.badge.group-detection', { hasText: 'Motion' }).waitFor();
    await page.waitForFunction('document.querySelector(".thumbs img").naturalWidth === 320');
    camera.sendEvent({ eventType: 'VMD', eventState: 'inactive' });
    await page.locator('.row:not(.running)', { hasText: 'Motion' }).waitFor();
    expect(await page.locator('.lane .span').count()).toBe(2);
    await page.locator('.total', { hasText: 'Events' }).filter({ hasText: /[1-9]/ }).waitFor();
    await picture(page, 'live-page-events', { fullPage: true });
  });

  it('is used with the keyboard: filters, details, and a picture that is enlarged', { timeout: 90_000 }, async () => {
    const page = await openPage('light');
    await page.waitForFunction('document.querySelectorAll(".row").length === 2');
    await page.focus('#filter-kind');
    await page.keyboard.type('Mot');
    await page.waitForFunction('document.querySelectorAll(".row").length === 1');
    expect(await page.innerText('#shown')).toBe('1 event in this time, 1 of 2 in the list');
    await page.focus('.row .event');
    await page.keyboard.press('Enter');
    expect(await page.getAttribute('.row .event', 'aria-expanded')).toBe('true');
    expect(await page.innerText('.row .details')).toMatch(/device says\s+VMD/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await page.waitForFunction('document.querySelector("#viewer-picture").naturalWidth === 320');
    expect(await page.innerText('#viewer-title')).toBe('Motion, Yard, Simulated camera');
    await picture(page, 'live-page-picture');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'hidden' });
    expect(await page.evaluate('document.activeElement.closest(".thumbs") !== null')).toBe(true);

    await page.focus('#filter-reset');
    await page.keyboard.press('Enter');
    await page.waitForFunction('document.querySelectorAll(".row").length === 2');
    await page.selectOption('#filter-channel', '2');
    await page.waitForFunction('document.querySelectorAll(".row").length === 1');
    await page.check('#filter-pictures');
    await page.waitForFunction('document.querySelectorAll(".row").length === 0');
    await page.click('#filter-reset');

    await page.click('.shot');
    await page.waitForFunction('document.querySelector("#viewer-picture").naturalWidth > 320');
    await page.click('#viewer-close');
    // From the timeline into the list.
    await page.click('.lane .span.group-perimeter');
    await page.waitForSelector('.row.open');
    expect(await page.innerText('.row.open')).toContain('Line crossing');
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`axe finds nothing serious in ${scheme}, wide and narrow`, { timeout: 90_000 }, async () => {
      camera.sendEvent({ eventType: 'VMD' });
      const page = await openPage(scheme);
      await page.locator('.row.running').first().waitFor();
      await page.waitForFunction('document.querySelector(".tile img").naturalWidth > 100');
      await page.click('.row .event');
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, `live-page-${scheme}`);
      await page.click('.shot');
      await page.waitForFunction('document.querySelector("#viewer-picture").naturalWidth > 320');
      expect(await seriousFindings(page)).toEqual([]);
      await page.click('#viewer-close');
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await seriousFindings(page)).toEqual([]);
      await picture(page, `live-page-${scheme}-narrow`);
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow).toBe(0);
      await page.context().close();
    });
  }

  it('asks for no snapshot while nobody can see it', { timeout: 90_000 }, async () => {
    const page = await openPage('light', { hasFakeTime: true });
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/snapshot/')) asked++;
    });
    // One of nine is offline.
    await page.waitForFunction('document.querySelectorAll(".tile img:not([hidden])").length === 8');
    // A browser without a window takes all its pages for visible.
    const setVisibility = (value: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { get: () => '${value}', configurable: true })`,
      );
    await setVisibility('hidden');
    const before = asked;
    await page.clock.runFor(120_000);
    expect(asked).toBe(before);
    await setVisibility('visible');
    await page.clock.runFor(10_000);
    expect(asked).toBeGreaterThan(before);
    await page.context().close();
  });

  it('shows a device that goes away as lost, with the next try', { timeout: 90_000 }, async () => {
    const page = await openPage('light');
    await page.locator('.card.connected', { hasText: 'SIM-PTZ-4' }).waitFor();
    await camera.close();
    const card = page.locator('.card.lost', { hasText: 'SIM-PTZ-4' });
    await card.waitFor();
    await card.locator('.until', { hasText: /Next try in|Trying again/ }).waitFor();
    expect(await card.innerText()).toContain('Connection lost');
    await page.locator('.tile.away', { hasText: 'Yard' }).first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await picture(page, 'live-page-lost');
  });

  it('holds no password and no serial number, and nothing was reported on the console', async () => {
    const page = await openPage('light');
    const html = await page.content();
    for (const secret of [SIMULATOR_PASSWORD, camera.device.identity.serial, recorder.device.identity.serial]) {
      expect(html).not.toContain(secret);
    }
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  });

  it('npm start: the first event is seen soon', { timeout: 120_000 }, async () => {
    const started = performance.now();
    const demo = spawn(process.execPath, [join(projectRoot, 'dist/test/demo/start.js'), '--port', '0'], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    try {
      let output = '';
      const address = await new Promise<string>((resolve, reject) => {
        demo.once('exit', () => reject(new Error(`it ended: ${output}`)));
        demo.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          const found = /^Live page +(\S+)/m.exec(output)?.[1];
          if (found !== undefined) resolve(found);
        });
      });
      // A browser asks for the page, shows it, and draws the event.
      const watched = await watchedPage(browser);
      await watched.page.goto(address);
      await watched.page.locator('.row .title').first().waitFor({ timeout: 60_000 });
      const ms = performance.now() - started;
      const verdict = ms < FIRST_EVENT_MS ? 'as wished' : `more than the wished ${FIRST_EVENT_MS / 1_000} s`;
      process.stdout.write(`npm start to the first event in the browser: ${(ms / 1_000).toFixed(1)} s, ${verdict}\n`);
      expect(ms).toBeLessThan(60_000);
      await watched.page.locator('.card.connected').nth(2).waitFor({ timeout: 60_000 });
      // One of ten is offline.
      await expect.poll(() => watched.page.locator('.tile img:visible').count(), { timeout: 30_000 }).toBe(9);
      await watched.page.locator('.row').nth(2).waitFor({ timeout: 60_000 });
      await picture(watched.page, 'live-page');
      expect(watched.complaints).toEqual([]);
    } finally {
      demo.kill('SIGINT');
      await ended;
    }
  });
});
