/** No text, however it is made, lets a regular expression of ours take more than linear time. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import { ambiguityOf } from '../support/ambiguity';

const ROOT = resolve(__dirname, '../..');

/** They read our own texts, and are not in the package. */
const OF_THE_BUILD = ['nodes/build.ts', 'nodes/shared/generate.ts'];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** Literals of one file, and how often it puts an expression together from texts. */
function expressionsIn(path: string): { literals: RegExp[]; made: number } {
  const literals: RegExp[] = [];
  let made = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      literals.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)));
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
      made++;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true));
  return { literals, made };
}

describe('the judge', () => {
  it.each([
    /(a+)+$/,
    /(a*)*b/,
    /(?:a|a)*b/,
    /(?:a|ab|b)*c/,
    /^\s*x?\s*$/,
    /\0+$/,
    /\s+$/,
    /^\w+\d+;/,
    /<!\[CDATA\[[\s\S]*?\]\]>/,
    /<title[^>]*>x/i,
    /^(?:a?b?)*$/,
    /^(?:\d{1,3},?)*;$/,
    /x(?=a*a*b)/,
    /"(?:[^"\\]|\\.)*"/,
    /K+(?:ß|k+)!/iu,
  ])('finds %s slow', (expression) => {
    expect(ambiguityOf(expression)).not.toBeNull();
  });

  it.each([
    /a+/,
    /\s+/g,
    /^\0+$/,
    /-\d+$/,
    /^[a-z]+\d*$/,
    /^(?:[^"\\]|\\.)*"/,
    /^\s*(\w+)\s+=/,
    /^(?:\d{1,3}\.){3}\d{1,3}$/,
    /[?&]name=([^&]+)/,
    /^a*(?=b)c/,
    /(?:\.\d{1,9})?Z$/,
    /a*/y,
  ])('finds %s fast', (expression) => {
    expect(ambiguityOf(expression)).toBeNull();
  });

  it('cannot judge what reads again what it has read', () => {
    expect(() => ambiguityOf(/(a)\1/)).toThrow(/again/);
  });
});

describe('our regular expressions', () => {
  const files = [...sources('lib'), ...sources('nodes')]
    .filter((path) => !OF_THE_BUILD.includes(path))
    .map((path) => ({ path, ...expressionsIn(path) }));

  it('are found', () => {
    expect(files.flatMap(({ literals }) => literals).length).toBeGreaterThan(250);
  });

  it.each(files.filter(({ literals }) => literals.length > 0))('of $path are linear', ({ literals }) => {
    const slow = literals.flatMap((expression) => {
      const text = ambiguityOf(expression);
      return text === null ? [] : [`${String(expression)} with ${JSON.stringify(text)} again and again`];
    });
    expect(slow).toEqual([]);
  });

  it('that are put together from texts are linear, too', async () => {
    const made = new Map<string, RegExp>();
    const Original = globalThis.RegExp;
    const Recording = new Proxy(Original, {
      construct(target, given: [string | RegExp, string?]) {
        const expression = new target(...given);
        // Not those of the libraries.
        if (!(new Error().stack?.split('\n')[2] ?? 'node_modules').includes('node_modules')) {
          made.set(String(expression), expression);
        }
        return expression;
      },
    });
    globalThis.RegExp = Recording;
    try {
      vi.resetModules();
      await import('../../lib/index.js');
      const { builtInDevice, MODEL_NAMES } = await import('../../lib/simulator/index.js');
      for (const model of MODEL_NAMES) builtInDevice(model);
      await import('../../lib/codec/redact.js');
      const { Mask } = await import('../../lib/codec/mask.js');
      new Mask({ user: '(a+)+$|"\\s*x', password: '' });
    } finally {
      globalThis.RegExp = Original;
      vi.resetModules();
    }
    expect(made.size).toBeGreaterThan(20);
    const slow = [...made.values()].filter((expression) => ambiguityOf(expression) !== null);
    expect(slow.map(String)).toEqual([]);
    // Where one is added, look whether it is made above.
    expect(files.filter(({ made: count }) => count > 0).map(({ path }) => path)).toMatchInlineSnapshot(`
      [
        "lib/codec/mask.ts",
        "lib/codec/redact.ts",
        "lib/commands/zone.ts",
        "lib/simulator/functions/access-log.ts",
        "lib/simulator/functions/alarm-panel.ts",
        "lib/simulator/functions/doors.ts",
        "lib/simulator/functions/intercom.ts",
        "lib/simulator/functions/persons.ts",
        "lib/simulator/functions/picture-settings.ts",
        "lib/simulator/functions/plates.ts",
        "lib/simulator/functions/ports.ts",
        "lib/simulator/functions/ptz.ts",
        "lib/simulator/functions/push-hosts.ts",
        "lib/simulator/functions/sensors.ts",
        "lib/simulator/functions/siren.ts",
        "lib/simulator/functions/talk.ts",
        "lib/simulator/models/model.ts",
        "lib/simulator/recordings.ts",
        "nodes/shared/checks.ts",
      ]
    `);
  });
});
