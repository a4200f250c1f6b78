/** The tables of the documents, made from the code. `npm run docs` writes them; a test holds them equal. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FINDINGS, type FindingWords } from '../../lib/examination/findings';
import { FRAME_HEADERS } from '../../lib/codec/frame';
import { layoutTable, type Struct } from '../../lib/codec/layout';
import { STRUCTURES } from '../../lib/codec/structs';
import { TOPICS } from '../../lib/mqtt/topics';
import { CAPTURED_DEVICES } from '../conformance/devices';
import {
  commandList,
  ERROR_CODES,
  EVENT_DETAILS,
  EVENT_KINDS,
  EVENT_KIND_NAMES,
  FEATURES,
  registry,
  type DetailedKind,
  type FamilyName,
  type Param,
} from '../../lib/index';

/** Name of a marked place in a document, and what stands there. Each stands in one document. */
export const TABLES: Readonly<Record<string, (root: string) => string>> = {
  families: familyTable,
  commands: commandTable,
  kinds: kindTable,
  topics: topicTable,
  errors: errorTable,
  devices: deviceTable,
  examples: exampleTable,
  findings: findingTable,
  frames: frameTables,
  structures: structureTables,
};

/** The documents for users, from the root of the project. */
export function documents(root: string): string[] {
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...pages.sort().map((name) => `docs/${name}`)];
}

/** Puts every table between its marks: `<!-- table: NAME -->` ... `<!-- end -->`. @throws Error for a mark without a table. */
export function withTables(root: string, document: string): string {
  return document.replace(/<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g, (_whole, name: string) => {
    const table = TABLES[name];
    if (table === undefined) throw new Error(`no table '${name}'`);
    return `<!-- table: ${name} -->\n\n${table(root)}\n\n<!-- end -->`;
  });
}

const FAMILY_WORDS: Readonly<Record<FamilyName, string>> = {
  camera: 'pictures, PTZ, light and siren, image, overlays, privacy masks, two-way audio, temperatures, counts',
  recorder: 'storage, channels, recordings: search, play, download, start, stop; plates, access events and the log',
  stream: 'codec, size and rate of a stream, RTSP addresses, key frames, viewers',
  event:
    'what a device watches for, arming and schedules, doors and calls, barriers, alarm panels, inputs, outputs, push hosts',
  config: 'device, clock, network, users, persons and cards, plate lists, backup, restart, and any ISAPI path',
};

function familyTable(): string {
  return markdown(
    ['family', 'commands', 'for'],
    (Object.keys(registry) as FamilyName[]).map((family) => [
      `\`${family}\``,
      String(Object.keys(registry[family]).length),
      FAMILY_WORDS[family],
    ]),
  );
}

/** Titles as the import menu shows them, with the first sentence that each says of itself. */
function exampleTable(root: string): string {
  const folder = join(root, 'examples');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return markdown(
    ['example', 'what it does'],
    files.sort().map((file) => {
      const [tab] = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { info: string }[];
      const [first = ''] = (tab?.info ?? '').split(/(?<=\.)\s/);
      return [file.replace('.json', ''), first.replace(/\s+/g, ' ')];
    }),
  );
}

function findingTable(): string {
  const level = { good: '✓', odd: '!', bad: '✗' } as const;
  return markdown(
    ['', 'finding', 'what to do'],
    Object.values<FindingWords>(FINDINGS).map((words) => [
      level[words.level],
      words.text.replace(/__([a-z]+)__/g, '_$1_'),
      words.remedy ?? '-',
    ]),
  );
}

function deviceTable(): string {
  return markdown(
    ['model', 'kind', 'firmware', 'what of it is read in tests'],
    CAPTURED_DEVICES.map(({ model, kind, firmware, captures }) => [
      model,
      kind,
      firmware ?? 'not said',
      Object.values(captures).join('; '),
    ]),
  );
}

/** A folded table for each family: there are too many commands for one. */
function commandTable(): string {
  const families = Object.keys(registry) as FamilyName[];
  return families
    .map((family) => {
      const commands = commandList().filter((command) => command.family === family);
      const table = markdown(
        ['command', 'effect', 'parameters', 'what it does, what it answers', 'for'],
        commands.map(({ name, effect, params, summary, returns, needs, deviceClass, isNative }) => [
          `\`${name}\`${isNative ? ' (b)' : ''}`,
          effect,
          Object.entries(params)
            .map(([parameter, param]) => `\`${parameter}\` ${describe(param)}`)
            .join('<br>') || '-',
          `${summary} ${returns}`,
          needs === null ? 'any' : (deviceClass ?? FEATURES[needs].title),
        ]),
      );
      return `## ${family}\n\n<details><summary>${commands.length} commands</summary>\n\n${table}\n\n</details>`;
    })
    .join('\n\n');
}

function describe(param: Param): string {
  const unit = param.unit === undefined ? '' : ` ${param.unit}`;
  const range = (() => {
    switch (param.kind) {
      case 'integer':
      case 'number':
        return `${param.min}..${param.max}${unit}`;
      case 'choice':
        return param.choices.join(' / ');
      case 'boolean':
        return 'true / false';
      case 'text':
      case 'time':
      case 'json':
        return param.kind;
    }
  })();
  if (param.default !== undefined) return `${range} (${JSON.stringify(param.default)})`;
  return param.optional === true ? `${range}, optional` : range;
}

function kindTable(): string {
  return markdown(
    ['kind', 'edges', 'details', 'names that firmware uses (without case)'],
    EVENT_KIND_NAMES.map((kind) => [
      `\`${kind}\``,
      EVENT_KINDS[kind].edges === 'once' ? 'once' : 'start, end',
      Object.keys(kind in EVENT_DETAILS ? EVENT_DETAILS[kind as DetailedKind] : {})
        .map((name) => `\`${name}\``)
        .join(', ') || '-',
      EVENT_KINDS[kind].names.join(', ') || 'whatever is not in this table',
    ]),
  );
}

function errorTable(): string {
  return markdown(
    ['code', 'meaning'],
    Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );
}

function topicTable(): string {
  return markdown(
    ['topic', 'payload', 'retained'],
    Object.values(TOPICS).map(({ pattern, payload, retained }) => [`\`${pattern}\``, payload, retained]),
  );
}

/** The four headers of the command port, from their layouts. */
function frameTables(): string {
  const { requestHeader, loginHeader, replyHeader, pushHeader } = FRAME_HEADERS;
  return [
    ['Request', requestHeader],
    ['Login request', loginHeader],
    ['Reply', replyHeader],
    ['Push, on connections that stay open', pushHeader],
  ]
    .map(([title, layout]) => `**${title as string}**\n\n${layoutTable(layout as Struct)}`)
    .join('\n\n');
}

/** Every structure, folded, with how sure its source is: H three sources or a recomputed trace, M two, L one. */
function structureTables(): string {
  return Object.entries(STRUCTURES)
    .map(([kind, structures]) => {
      const tables = Object.values<Struct>(structures as Record<string, Struct>).map(
        (layout) => `**${layout.name}**, ${layout.sizeBytes} bytes\n\n${layoutTable(layout)}`,
      );
      return `<details><summary>${kind} information</summary>\n\n${tables.join('\n\n')}\n\n</details>`;
    })
    .join('\n');
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
