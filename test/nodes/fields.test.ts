import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandList, EVENT_DETAILS, EVENT_KIND_NAMES, groupedKinds } from '../../lib/index';
import { isFieldValid, isSeconds } from '../../nodes/shared/checks';
import { commandHelp, detailsHelp, editorCommands, helpFrom, kindGroups } from '../../nodes/shared/generate';

const commands = editorCommands(commandList());
const param = (command: string, name: string) => {
  const found = commands.find((each) => each.name === command)?.params[name];
  if (found === undefined) throw new Error(`no parameter ${name} of ${command}`);
  return found;
};

describe('what the edit dialog knows', () => {
  it('survives the way through a script', () => {
    expect(JSON.parse(JSON.stringify(commands))).toEqual(commands);
    expect(commands).toHaveLength(commandList().length);
  });

  it('has every kind in one group, and loses none that is new', () => {
    const all = kindGroups(groupedKinds([...EVENT_KIND_NAMES, 'brandNew']));
    const placed = all.flatMap(({ kinds }) => kinds.map(({ kind }) => kind));
    expect(placed.toSorted()).toEqual([...EVENT_KIND_NAMES, 'brandNew'].toSorted());
    expect(all.at(-1)).toMatchObject({ group: 'rest' });
    expect(all.at(-1)?.kinds).toContainEqual({ kind: 'brandNew', icon: 'fa-question' });
  });

  it('has icons that Node-RED has, and names for all kinds and groups', () => {
    const editor = dirname(createRequire(__filename).resolve('@node-red/editor-client/package.json'));
    const css = readFileSync(join(editor, 'public/vendor/font-awesome/css/font-awesome.min.css'), 'utf8');
    const { 'hsp-event-in': texts } = JSON.parse(
      readFileSync(resolve(__dirname, '../../nodes/event-in/locale.json'), 'utf8'),
    ) as Record<'hsp-event-in', { kind: Record<string, string>; group: Record<string, string> }>;
    for (const { group, icon, kinds } of kindGroups(groupedKinds(EVENT_KIND_NAMES))) {
      expect(texts.group).toHaveProperty(group);
      for (const { kind, icon: own } of kinds)
        expect([kind, own === 'fa-question' && group !== 'rest']).toEqual([kind, false]);
      for (const one of [icon, ...kinds.map((each) => each.icon)]) expect(css).toContain(`.${one}:before`);
      for (const { kind } of kinds) expect(texts.kind).toHaveProperty(kind);
    }
  });

  it('tells the class of devices of a command', () => {
    expect(commands.find(({ name }) => name === 'camera.snapshot')?.deviceClass).toBeNull();
    expect(new Set(commands.map(({ deviceClass }) => deviceClass)).size).toBeGreaterThan(4);
  });

  it('checks fields as the command will', () => {
    const preset = param('camera.gotoPreset', 'preset');
    expect(isFieldValid(preset, { type: 'num', value: '3' })).toBe(true);
    expect(isFieldValid(preset, { type: 'num', value: '0' })).toBe(false);
    expect(isFieldValid(preset, { type: 'num', value: '1.5' })).toBe(false);
    expect(isFieldValid(preset, { type: 'num', value: 'three' })).toBe(false);
    expect(isFieldValid(preset, { type: 'msg', value: 'preset' })).toBe(true);
    expect(isFieldValid(preset, { type: 'msg', value: '' })).toBe(false);
    // The message may bring it.
    expect(isFieldValid(preset, undefined)).toBe(true);
    const path = param('config.raw', 'path');
    expect(isFieldValid(path, { type: 'str', value: '/ISAPI/System/status' })).toBe(true);
    expect(isFieldValid(path, { type: 'str', value: 'System/status' })).toBe(false);
    expect(isFieldValid(param('config.raw', 'method'), { type: 'choice', value: 'GET' })).toBe(true);
    expect(isFieldValid(param('config.raw', 'method'), { type: 'choice', value: 'get' })).toBe(false);
  });

  it('takes seconds as people write them', () => {
    for (const fine of ['', '0', '2.5', '2,5', ' 10 ', 10, '${SECONDS}'])
      expect(isSeconds(fine), String(fine)).toBe(true);
    for (const wrong of ['-1', 'soon', '1e9']) expect(isSeconds(wrong), wrong).toBe(false);
  });
});

describe('the list of commands in the help', () => {
  it('names every command and every parameter', () => {
    const help = commandHelp(commandList());
    for (const { name, params } of commandList()) {
      expect(help).toContain(`\`${name}\``);
      for (const parameter of Object.keys(params)) expect(help).toContain(`- \`${parameter}\` (`);
    }
    expect(help).toMatch(/`config\.reboot`.*\(dangerous\)/);
  });
});

describe('help', () => {
  it('help lists what the details of each kind hold, kinds that say the same together', () => {
    const help = detailsHelp({
      intrusion: { rule: 'its number' },
      plate: { plate: 'text' },
      loitering: { rule: 'its number' },
    });
    expect(help).toContain('<details><summary>3 kinds</summary>');
    expect(help).toContain('**`intrusion`**, **`loitering`**\n\n- `rule` - its number\n');
    expect(help).toContain('**`plate`**\n\n- `plate` - text\n');
    const whole = detailsHelp(EVENT_DETAILS);
    for (const [kind, names] of Object.entries(EVENT_DETAILS)) {
      expect(whole).toContain(`**\`${kind}\`**`);
      for (const name of Object.keys(names)) expect(whole).toContain(`- \`${name}\` - `);
    }
  });

  it('has its lists of properties in the form of Node-RED', () => {
    const help = helpFrom(
      '### Inputs\n\n: *payload* (object | null) : such as `{ "a": 1 }`: **all**.\n: topic (string) : a < b\n\nText\n',
    );
    expect(help).toBe(
      '### Inputs\n\n<dl class="message-properties">\n' +
        '<dt class="optional">payload <span class="property-type">object | null</span></dt>\n' +
        '<dd>such as <code>{ "a": 1 }</code>: <b>all</b>.</dd>\n' +
        '<dt>topic <span class="property-type">string</span></dt>\n<dd>a &lt; b</dd>\n</dl>\n\nText\n',
    );
  });
});
