/** Faces and people: what they look like, and whom a list of the device takes them for (isapi.md §6.11). */
import { jsonNumber, jsonText, member, objectOf, scalar, type JsonObject } from '../../codec/json';
import { toBoolean, toNumber } from '../../codec/xml';
import type { Rect } from '../event';
import { itemsOf, objectsIn, rectOf, type Source } from './source';

/** One face. Words are those of the device. */
export interface Face {
  readonly faceId: number | null;
  /** How good the picture of the face is, 0-100. */
  readonly score: number | null;
  readonly ageGroup: string | null;
  readonly age: number | null;
  readonly gender: string | null;
  /** `yes`, `no`, `sunglasses`, ... */
  readonly glasses: string | null;
  readonly mask: boolean | null;
  readonly smile: boolean | null;
  readonly expression: string | null;
  readonly beard: boolean | null;
  readonly hat: boolean | null;
  readonly faceRect: Rect | null;
  /** Where the device keeps the picture of the face. */
  readonly faceUrl: string | null;
  /** Whom the device takes it for, and on which of its lists that person is. */
  readonly person: string | null;
  readonly personName: string | null;
  readonly list: string | null;
  readonly listType: string | null;
  /** 0-1: how alike the two are. */
  readonly similarity: number | null;
}

/** What is said of the first face stands in the details themselves. */
export interface FaceDetails extends Face {
  readonly faces: readonly Face[];
}

export interface PersonDetails {
  readonly ageGroup: string | null;
  readonly gender: string | null;
  readonly glasses: string | null;
  readonly mask: boolean | null;
  readonly hat: boolean | null;
  readonly bag: boolean | null;
  readonly upperColor: string | null;
  readonly lowerColor: string | null;
}

/** Faces that are described; a picture of a crowd has dozens. */
const MAX_FACES = 32;

export function faceDetails(source: Source): FaceDetails {
  const faces = facesIn(source);
  return { ...(faces[0] ?? faceOf({}, {})), faces };
}

/** Recorders list `faces`, with who they were taken for inside; cameras have one `Face` with the result of each list beside it. */
function facesIn(source: Source): Face[] {
  const found: Face[] = [];
  for (const object of source.objects) {
    const listed = itemsOf(member(object, 'faces') ?? member(object, 'FaceList'), 'Face').filter(isFace);
    const single = objectOf(member(object, 'Face'));
    if (single !== null && listed.length === 0) found.push(faceOf(single, object));
    else found.push(...listed.map((face) => faceOf(face, face)));
    if (found.length >= MAX_FACES) break;
  }
  return found.slice(0, MAX_FACES);
}

/** A result of a comparison has a list `faces` of its own, which holds the candidates only. */
function isFace(face: JsonObject): boolean {
  return Object.keys(face).some((name) => name.toLowerCase() !== 'identify');
}

/** @param around where the results of comparison stand. */
function faceOf(face: JsonObject, around: JsonObject): Face {
  const word = attributesOf(face);
  return {
    faceId: jsonNumber(face, 'faceId') ?? jsonNumber(face, 'id'),
    score: jsonNumber(face, 'faceScore'),
    ageGroup: word('ageGroup') ?? jsonText(face, 'age/ageGroup'),
    age: toNumber(word('age')),
    gender: word('gender'),
    glasses: word('glass', 'glasses'),
    mask: toBoolean(word('mask')),
    smile: toBoolean(word('smile')),
    expression: word('faceExpression', 'expression'),
    beard: toBoolean(word('beard')),
    hat: toBoolean(word('hat')),
    faceRect: rectOf(member(face, 'faceRect')),
    faceUrl: jsonText(face, 'URL') ?? jsonText(face, 'faceURL'),
    ...matchOf(around),
  };
}

type Match = Pick<Face, 'person' | 'personName' | 'list' | 'listType' | 'similarity'>;

const NO_MATCH: Match = { person: null, personName: null, list: null, listType: null, similarity: null };

/** Candidates stand under `identify`, each with the person as the list has it; the one most alike counts. */
function matchOf(around: JsonObject): Match {
  let best = NO_MATCH;
  for (const object of objectsIn(around)) {
    for (const candidate of itemsOf(member(object, 'candidate'), 'candidate')) {
      const said = jsonNumber(candidate, 'similarity');
      // Some devices count to 100.
      const similarity = said === null ? null : said > 1 ? said / 100 : said;
      if (best !== NO_MATCH && (similarity ?? 0) <= (best.similarity ?? 0)) continue;
      best = {
        person: jsonText(candidate, 'human_id') ?? jsonText(candidate, 'humanId') ?? jsonText(candidate, 'employeeNo'),
        personName: jsonText(candidate, 'reserve_field/name') ?? jsonText(candidate, 'name'),
        list: jsonText(candidate, 'FDLibName') ?? jsonText(candidate, 'FDname') ?? jsonText(candidate, 'blacklist_id'),
        listType: jsonText(candidate, 'listType'),
        similarity,
      };
    }
  }
  return best;
}

export function personDetails(source: Source): PersonDetails {
  const [human] = source.objects.flatMap((object) => {
    const one = member(object, 'human') ?? member(object, 'HumanInfo') ?? member(object, 'humanAttribute');
    return itemsOf(one, 'Human').slice(0, 1);
  });
  const word = attributesOf(human ?? source.document);
  return {
    ageGroup: word('ageGroup') ?? jsonText(human, 'age/ageGroup'),
    gender: word('gender'),
    glasses: word('glass', 'glasses'),
    mask: toBoolean(word('mask')),
    hat: toBoolean(word('hat')),
    bag: toBoolean(word('bag')),
    upperColor: word('jacketColor', 'upperColor', 'coatColor'),
    lowerColor: word('trousersColor', 'lowerColor'),
  };
}

/** An attribute is a word, an object with a `value`, or an entry in a list of properties with a `description`. */
function attributesOf(of: JsonObject): (...names: readonly string[]) => string | null {
  const properties = itemsOf(member(of, 'Property'), 'Property');
  return (...names) => {
    for (const name of names) {
      const value = member(of, name);
      const said = scalar(value) ?? jsonText(value, 'value');
      if (said !== null) return said;
      const listed = properties.find((each) => jsonText(each, 'description')?.toLowerCase() === name.toLowerCase());
      if (listed !== undefined) return jsonText(listed, 'value');
    }
    return null;
  };
}
