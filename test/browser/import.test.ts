/** The first minutes of a user in a real browser: an example is imported, given a password, deployed, and shows what happens. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPicture, SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { browserNote, hasBrowser } from '../support/browser';
import { projectRoot } from '../support/built';
import { EditorPage } from '../support/editor-page';
import { nodeRed, until } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

let whole: Whole;
let editor: EditorPage;

/** The first example, with the address of the simulated camera in it. */
function example(): RuntimeNode[] {
  const folder = join(projectRoot, 'examples');
  const name = readdirSync(folder).find((each) => each.startsWith('01')) ?? '';
  const nodes = JSON.parse(readFileSync(join(folder, name), 'utf8')) as RuntimeNode[];
  return nodes.map((each) =>
    each.type === 'hsp-config' ? { ...each, host: '127.0.0.1', port: String(whole.simulator.httpPort) } : each,
  );
}

describe.skipIf(!hasBrowser)(`an example in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    editor = await EditorPage.at(whole.runtime.url, { viewport: { width: 1460, height: 720 } });
  }, 60_000);

  afterAll(async () => {
    await editor.close();
    await whole.close();
  });

  it('is imported, given a password, deployed, and shows events', { timeout: 60_000 }, async () => {
    const { page } = editor;
    const nodes = example();
    await page.evaluate('RED.actions.invoke("core:show-import-dialog")');
    await page.fill('#red-ui-clipboard-dialog-import-text', JSON.stringify(nodes));
    await page.press('#red-ui-clipboard-dialog-import-text', 'End');
    await page.click('#red-ui-clipboard-dialog-ok');
    const [first] = nodes.filter(({ type }) => type === 'hsp-event-in');
    const idOf = (name: unknown) =>
      page.evaluate<string>(
        `(() => { let id = ''; RED.nodes.eachNode((node) => { if (node.name === ${JSON.stringify(name)}) id = node.id; }); return id; })()`,
      );
    await expect.poll(() => idOf(first?.name)).not.toBe('');
    for (const type of new Set(nodes.map((each) => each.type))) {
      if (!type.startsWith('hsp-') || type === 'hsp-config') continue;
      await editor.open(await idOf(nodes.find((each) => each.type === type)?.name));
      expect(await editor.unnamed()).toEqual([]);
      await editor.cancel();
    }

    const id = await idOf(first?.name);
    await editor.open(await page.evaluate<string>(`RED.nodes.node(${JSON.stringify(id)}).device`));
    await page.fill('#node-config-input-user', SIMULATOR_USERNAME);
    await page.fill('#node-config-input-password', SIMULATOR_PASSWORD);
    await editor.done();
    const seen = whole.runtime.watch();
    await page.click('#red-ui-header-button-deploy');
    await until('the example is connected', () =>
      seen.statuses.some((status) => status.id === id && /^green dot connected/.test(status.text)),
    );
    await until('the stream is open', () => whole.simulator.streams === 1);

    await page.evaluate(`RED.workspaces.show(RED.nodes.node(${JSON.stringify(id)}).z)`);
    await page.evaluate("RED.sidebar.show('debug')");
    const data = drawPicture({ widthPx: 320, heightPx: 180, label: 'EVENT' });
    whole.simulator.sendEvent({ eventType: 'VMD', target: 'human', pictures: [{ data, name: 'scene.jpg' }] });
    const messages = page.locator('.red-ui-debug-msg');
    await messages.filter({ hasText: 'buffer' }).first().waitFor();
    await messages.filter({ hasText: 'motion' }).first().waitFor();
    await page
      .locator('.red-ui-flow-node-status-label', { hasText: /motion|connected/i })
      .first()
      .waitFor();
    await page.mouse.move(0, 0);
    await editor.picture('flow', { x: 180, y: 0, width: 1280, height: 590 });
  });

  it('nothing was reported on the console', () => {
    expect(editor.complaints).toEqual([]);
  });
});
