/** Secrets that a test plants, and a look for them in everything that comes out, in every dress that a message might give them. */
import { inspect } from 'node:util';
import { expect } from 'vitest';

/** A secret as itself and as it would look in a URL, in JSON, XML, a header or a dump. */
export function dressesOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const escaped = secret.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/'/g, '&apos;');
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      JSON.stringify(secret).slice(1, -1),
      escaped,
      bytes.toString('latin1'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
    ]),
  ];
}

/** Everything that somebody could read of a value: its JSON, its text, and what a debugger shows, causes and stacks included. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  let json: string;
  try {
    json = JSON.stringify(value) ?? '';
  } catch {
    // It refers to itself; the debugger shows it all the same.
    json = '';
  }
  const stack = value instanceof Error ? `${value.message}\n${value.stack}` : '';
  return `${json}\n${stack}\n${inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null })}`;
}

export class Planted {
  private readonly told: { readonly where: string; readonly value: unknown }[] = [];

  /** @param secrets by what they are. */
  constructor(private readonly secrets: Readonly<Record<string, string>>) {}

  /** Remembers what came out. */
  hear(where: string, ...values: readonly unknown[]): void {
    for (const value of values) this.told.push({ where, value });
  }

  /** @param more secrets that came to light only on the way: nonces, sessions. @param without those that may be told here. */
  expectUntold(more: Readonly<Record<string, string>> = {}, without: readonly string[] = []): void {
    expect(this.told.length).toBeGreaterThan(0);
    const texts = this.told.map(({ where, value }) => ({ where, text: textOf(value) }));
    const found = Object.entries({ ...this.secrets, ...more })
      .filter(([name]) => !without.includes(name))
      .flatMap(([name, secret]) =>
        texts
          .filter(({ text }) => dressesOf(secret).some((dress) => text.includes(dress)))
          .map(({ where }) => `${name} in ${where}`),
      );
    expect([...new Set(found)]).toEqual([]);
  }
}
