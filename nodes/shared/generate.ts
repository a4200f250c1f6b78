/** What the build writes into dialogs, help and locales, derived from the registry. Pure. */
import { nameSourceOf, type CommandDescription, type groupedKinds } from '../../lib/index';
import type { EditorCommand, EditorParam, KindGroup } from './checks';

type Param = CommandDescription['params'][string];

/** The commands as data that can stand in a script. */
export function editorCommands(commands: readonly CommandDescription[]): EditorCommand[] {
  return commands.map(({ name, family, title, summary, effect, deviceClass, params, example }) => ({
    name,
    family,
    title,
    summary,
    effect,
    deviceClass,
    params: Object.fromEntries(Object.entries(params).map(([key, param]) => [key, editorParam(param, example[key])])),
  }));
}

function editorParam({ names, ...param }: Param, example: unknown): EditorParam {
  const named = names === undefined ? {} : { names: { kind: names, by: nameSourceOf(names)?.by ?? [] } };
  const text = exampleText(param.kind, example);
  const more = { ...named, ...(text === null ? {} : { example: text }) };
  if (param.kind !== 'text' || param.pattern === undefined) return { ...(param as EditorParam), ...more };
  const { expression, meaning } = param.pattern;
  return { ...param, pattern: { source: expression.source, flags: expression.flags, meaning }, ...more };
}

/** How a time is written, and a value whose form is not told by its field. */
function exampleText(kind: Param['kind'], example: unknown): string | null {
  if (kind === 'time') return typeof example === 'string' ? example : '2026-05-01T12:00:00';
  const text = kind === 'json' && example !== undefined ? JSON.stringify(example) : '';
  return text === '' || text.length > LONGEST_EXAMPLE ? null : text;
}

const LONGEST_EXAMPLE = 120;

/** The groups of kinds with icons of Font Awesome 4.7, which Node-RED has. */
export function kindGroups(groups: ReturnType<typeof groupedKinds>): KindGroup[] {
  return groups.map(({ group, kinds }) => ({
    group,
    icon: GROUP_ICONS[group],
    kinds: kinds.map((kind) => ({ kind, icon: KIND_ICONS[kind] ?? 'fa-question' })),
  }));
}

const GROUP_ICONS: Readonly<Record<ReturnType<typeof groupedKinds>[number]['group'], string>> = {
  detection: 'fa-eye',
  perimeter: 'fa-object-group',
  access: 'fa-id-card-o',
  alarm: 'fa-bell',
  fault: 'fa-wrench',
  rest: 'fa-ellipsis-h',
};

const KIND_ICONS: Readonly<Partial<Record<string, string>>> = {
  motion: 'fa-arrows-h',
  pir: 'fa-feed',
  person: 'fa-male',
  face: 'fa-user-o',
  vehicle: 'fa-car',
  audio: 'fa-volume-up',
  sceneChange: 'fa-picture-o',
  ship: 'fa-ship',
  radar: 'fa-bullseye',
  lineCrossing: 'fa-exchange',
  intrusion: 'fa-object-group',
  regionEntrance: 'fa-sign-in',
  regionExit: 'fa-sign-out',
  loitering: 'fa-street-view',
  crowd: 'fa-users',
  running: 'fa-bolt',
  parking: 'fa-product-hunt',
  unattendedBaggage: 'fa-suitcase',
  objectRemoval: 'fa-archive',
  behavior: 'fa-child',
  doorbell: 'fa-bell-o',
  access: 'fa-id-card-o',
  plate: 'fa-newspaper-o',
  trafficIncident: 'fa-road',
  peopleCounting: 'fa-sort-numeric-asc',
  alarmInput: 'fa-plug',
  alarmOutput: 'fa-toggle-on',
  alarmPanel: 'fa-shield',
  temperature: 'fa-thermometer-half',
  fire: 'fa-fire',
  tamper: 'fa-hand-paper-o',
  videoLoss: 'fa-eye-slash',
  videoQuality: 'fa-tachometer',
  defocus: 'fa-crosshairs',
  diskFull: 'fa-database',
  diskError: 'fa-hdd-o',
  networkBroken: 'fa-chain-broken',
  ipConflict: 'fa-clone',
  illegalAccess: 'fa-user-secret',
  recording: 'fa-dot-circle-o',
  deviceFault: 'fa-exclamation-triangle',
};

