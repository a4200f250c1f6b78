/** Bytes as people write them: blanks and line ends anywhere, `|` begins a remark that ends with the line. */
export function hex(text: string): Buffer {
  const digits = text.replaceAll(/\|[^\n]*/g, '').replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new Error(`no hexadecimal bytes: ${text}`);
  return Buffer.from(digits, 'hex');
}

/** `bytes` with those at `at` replaced: a damaged twin of a sound vector. */
export function damage(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}
