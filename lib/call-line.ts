/** `hsp call ...` as one line for a shell. Pure and without Node.js: dialogs in the browser write it as well as the help. */

export interface CallLine {
  readonly url: string;
  readonly command: string;
  /** As they are typed: texts as they are, anything else as JSON. */
  readonly args: Readonly<Record<string, string>>;
  /** What leads to the device beside its URL: `--insecure`, `--fingerprint`, ... with their values. */
  readonly options?: readonly string[];
  readonly isConfirmed?: boolean;
}

export function callLine({ url, command, args, options = [], isConfirmed = false }: CallLine): string {
  const given = Object.entries(args).map(([parameter, text]) => argument(parameter, text));
  const confirm = isConfirmed ? ['--confirm'] : [];
  return ['hsp call', shellWord(url), command, ...given, ...options.map(shellWord), ...confirm].join(' ');
}

/** A text behind a hyphen would be read as the next option; numbers are known to the verb. */
function argument(parameter: string, text: string): string {
  const isOption = text.startsWith('-') && !/^-\.?\d/.test(text);
  return isOption || text === '' ? `--${parameter}=${shellWord(text)}` : `--${parameter} ${shellWord(text)}`;
}

/** One word for a POSIX shell. */
function shellWord(text: string): string {
  return /^[\w.,:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