/** The list of commands for the help, in Markdown: folded by family, because there are many. */
export function commandHelp(commands: readonly CommandDescription[]): string {
  const lines = ['### Commands', ''];
  for (const family of new Set(commands.map((command) => command.family))) {
    const own = commands.filter((command) => command.family === family);
    lines.push(`#### ${family}`, '', `<details><summary>${own.length} commands</summary>`, '');
    for (const command of own) lines.push(...oneHelp(command));
    lines.push('</details>', '');
  }
  return lines.join('\n');
}

/** What `payload.details` holds, kind by kind, for the help; kinds that say the same stand together. */
export function detailsHelp(details: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const kindsBySaid = new Map<string, string[]>();
  for (const [kind, names] of Object.entries(details)) {
    const said = Object.entries(names)
      .map(([name, meaning]) => `- \`${name}\` - ${meaning}`)
      .join('\n');
    kindsBySaid.set(said, [...(kindsBySaid.get(said) ?? []), `**\`${kind}\`**`]);
  }
  const lines = [
    '### payload.details',
    '',
    'What the device does not say is `null`; whatever else it says is there under its own name.',
    '',
    `<details><summary>${Object.keys(details).length} kinds</summary>`,
    '',
  ];
  for (const [said, kinds] of kindsBySaid) lines.push(kinds.join(', '), '', said, '');
  lines.push('</details>', '');
  return lines.join('\n');
}

function oneHelp({ name, title, summary, effect, params, returns, deviceClass }: CommandDescription): string[] {
  const remark = [...(effect === 'danger' ? ['dangerous'] : []), ...(deviceClass === null ? [] : [deviceClass])];
  const remarks = remark.length === 0 ? '' : ` (${remark.join('; ')})`;
  const parameters = Object.entries(params).map(([parameter, param]) => `- \`${parameter}\` ${parameterHelp(param)}`);
  return [
    `**\`${name}\`** - ${title}${remarks}. ${summary} *Answer:* ${returns}`,
    '',
    ...parameters,
    ...(parameters.length === 0 ? [] : ['']),
  ];
}

/** `(integer, 1 to 512, default 1) - Channel. As people count it.` */
function parameterHelp(param: Param): string {
  const facts: string[] = [param.kind];
  if ('min' in param) facts.push(`${param.min} to ${param.max}${param.unit === undefined ? '' : ` ${param.unit}`}`);
  if (param.kind === 'choice') facts.push(param.choices.join(' | '));
  if (param.kind === 'text' && param.pattern !== undefined) facts.push(param.pattern.meaning);
  if (param.default !== undefined) {
    facts.push(`default ${typeof param.default === 'string' ? param.default : JSON.stringify(param.default)}`);
  } else if (param.optional === true) facts.push('optional');
  const description = param.description === undefined ? '' : ` ${param.description}`;
  return `(${facts.join(', ')}) - ${param.title}.${description}`;
}

/** The texts of one node together with those that all nodes share: Node-RED lets a node read only its own file. */
export function localeOf(own: string, shared: string): Record<string, unknown> {
  return { ...(JSON.parse(own) as Record<string, unknown>), ...(JSON.parse(shared) as Record<string, unknown>) };
}

/**
 * Help as we write it, in Markdown, with Node-RED's lists of properties turned into its HTML: the reader of Node-RED loses its way
 * at a second colon or a bar within one. `: *name* (type) : text`; a name in stars may be left out.
 */
export function helpFrom(markdown: string): string {
  return markdown.replace(/(?:^: .+\n)+/gm, (list) => {
    const rows = list
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, optional, name = '', type, text = ''] =
          /^: ([*_])?(.+?)[*_]?(?: \(([^)]*)\))? : (.*)$/.exec(line) ?? [];
        if (name === '') throw new Error(`help: not a property: ${line}`);
        const typed = type === undefined ? '' : ` <span class="property-type">${escape(type)}</span>`;
        return `<dt${optional === undefined ? '' : ' class="optional"'}>${escape(name)}${typed}</dt>\n<dd>${inline(text)}</dd>`;
      });
    return `<dl class="message-properties">\n${rows.join('\n')}\n</dl>\n`;
  });
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Markdown is not read within HTML. */
function inline(text: string): string {
  return escape(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replace(/\*([^*]+)\*|\b_([^_]+)_\b/g, '<i>$1$2</i>');
}
