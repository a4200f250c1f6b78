/** The tables of the README, made from the code. `npm run docs` writes them; a test holds them equal. */
import { FRAME_HEADERS } from '../../lib/codec/frame';
import { layoutTable, type Struct } from '../../lib/codec/layout';
import { STRUCTURES } from '../../lib/codec/structs';
import { TOPICS } from '../../lib/mqtt/topics';
import {
  commandList,
  ERROR_CODES,
  EVENT_KINDS,
  EVENT_KIND_NAMES,
  FEATURES,
  registry,
  type FamilyName,
  type Param,
} from '../../lib/index';

/** Name of a marked place in the README, and what stands there. */
export const TABLES: Readonly<Record<string, () => string>> = {
  commands: commandTable,
  kinds: kindTable,
  topics: topicTable,
  errors: errorTable,
  frames: frameTables,
  structures: structureTables,
};

/** Puts every table between its marks: `<!-- table: NAME -->` ... `<!-- end -->`. @throws Error for a mark without a table. */
export function withTables(readme: string): string {
  return readme.replace(/<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g, (_whole, name: string) => {
    const table = TABLES[name];
    if (table === undefined) throw new Error(`README: no table '${name}'`);
    return `<!-- table: ${name} -->\n\n${table()}\n\n<!-- end -->`;
  });
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
      return `#### ${family}\n\n<details><summary>${commands.length} commands</summary>\n\n${table}\n\n</details>`;
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
    ['kind', 'edges', 'names that firmware uses (without case)'],
    EVENT_KIND_NAMES.map((kind) => [
      `\`${kind}\``,
      EVENT_KINDS[kind].edges === 'once' ? 'once' : 'start, end',
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
