/**
 * Arranges `dist/nodes/<name>/` the way Node-RED wants it: `<name>.html`, `icons/`, `locales/en-US/<name>.{json,html}` beside the
 * compiled `<name>.js`; and the page of `hsp dashboard`. Runs after `tsc`, because the lists in the dialogs and in the help come from
 * the compiled registry.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { ALLOWANCES, commandList, EVENT_DETAILS, EVENT_KIND_NAMES, groupedKinds } from '../lib/index';
import { commandHelp, detailsHelp, editorCommands, helpFrom, kindGroups, localeOf } from './shared/generate';
import { ENGLISH, LANGUAGES } from './shared/languages';

const NODES = ['config', 'connect', 'command', 'event-in', 'mqtt'] as const;

/** What comes from the code stands behind what we wrote. */
const GENERATED_HELP: Readonly<Partial<Record<string, () => string[]>>> = {
  command: () => [commandHelp(commandList())],
  'event-in': () => [detailsHelp(EVENT_DETAILS)],
};

const sourceRoot = resolve(__dirname, '../../nodes');
const targetRoot = __dirname;

async function buildNode(name: string): Promise<void> {
  const source = join(sourceRoot, name);
  const target = join(targetRoot, name);
  for (const folder of ['icons', 'locales']) rmSync(join(target, folder), { recursive: true, force: true });

  const type = `hsp-${name}`;
  const script = await bundle(join(source, 'editor.ts'));
  const form = read(join(source, 'editor.html'));
  const style = `<style>\n${read(join(sourceRoot, 'shared/editor/dialog.css'))}</style>\n`;
  const template = element('text/html', `data-template-name="${type}"`, style + form);
  writeFileSync(join(target, `${name}.html`), `<script type="text/javascript">\n${script}</script>\n\n${template}`);

  for (const language of LANGUAGES) {
    const locales = join(target, 'locales', language);
    mkdirSync(locales, { recursive: true });
    const help = [helpFrom(read(textOf(source, 'help.md', language))), ...(GENERATED_HELP[name]?.() ?? [])].join('\n');
    writeFileSync(join(locales, `${name}.html`), element('text/markdown', `data-help-name="${type}"`, help));
    const shared = read(textOf(join(sourceRoot, 'shared'), 'locale.json', language));
    const locale = localeOf(read(textOf(source, 'locale.json', language)), shared);
    writeFileSync(join(locales, `${name}.json`), `${JSON.stringify(locale, null, 2)}\n`);
  }

  cpSync(join(sourceRoot, 'icons'), join(target, 'icons'), { recursive: true });
}

/** English stands beside the code that uses it, the other languages in a folder of their own. */
function textOf(folder: string, file: string, language: string): string {
  return language === ENGLISH ? join(folder, file) : join(folder, 'locales', language, file);
}

async function bundle(entry: string): Promise<string> {
  const options: BuildOptions & { write: false } = {
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    define: {
      ALLOWANCES: JSON.stringify(ALLOWANCES),
      COMMANDS: JSON.stringify(editorCommands(commandList())),
      EVENT_KIND_GROUPS: JSON.stringify(kindGroups(groupedKinds(EVENT_KIND_NAMES))),
    },
  };
  const [file] = (await build(options)).outputFiles;
  if (file === undefined) throw new Error(`${entry}: no output`);
  // The text stands within a <script>, which ends at the first closing tag whatever surrounds it.
  return file.text.replace(/<\/script/gi, '<\\/script');
}

function element(type: string, attribute: string, content: string): string {
  return `<script type="${type}" ${attribute}>\n${content.trimEnd()}\n</script>\n`;
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The page of `hsp dashboard`, beside its server. */
async function buildPage(): Promise<void> {
  const source = join(sourceRoot, '../lib/dashboard/page');
  const target = join(targetRoot, '../lib/dashboard/page');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'page.js'), await bundle(join(source, 'page.ts')));
  for (const name of ['page.html', 'page.css', 'icon.svg']) cpSync(join(source, name), join(target, name));
}

async function run(): Promise<void> {
  await buildPage();
  for (const name of NODES) await buildNode(name);
  // The Wireshark dissector goes along with the library.
  cpSync(join(sourceRoot, '../lib/hsp.lua'), join(targetRoot, '../lib/hsp.lua'));
}

run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
