/** Every dialog, light and dark: axe-core finds nothing serious in what is ours, and everything can be reached by the keyboard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATOR_PASSWORD, SIMULATOR_USERNAME } from '../../lib/simulator';
import { browserNote, hasBrowser } from '../support/browser';
import { EditorPage } from '../support/editor-page';
import { nodeRed } from '../support/flow';
import type { RuntimeNode } from '../support/runtime';
import { startWhole, type Whole } from '../support/whole';

const TAB = 'ffff000000000001';
const DEVICE = 'aaaa000000000001';
const NODES: Readonly<Record<string, Partial<RuntimeNode>>> = {
  'hsp-event-in': { kinds: ['motion', 'plate'] },
  'hsp-command': { command: 'camera.setImage', args: {} },
  'hsp-connect': {},
  'hsp-mqtt': {},
};
const IDS = new Map([
  ['hsp-config', DEVICE],
  ...Object.keys(NODES).map((type, index) => [type, `bbbb00000000000${index}`] as const),
]);

/** Before that the editor knows one theme, however the browser is set. */
const FIRST_WITH_DARK_THEME = 5;
const hasDarkTheme = Number(/\d+/.exec(nodeRed)?.[0]) >= FIRST_WITH_DARK_THEME;

let whole: Whole;

describe.skipIf(!hasBrowser)(`the dialogs for everybody, in Chromium on ${nodeRed}${browserNote}`, () => {
  beforeAll(async () => {
    whole = await startWhole();
    const credentials = { user: SIMULATOR_USERNAME, password: SIMULATOR_PASSWORD };
    const port = String(whole.simulator.httpPort);
    await whole.runtime.setFlows([
      { id: TAB, type: 'tab', label: 'Test' },
      { id: DEVICE, type: 'hsp-config', name: 'Cam', host: '127.0.0.1', port, protocol: 'http', credentials },
      ...Object.entries(NODES).map(([type, more], index) => ({
        ...{ id: IDS.get(type) as string, type, z: TAB, device: DEVICE, x: 200, y: 80 + 60 * index, wires: [[]] },
        ...more,
      })),
    ]);
  }, 60_000);

  afterAll(() => whole.close());

  const lightNote = hasDarkTheme ? '' : ` (${nodeRed} has no other theme)`;
  const darkNote = hasDarkTheme ? '' : ` (${nodeRed} has no dark theme)`;
  describe(`light${lightNote}`, () => everyDialog('light'));
  describe.skipIf(!hasDarkTheme)(`dark${darkNote}`, () => everyDialog('dark'));
});

function everyDialog(colorScheme: 'light' | 'dark'): void {
  let editor: EditorPage;

  beforeAll(async () => {
    editor = await EditorPage.at(whole.runtime.url, { colorScheme });
    const isDark = await editor.page.evaluate("document.documentElement.classList.contains('nr-theme-dark')");
    expect(isDark).toBe(colorScheme === 'dark');
  }, 60_000);

  afterAll(() => editor.close());

  it.each([...IDS])('%s', { timeout: 60_000 }, async (type, id) => {
    await editor.open(id);
    await editor.picture(`${type}-${colorScheme}`);
    await editor.expectForEverybody();
    await editor.cancel();
  });

  it('nothing was reported on the console', () => {
    expect(editor.complaints).toEqual([]);
  });
}
