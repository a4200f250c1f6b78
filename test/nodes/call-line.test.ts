/** The line that the dialog of a command writes: a shell and the verb read it as what stood in the dialog. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callLine } from '../../lib/call-line';
import { parseCall } from '../../lib/cli/call';
import { commandList, commandNamed, parseDeviceUrl } from '../../lib/index';
import { dialogLine, type DeviceInEditor } from '../../nodes/shared/call-line';
import type { TypedField } from '../../nodes/shared/checks';
import { editorCommands } from '../../nodes/shared/generate';

const commands = editorCommands(commandList());
const commandOf = (name: string) => {
  const found = commands.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no command ${name}`);
  return found;
};
const camera: DeviceInEditor = { protocol: 'http', host: '192.0.2.10', port: '' };

/** The words of each line, as a shell hands them to a program. */
function shellWords(lines: readonly string[]): string[][] {
  const script = lines.map((line) => `printf '%s\\000' ${line} && printf '\\000'`).join('\n');
  const text = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  return text
    .split('\0\0')
    .slice(0, -1)
    .map((words) => words.split('\0'));
}

function readBack(line: string) {
  const [words = []] = shellWords([line]);
  expect(words.slice(0, 2)).toEqual(['hsp', 'call']);
  return parseCall(words.slice(2));
}

function lineOf(command: string, fields: Record<string, TypedField>, device = camera, user: string | null = 'admin') {
  return dialogLine(device, user, commandOf(command), fields) ?? { line: '', later: [], secret: [] };
}

describe('the line of a call', () => {
  it('reads as it is written in the help', () => {
    const fields = { channel: { type: 'num', value: '1' }, stream: { type: 'choice', value: 'sub' } };
    expect(lineOf('camera.snapshot', fields).line).toBe(
      'hsp call http://admin@192.0.2.10 camera.snapshot --channel 1 --stream sub',
    );
  });

  it('comes back from shell and verb for every command, with its example', () => {
    const lines = commandList().map(({ name, example }) =>
      callLine({
        url: 'http://admin@192.0.2.10',
        command: name,
        args: Object.fromEntries(
          Object.entries(example).map(([key, value]) => [
            key,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]),
        ),
      }),
    );
    const words = shellWords(lines);
    for (const [at, { name, example, params }] of commandList().entries()) {
      const { name: readName, given } = parseCall((words[at] ?? []).slice(2));
      expect(readName).toBe(name);
      const meant = Object.fromEntries(
        Object.entries(example).map(([key, value]) => [
          key,
          params[key]?.kind === 'json' || typeof value === 'string' ? value : String(value),
        ]),
      );
      expect(given).toEqual(meant);
    }
  });

  it('keeps every text whole, whatever stands in it', () => {
    const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((each) => !each.includes('\0'));
    const odd = fc.constantFrom(
      `it's`,
      '-v',
      '--confirm',
      '$(reboot)',
      '`id`',
      'a b',
      '"',
      '\\',
      '!x',
      '*',
      '-5 x',
      'ü\n',
    );
    fc.assert(
      fc.property(fc.oneof(text, odd), (value) => {
        const { given } = readBack(lineOf('camera.setOverlayText', { text: { type: 'str', value } }).line);
        expect(given).toEqual({ text: value });
      }),
      { numRuns: 40 },
    );
  });

  it('keeps numbers, truths, JSON, and texts that look like JSON', () => {
    expect(readBack(lineOf('camera.move', { pan: { type: 'num', value: '-20' } }).line).given).toEqual({ pan: '-20' });
    const areas = [{ left: 1, top: 2, right: 3, bottom: 4 }];
    const mask = lineOf('camera.setPrivacyMask', {
      enabled: { type: 'bool', value: 'true' },
      areas: { type: 'json', value: JSON.stringify(areas) },
    });
    expect(readBack(mask.line).given).toEqual({ enabled: 'true', areas });
    const raw = lineOf('config.raw', { body: { type: 'str', value: '123' } });
    expect(readBack(raw.line).given).toEqual({ body: '123' });
  });

  it('leads to the device as it is set', () => {
    const at = (device: DeviceInEditor, user: string | null = 'admin') =>
      readBack(lineOf('config.deviceInfo', {}, device, user).line);
    const secure = { protocol: 'https', host: '2001:db8::1', port: '8443', tls: 'fingerprint', fingerprint: 'ab:cd' };
    const { url = '', values } = at(secure, 'o@p:q ä');
    expect(parseDeviceUrl(url)).toEqual({
      protocol: 'https',
      host: '2001:db8::1',
      port: 8443,
      username: 'o@p:q ä',
      password: '',
    });
    expect(values).toMatchObject({ fingerprint: 'ab:cd' });
    expect(at({ ...camera, protocol: 'https', tls: 'any' }).values).toMatchObject({ insecure: true });
    expect(at({ ...camera, protocol: 'https', tls: 'ca', caFile: '/a b/ca.pem' }).values).toMatchObject({
      ca: '/a b/ca.pem',
    });
    const auto = at({ ...camera, protocol: 'auto', allowBasic: true });
    expect(auto).toMatchObject({ url: 'http://admin@192.0.2.10', values: { protocol: 'auto', 'allow-basic': true } });
    expect(at({ ...camera, protocol: 'hsp', port: '8001' }).url).toBe('hsp://admin@192.0.2.10:8001');
    // What is not known here stands there as in the documentation.
    expect(at({ host: '${HOST}' }, '${USER}').url).toBe('http://admin@192.0.2.10');
    expect(dialogLine({ protocol: 'ehome' }, null, commandOf('config.deviceInfo'), {})).toBeNull();
  });

  it('confirms a danger, and tells what is not in it', () => {
    expect(readBack(lineOf('config.reboot', {}).line).values.confirm).toBe(true);
    const told = lineOf('config.changePassword', { password: { type: 'str', value: 'abcd1234' } });
    expect(told.line).not.toContain('abcd1234');
    expect(told.secret).toEqual(['New password']);
    const later = lineOf('camera.gotoPreset', { channel: { type: 'msg', value: 'topic' } });
    expect(later).toMatchObject({ later: ['Channel', 'Preset'], secret: [] });
    expect(later.line).toMatch(/camera\.gotoPreset$/);
  });

  it('has no option of the verb in the way of a parameter', () => {
    const taken = [
      'user',
      'ca',
      'fingerprint',
      'insecure',
      'allow-basic',
      'protocol',
      'command-port',
      'confirm',
      'encoding',
    ];
    for (const { name } of commandList())
      expect(Object.keys(commandNamed(name)?.params ?? {}).filter((parameter) => taken.includes(parameter))).toEqual(
        [],
      );
  });
});
