/**
 * ISAPI XML ⇄ plain objects, for documents: answers of commands, and `raw` of an event.
 *
 * Namespaces are ignored when reading, names are matched without case, values stay strings (a plate `0123456` keeps its
 * zero), and the order of elements is kept, so that what was read can be changed in one place and written back. The five
 * predefined entities and numeric references are read, no other entity is expanded. Lenient where devices are
 * careless: bare `&`, junk after the root, no declaration, undeclared prefixes.
 */
import { SaxesParser } from 'saxes';
import { ProtocolError } from '../errors';
import { XML_MAX_DEPTH, XML_MAX_ELEMENTS, XML_MAX_LENGTH } from '../settings';
import { decodeText, ownText } from './text';

export interface XmlElement {
  /** Name without prefix, in the device's own case. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text of this element itself, without that of its children; blanks at both ends removed. */
  text: string;
  readonly children: XmlElement[];
}

/** @throws ProtocolError for text that is no XML document, is too deep, too large or has too many elements. */
export function parseXml(input: Uint8Array | string): XmlElement {
  const source = typeof input === 'string' ? input : decodeText(input);
  if (source.length > XML_MAX_LENGTH) {
    throw new ProtocolError(
      `document of ${source.length} characters, at most ${XML_MAX_LENGTH} are read`,
      XML_MAX_LENGTH,
    );
  }
  const text = repair(source);
  const parser = new SaxesParser({ position: false });
  const open: { element: MutableElement; text: string }[] = [];
  let root: MutableElement | undefined;
  let count = 0;

  parser.on('error', (error) => {
    // A bare entity such as &nbsp; stays as text; anything else ends the reading.
    if (/undefined entity|unknown entity|disallowed character in entity name/i.test(error.message)) return;
    throw new ProtocolError(`XML: ${error.message}`, parser.position);
  });
  parser.on('doctype', () => {
    // It could only bring entities, which are never expanded.
    throw new ProtocolError('XML: a document type is not read', parser.position);
  });
  parser.on('opentag', (tag) => {
    if (++count > XML_MAX_ELEMENTS) {
      throw new ProtocolError(`more than ${XML_MAX_ELEMENTS} elements`, parser.position);
    }
    if (open.length >= XML_MAX_DEPTH)
      throw new ProtocolError(`elements nested deeper than ${XML_MAX_DEPTH}`, parser.position);
    const attributes = Object.create(null) as Record<string, string>;
    for (const [name, value] of Object.entries(tag.attributes as Record<string, string>)) attributes[name] = value;
    const element: MutableElement = { name: localName(tag.name), attributes, text: '', children: [] };
    const parent = open[open.length - 1];
    if (parent === undefined) root = element;
    else parent.element.children.push(element);
    open.push({ element, text: '' });
  });
  const onText = (value: string) => {
    const current = open[open.length - 1];
    if (current !== undefined) current.text += value;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed !== undefined) closed.element.text = closed.text.trim();
  });

  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(`XML: ${(error as Error).message}`, parser.position, { cause: error });
  }
  if (root === undefined) throw new ProtocolError('no XML element', 0);
  return root;
}

type MutableElement = XmlElement & { children: XmlElement[] };

/** Writes a document with its declaration, LF line ends and no blanks that could become part of a value. */
export function formatXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${formatElement(root)}\n`;
}

/** One element without a declaration. */
export function formatElement(element: XmlElement): string {
  let attributes = '';
  for (const [name, value] of Object.entries(element.attributes)) attributes += ` ${name}="${escapeXml(value)}"`;
  if (element.children.length === 0 && element.text === '') return `<${element.name}${attributes}></${element.name}>`;
  const inner = escapeXml(element.text) + element.children.map(formatElement).join('');
  return `<${element.name}${attributes}>${inner}</${element.name}>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r]/g, (sign) => ESCAPES[sign] as string);
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

/** Builds an element: text for a leaf, elements for a branch. */
export function element(
  name: string,
  content: string | number | boolean | readonly XmlElement[] = '',
  attributes: Readonly<Record<string, string>> = {},
): XmlElement {
  return typeof content === 'object'
    ? { name, attributes, text: '', children: [...content] }
    : { name, attributes, text: String(content), children: [] };
}

/** First element at `path` below `from`, names separated by `/`, without case; undefined when there is none. */
export function find(from: XmlElement | undefined, path: string): XmlElement | undefined {
  let current = from;
  for (const name of path.split('/')) {
    if (current === undefined) return undefined;
    current = childNamed(current, name);
  }
  return current;
}

