/**
 * The parts of the image document of a channel. Each part has a path of its own on most cameras; on some only the whole document
 * can be read, or written (isapi.md §3.6).
 */
import { find, formatXml, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { needsReboot } from '../answers';
import { putDocument, type CommandContext, type Steps } from '../command';
import { getNamed, type Written } from '../documents';
import { firstThatWorks, optionalDocument } from '../ways';

/** Cameras and analog channels, then IP channels of a recorder. */
export const IMAGE_BASES = {
  camera: '/ISAPI/Image/channels',
  recorder: '/ISAPI/ContentMgmt/ImageProxy/channels',
} as const;

export const IMAGE_ROOT = 'ImageChannel';

/** One part, and the document that it is written back with: itself, or the whole one. */
export interface ImagePart {
  readonly path: string;
  readonly document: XmlElement;
  readonly part: XmlElement;
}

type PartPlace = 'cameraPart' | 'recorderPart' | 'cameraWhole' | 'recorderWhole';

const PART_PLACES: readonly PartPlace[] = ['cameraPart', 'recorderPart', 'cameraWhole', 'recorderWhole'];

/** Paths of a part, for the definition of a command. */
export function imagePartPaths(leaf: string): readonly string[] {
  return Object.values(IMAGE_BASES).flatMap((base) => [`${base}/{channel}/${leaf}`, `${base}/{channel}`]);
}

/**
 * Reads a part of the image settings.
 *
 * @param leaf name of its path.
 * @param name name of its element.
 */
export function readPart(channel: number, leaf: string, name: string, context: CommandContext): Steps<ImagePart> {
  const key = `camera.image/${channel}/${leaf}`;
  return firstThatWorks(PART_PLACES, context.memory, key, function* (place): Steps<ImagePart> {
    const base = place === 'cameraPart' || place === 'cameraWhole' ? IMAGE_BASES.camera : IMAGE_BASES.recorder;
    const whole = `${base}/${channel}`;
    if (place === 'cameraPart' || place === 'recorderPart') {
      const path = `${whole}/${leaf}`;
      const document = yield* getNamed(path, name);
      return { path, document, part: document };
    }
    const document = yield* getNamed(whole, IMAGE_ROOT);
    const part = find(document, name);
    if (part === undefined) throw new UnsupportedError(`${whole}: the image settings have no ${name}`);
    return { path: whole, document, part };
  });
}

/** Writes a part back and reads it again. */
export function* writePart({ path, document, part }: ImagePart): Steps<{ part: XmlElement } & Written> {
  const answer = yield* putDocument(path, formatXml(document));
  const after = yield* getNamed(path, document.name);
  return {
    part: (document === part ? after : find(after, part.name)) ?? part,
    rebootRequired: needsReboot(answer),
  };
}

/** What the device allows for a part; undefined where it does not say. */
export function* partCapabilities({ path, document, part }: ImagePart): Steps<XmlElement | undefined> {
  const capabilities = yield* optionalDocument(`${path}/capabilities`);
  return document === part ? capabilities : find(capabilities, part.name);
}
