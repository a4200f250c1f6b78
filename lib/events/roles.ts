/** What a picture shows, told by what the device calls it. */
import type { PlatePicture } from './details/plate';
import type { PictureRole } from './event';

/** In this order: a `licensePlatePicture` is no picture of a vehicle. */
const WORDS: readonly (readonly [word: string, role: PictureRole])[] = [
  ['plate', 'licensePlate'],
  ['face', 'face'],
  ['human', 'person'],
  ['body', 'person'],
  ['thermal', 'thermal'],
  ['vehicle', 'vehicle'],
  ['background', 'scene'],
  ['detection', 'scene'],
  ['scene', 'scene'],
  ['visible', 'scene'],
];

/** `licensePlatePicture.jpg` shows a plate; null for a name that says nothing, such as `Picture.jpg`. */
export function roleOfWord(name: string | null): PictureRole | null {
  if (name === null) return null;
  const lower = name.toLowerCase();
  return WORDS.find(([word]) => lower.includes(word))?.[1] ?? null;
}

/** A picture as it came: the name of its file, and that of the field in the form that carried it. */
interface Named {
  readonly name: string | null;
  readonly formName: string | null;
}

/**
 * What a picture shows: as the message says that announces it, else by its own names. Files are called as the message says, or
 * by the id that it gives them (streams/push-ANPR.bin).
 *
 * @param details those of the event that it belongs to.
 */
export function roleOfPicture(
  { name, formName }: Named,
  details: Readonly<Record<string, unknown>>,
): PictureRole | null {
  const announced = details['pictureInfo'];
  const stem = name?.replace(/\.\w{1,5}$/, '') ?? null;
  for (const info of Array.isArray(announced) ? (announced as readonly Partial<PlatePicture>[]) : []) {
    const isIt = name !== null && (info.name === name || info.id === stem);
    if (isIt && info.role !== undefined && info.role !== null) return info.role;
  }
  return roleOfWord(formName) ?? roleOfWord(name);
}
