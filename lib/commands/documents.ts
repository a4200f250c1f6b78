/** Settings as documents: read the whole one, change what was asked, write it back, read what the device made of it. */
import { formatXml, type XmlElement } from '../codec/xml';
import { UnsupportedError } from '../errors';
import { needsReboot } from './answers';
import { getDocument, putDocument, type Steps } from './command';
import { firstThatWorks } from './ways';

export interface SettingDocument {
  readonly path: string;
  readonly document: XmlElement;
}

/** Added to what a command that writes answers. */
export interface Written {
  /** The device stored the change but uses it only after a restart. */
  readonly rebootRequired: boolean;
}

/** Reads a document that must have this root. @throws UnsupportedError when it is another one. */
export function* getNamed(path: string, root: string): Steps<XmlElement> {
  const document = yield* getDocument(path);
  if (document.name.toLowerCase() === root.toLowerCase()) return document;
  throw new UnsupportedError(`${path}: answered with ${document.name} instead of ${root}`);
}

/**
 * Reads the document of a setting where the device has it.
 *
 * @param paths by the name of the place, in the order in which they are tried.
 * @param key under which the place that worked is remembered.
 */
export function readSetting(
  paths: Readonly<Record<string, string>>,
  root: string,
  memory: Map<string, unknown>,
  key: string,
): Steps<SettingDocument> {
  return firstThatWorks(Object.keys(paths), memory, key, function* (place) {
    const path = paths[place] as string;
    return { path, document: yield* getNamed(path, root) };
  });
}

/** Writes a whole document back, and reads again: devices bend or ignore values and still say OK. */
export function* writeSetting({ path, document }: SettingDocument): Steps<SettingDocument & Written> {
  const answer = yield* putDocument(path, formatXml(document));
  return { path, document: yield* getNamed(path, document.name), rebootRequired: needsReboot(answer) };
}