/** All children of that name, without case; a list with one child and a list with many read the same. */
export function all(from: XmlElement | undefined, name: string): XmlElement[] {
  const wanted = name.toLowerCase();
  return from === undefined ? [] : from.children.filter((child) => child.name.toLowerCase() === wanted);
}

/** Text at `path`; null when the element is absent or empty. */
export function textAt(from: XmlElement | undefined, path: string): string | null {
  const text = find(from, path)?.text;
  return text === undefined || text === '' ? null : ownText(text);
}

/** Number at `path`; null when absent, empty or not a number. Leading blanks are what some recorders send. */
export function numberAt(from: XmlElement | undefined, path: string): number | null {
  return toNumber(textAt(from, path));
}

/** Truth at `path`; devices write true/false, 1/0, yes/no, on/off. Null when absent or something else. */
export function booleanAt(from: XmlElement | undefined, path: string): boolean | null {
  return toBoolean(textAt(from, path));
}

export function toNumber(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}

export function toBoolean(text: string | null | undefined): boolean | null {
  switch (text?.trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'yes':
    case 'on':
      return true;
    case 'false':
    case 'flase': // a firmware's own spelling
    case '0':
    case 'no':
    case 'off':
      return false;
    default:
      return null;
  }
}

/** Sets the text at `path`, adding elements that are missing; for read-modify-write. */
export function setText(root: XmlElement, path: string, value: string | number | boolean): void {
  let current = root;
  for (const name of path.split('/')) {
    let next = childNamed(current, name);
    if (next === undefined) {
      next = element(name);
      current.children.push(next);
    }
    current = next;
  }
  current.text = String(value);
}

/** A plain, JSON-able picture of an element: leaf = string, branch = object, repeated child = array, attributes as `@name`. */
export function toPlain(from: XmlElement): XmlPlain {
  const attributes = Object.entries(from.attributes).filter(([name]) => name !== 'xmlns' && !name.startsWith('xmlns:'));
  if (from.children.length === 0 && attributes.length === 0) return from.text;
  const plain = Object.create(null) as Record<string, XmlPlain>;
  for (const [name, value] of attributes) plain[`@${name}`] = value;
  if (from.children.length === 0 && from.text !== '') plain['#text'] = from.text;
  for (const child of from.children) {
    // Whoever copies it would change what the copy is.
    if (child.name === '__proto__') continue;
    const value = toPlain(child);
    const before = plain[child.name];
    if (before === undefined) plain[child.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else plain[child.name] = [before, value];
  }
  return plain;
}

export type XmlPlain = string | XmlPlain[] | { [name: string]: XmlPlain };

function childNamed(parent: XmlElement, name: string): XmlElement | undefined {
  const wanted = name.toLowerCase();
  return parent.children.find((child) => child.name.toLowerCase() === wanted);
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** Takes the carelessness out of a document before the strict parser sees it. */
function repair(source: string): string {
  let start = source.indexOf('<');
  if (start < 0) throw new ProtocolError('no XML element', 0);
  // The declaration may name an encoding that is no longer true, or be doubled; the parser does not need it.
  while (source.startsWith('<?', start)) {
    const end = source.indexOf('?>', start);
    if (end < 0) throw new ProtocolError('XML: unfinished declaration', start);
    const next = source.indexOf('<', end + 2);
    if (next < 0) throw new ProtocolError('no XML element', end);
    start = next;
  }
  let text = source.slice(start, endOfRoot(source, start));
  // The parser takes this word in capitals only.
  if (/^<!doctype/i.test(text)) throw new ProtocolError('XML: a document type is not read', start);
  text = withAmpersands(text);
  // eslint-disable-next-line no-control-regex -- characters that XML forbids, found in names of old recorders
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
}

/** Writes each bare `&` as XML wants it. CDATA means what it says. */
function withAmpersands(text: string): string {
  let whole = '';
  for (let at = 0; ;) {
    const opened = text.indexOf('<![CDATA[', at);
    // One that never ends is for the parser to refuse.
    const closed = opened < 0 ? -1 : text.indexOf(']]>', opened);
    const end = closed < 0 ? text.length : opened;
    whole += text.slice(at, end).replace(/&(?!#?\w{1,32};)/g, '&amp;');
    if (closed < 0) return whole;
    at = closed + ']]>'.length;
    whole += text.slice(opened, at);
  }
}

/** Position just after the last closing tag of the root's name: NULs or a second page may follow it. */
function endOfRoot(source: string, start: number): number {
  const name = /^<([^\s/>]+)/.exec(source.slice(start, start + 200))?.[1];
  if (name === undefined) return source.length;
  const close = source.lastIndexOf(`</${name}`);
  if (close < 0) return source.length;
  const end = source.indexOf('>', close);
  return end < 0 ? source.length : end + 1;
}
