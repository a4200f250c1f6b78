/** The example for Dashboard 2, in a whole Node-RED with that package. `npm run extras` installs it; without it this is skipped. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInDevice, Simulator, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { hasBrowser, launchBrowser, picture, watchedPage } from '../support/browser';
import { projectRoot, requireBuilt } from '../support/built';
import { until } from '../support/digest-client';
import { startRuntime, type Runtime, type RuntimeNode } from '../support/runtime';

const MODULES = join(projectRoot, '.cache/extras/dashboard/node_modules');
const PACKAGE = '@flowfuse/node-red-dashboard';
const EXAMPLE = join(projectRoot, 'examples/15 - Watch everything on a page (needs Dashboard 2).json');
/** How long something may take on a busy machine. */
const PATIENCE_MS = 30_000;

const isInstalled = existsSync(join(MODULES, PACKAGE, 'package.json'));

let userDir: string;
let simulator: Simulator;
let runtime: Runtime;

const PASSED = ['ui-table-passed', 'ui-template-passed'];

/** The example with a device filled in; what reaches its nodes of the dashboard becomes the status of a node beside them. */
function flow(): RuntimeNode[] {
  const nodes = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as RuntimeNode[];
  const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
  const device = { host: '127.0.0.1', port: String(simulator.httpPort), credentials };
  const filled = nodes.map((node) => {
    if (node.type === 'hsp-config') return { ...node, ...device };
    const [first = []] = (node.wires as string[][] | undefined) ?? [];
    const reached = nodes.filter(({ id }) => first.includes(id)).map(({ type }) => `${type}-passed`);
    return { ...node, wires: [[...first, ...reached.filter((id) => PASSED.includes(id))]] };
  });
  const passed = PASSED.map((id) => ({
    id,
    type: 'function',
    z: nodes[0]?.id,
    name: '',
    func: 'node.status({ text: JSON.stringify(msg.payload) });',
    outputs: 0,
    x: 900,
    y: 100,
    wires: [],
  }));
  return [...filled, ...passed];
}

describe.skipIf(!isInstalled)(
  `the example for Dashboard 2${isInstalled ? '' : ' (not installed: npm run extras)'}`,
  () => {
    beforeAll(async () => {
      requireBuilt();
      userDir = mkdtempSync(join(tmpdir(), 'hsp-dashboard2-'));
      // Its server sends no file below a folder whose name begins with a dot, so it cannot stay where it is installed.
      const modules = join(userDir, 'node_modules');
      cpSync(join(MODULES, PACKAGE), join(modules, PACKAGE), { recursive: true });
      for (const name of readdirSync(MODULES)) {
        if (!name.startsWith('.') && name !== '@flowfuse') symlinkSync(join(MODULES, name), join(modules, name), 'dir');
      }
      simulator = await Simulator.start({ device: builtInDevice('camera') });
      const nodeRed = process.env.NODE_RED;
      runtime = await startRuntime({
        userDir,
        packageDir: projectRoot,
        port: 0,
        logLevel: 'off',
        ...(nodeRed === undefined ? {} : { nodeRed }),
      });
    }, 60_000);

    afterAll(async () => {
      await runtime.stop();
      await simulator.close();
      rmSync(userDir, { recursive: true, force: true });
    });

    it('shows the state, events in a table and the latest picture', { timeout: 120_000 }, async () => {
      const seen = runtime.watch();
      await runtime.setFlows(flow());
      // Its paths are there a moment after the flow has started.
      let status = 0;
      for (const end = performance.now() + PATIENCE_MS; status !== 200 && performance.now() < end;) {
        ({ status } = await fetch(`${runtime.url}dashboard/watch`));
      }
      expect(status).toBe(200);
      await until(() => simulator.streams === 1, 'the stream', PATIENCE_MS);
      const passed = (id: string, text: string) => () =>
        seen.statuses.some((status) => status.id === id && status.text.includes(text));
      await until(passed('ui-template-passed', 'data:image/jpeg;base64,'), 'a picture', PATIENCE_MS);
      simulator.sendEvent({ eventType: 'VMD', target: 'human' });
      await until(passed('ui-table-passed', '"kind":"motion","state":"start"'), 'a row', PATIENCE_MS);
      expect(seen.errors).toEqual([]);
      if (!hasBrowser) return;

      const browser = await launchBrowser();
      try {
        const { page } = await watchedPage(browser);
        page.setDefaultTimeout(PATIENCE_MS);
        await page.goto(`${runtime.url}dashboard/watch`);
        await page.locator('td', { hasText: 'motion' }).first().waitFor();
        await page.getByText('connected', { exact: true }).waitFor();
        await page.getByText('1 started, 0 ended, 0 single').waitFor();
        await page.waitForFunction('document.querySelector("figure img")?.naturalWidth > 100');
        await picture(page, 'dashboard-2');
      } finally {
        await browser.close();
      }
    });
  },
);
