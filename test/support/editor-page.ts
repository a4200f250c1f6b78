/** The editor of Node-RED in a real browser: opens dialogs, keeps pictures of them, and remembers what the console was told. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Given: a picture of every dialog is kept there. */
const PICTURES = process.env.HSP_PICTURES;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** Why tests in a browser are left out; null where they run. */
export const browserMissing = existsSync(CHROMIUM) ? null : `no ${CHROMIUM}`;

export class EditorPage {
  /** Errors that the console was told, and those that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async at(url: string): Promise<EditorPage> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const editor = new EditorPage(browser, await browser.newPage({ viewport: { width: 1280, height: 1000 } }));
    await editor.page.goto(url);
    await editor.page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
    await editor.page.waitForSelector('#red-ui-palette .red-ui-palette-node');
    return editor;
  }

  /** Opens the dialog of a node, and waits until it stands still. */
  async open(id: string): Promise<void> {
    await this.page.evaluate(`RED.editor.edit(RED.nodes.node(${JSON.stringify(id)}))`);
    await this.page.waitForSelector('#node-dialog-ok');
    await this.settled();
  }

  async cancel(): Promise<void> {
    await this.page.click('#node-dialog-cancel');
    await this.closed();
  }

  async done(): Promise<void> {
    await this.page.click('#node-dialog-ok');
    await this.closed();
  }

  async picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    // They lie over the dialog, and Node-RED takes them away by itself.
    const style = '.red-ui-notification { visibility: hidden }';
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), style });
  }

  /** Fields and buttons of the dialog that a screen reader could not name. */
  unnamed(): Promise<string[]> {
    return this.page
      .evaluate(`[...document.querySelectorAll('.red-ui-editor input, .red-ui-editor select, .red-ui-editor button')]
      .filter((field) => field.offsetParent !== null && /^(node-input|hsp)-/.test(field.id))
      .filter((field) => (field.labels?.length ?? 0) === 0 && !field.getAttribute('aria-label') && field.textContent.trim() === '')
      .map((field) => field.id)`);
  }

  /** Parts of the dialog that are wider than it. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate(`(() => {
      const form = document.querySelector('#dialog-form');
      const right = form.getBoundingClientRect().right + 1;
      return [...form.querySelectorAll('*')]
        .filter((part) => part.offsetParent !== null && part.getBoundingClientRect().right > right)
        .map((part) => part.id || part.className || part.tagName);
    })()`);
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  /** The tray slides in and out. */
  private async settled(): Promise<void> {
    await this.page.waitForFunction(
      `(() => {
      const tray = document.querySelector('.red-ui-tray')?.getBoundingClientRect();
      const isStill = tray !== undefined && globalThis.hspTrayRight === tray.right;
      globalThis.hspTrayRight = tray?.right;
      return isStill;
    })()`,
      undefined,
      { polling: 150 },
    );
  }

  private async closed(): Promise<void> {
    await this.page.waitForSelector('.red-ui-tray', { state: 'detached' });
  }
}
