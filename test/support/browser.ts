/** A real browser for tests: pages whose complaints are collected, pictures to look at, and what axe finds. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
/** Given: pictures are kept there. */
const PICTURES = process.env.HSP_PICTURES;

/** Tests that need it are skipped where it is false. */
export const hasBrowser = existsSync(CHROMIUM);
/** Stands in the names of tests that are skipped. */
export const browserNote = hasBrowser ? '' : ` (no ${CHROMIUM})`;

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Watched {
  readonly page: Page;
  /** Errors of the console and of scripts, as they come. */
  readonly complaints: readonly string[];
}

/** A page in a context of its own. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** A part of the page, in pixels. */
export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureOptions {
  /** For what must not be in it. */
  readonly style?: string;
  readonly fullPage?: boolean;
  readonly clip?: Clip | undefined;
}

/** Keeps a picture where HSP_PICTURES names a folder. */
export async function picture(page: Page, name: string, { clip, ...more }: PictureOptions = {}): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path, ...more, ...(clip === undefined ? {} : { clip }) });
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/**
 * What axe-core finds on the page that is serious or critical, a line each. The page has to let scripts in: `bypassCSP` of the
 * context, where it has a policy.
 *
 * @param within a selector; the whole page when not given.
 * @param without selectors of what is not ours.
 */
export async function seriousFindings(page: Page, within = 'html', without: readonly string[] = []): Promise<string[]> {
  const source = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  const context = { include: [[within]], exclude: without.map((selector) => [selector]) };
  const { violations } = await examined(page, context);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} ${failureSummary}`),
    );
}

/** How often a page may be drawn anew while axe is at it, which then loses an element. */
const ATTEMPTS = 5;

async function examined(page: Page, context: object): Promise<AxeResults> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(context)})`);
    } catch (error) {
      if (attempt === ATTEMPTS || !/nthChild/.test((error as Error).message)) throw error;
    }
  }
}
