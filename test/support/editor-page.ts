/** The editor of Node-RED in a real browser: opens dialogs, keeps pictures of them, and remembers what the console was told. */
import { expect } from 'vitest';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, picture, seriousFindings, watchedPage, type Clip } from './browser';

/** Node-RED puts fields into every dialog that keep password managers away; they stand outside of the visible page. */
const NOT_OURS = ['[id^="red-ui-trap-"]'];
/** What draws diagrams is a third of what the page loads, and no dialog of ours has one. */
const DIAGRAMS = '**/vendor/mermaid/**';
const NO_DIAGRAMS = 'globalThis.mermaid = { initialize() {} };';
/** Node-RED 5 is light until its user asks for another theme. */
const FOLLOW_COLOUR_SCHEME = "localStorage.setItem('view-dark-theme', 'auto')";
/** Notifications lie over everything, and Node-RED takes them away by itself. */
const WITHOUT_NOTIFICATIONS = '.red-ui-notification { visibility: hidden }';

export class EditorPage {
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    /** Errors that the console was told, and those that nobody caught. */
    readonly complaints: readonly string[],
  ) {}

  static async at(url: string, options: BrowserContextOptions = {}): Promise<EditorPage> {
    const browser = await launchBrowser();
    const { page, complaints } = await watchedPage(browser, options);
    await page.route(DIAGRAMS, (route) => route.fulfill({ body: NO_DIAGRAMS, contentType: 'text/javascript' }));
    await page.addInitScript(FOLLOW_COLOUR_SCHEME);
    await page.goto(url);
    await page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
    await page.waitForSelector('#red-ui-palette .red-ui-palette-node');
    // The flows come last.
    await page.waitForSelector('#red-ui-workspace-tabs .red-ui-tab');
    return new EditorPage(browser, page, complaints);
  }

  /** Opens the dialog of a node, and waits until it stands still. */
  async open(id: string): Promise<void> {
    await this.page.evaluate(`(() => {
      const node = RED.nodes.node(${JSON.stringify(id)});
      if (node._def.category === 'config') RED.editor.editConfig('', node.type, node.id);
      else RED.editor.edit(node);
    })()`);
    await this.standsStill();
  }

  cancel(): Promise<void> {
    return this.closeWith('cancel');
  }

  done(): Promise<void> {
    return this.closeWith('ok');
  }

  /** Closes the dialog that a test which failed has left open. */
  async cancelIfOpen(): Promise<void> {
    if ((await this.page.locator('.red-ui-tray').count()) > 0) await this.cancel();
  }

  /** Of the open dialog; of a part of the page where there is none, or where it is wanted. */
  async picture(name: string, clip?: Clip): Promise<void> {
    const tray = await this.page
      .locator('.red-ui-tray')
      .boundingBox({ timeout: 1_000 })
      .catch(() => null);
    await picture(this.page, name, { style: WITHOUT_NOTIFICATIONS, clip: clip ?? tray ?? undefined });
  }

  /** Fields and buttons of the dialog that a screen reader could not name. */
  unnamed(): Promise<string[]> {
    return this.page
      .evaluate(`[...document.querySelector('.red-ui-tray form').querySelectorAll('input, select, textarea, button')]
      .filter((field) => field.offsetParent !== null && !field.id.startsWith('red-ui-trap'))
      .filter((field) => (field.labels?.length ?? 0) === 0 && !field.getAttribute('aria-label') && field.textContent.trim() === '')
      .map((field) => field.id || field.className)`);
  }

  /** Fields, buttons and links of the dialog that can be seen and that the Tab key leaves out. */
  passedOver(): Promise<string[]> {
    return this.page
      .evaluate(`[...document.querySelector('.red-ui-tray form').querySelectorAll('input, select, button, a')]
      .filter((field) => field.offsetParent !== null && !field.disabled && field.tabIndex < 0)
      .filter((field) => !field.id.startsWith('red-ui-trap'))
      .map((field) => field.outerHTML.slice(0, 120))`);
  }

  /** Parts of the dialog that are wider than it. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate(`(() => {
      const form = document.querySelector('.red-ui-tray form');
      const right = form.getBoundingClientRect().right + 1;
      return [...form.querySelectorAll('*')]
        .filter((part) => part.offsetParent !== null && part.getBoundingClientRect().right > right)
        .map((part) => part.id || part.className || part.tagName);
    })()`);
  }

  /** What axe finds serious in the dialog. */
  barriers(): Promise<string[]> {
    return seriousFindings(this.page, '.red-ui-tray form', NOT_OURS);
  }

  /** Every field is named, reached by the keyboard and within the dialog, and axe has nothing to say. */
  async expectForEverybody(): Promise<void> {
    expect(await this.unnamed()).toEqual([]);
    expect(await this.passedOver()).toEqual([]);
    expect(await this.overflowing()).toEqual([]);
    expect(await this.barriers()).toEqual([]);
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /** The tray slides in, then gets the focus; what is clicked before moves away. */
  private async standsStill(): Promise<void> {
    await this.page.waitForFunction(`(() => {
      const tray = document.querySelector('.red-ui-tray');
      return tray?.contains(document.activeElement) && tray.getBoundingClientRect().right <= innerWidth + 1;
    })()`);
  }

  private async closeWith(button: 'cancel' | 'ok'): Promise<void> {
    await this.page.click(`#node-dialog-${button}, #node-config-dialog-${button}`);
    await this.page.waitForSelector('.red-ui-tray', { state: 'detached' });
  }
}
