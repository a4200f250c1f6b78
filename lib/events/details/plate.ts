/** Number plates (isapi.md §7.1). */
import { jsonNumber, jsonText, member, type JsonObject } from '../../codec/json';
import type { PictureRole, Rect } from '../event';
import { roleOfWord } from '../roles';
import { itemsOf, rectOf, type Source } from './source';

/** A picture that the message announces. */
export interface PlatePicture {
  /** As it is called in the message; the part that carries it may be called by `id` instead. */
  readonly name: string | null;
  readonly id: string | null;
  readonly role: PictureRole | null;
  readonly plateRect: Rect | null;
  readonly vehicleRect: Rect | null;
}

/** Plates and numbers stay text: leading zeros count. */
export interface PlateDetails {
  /** Null where none could be read. */
  readonly plate: string | null;
  readonly originalPlate: string | null;
  /** 0-100. */
  readonly confidence: number | null;
  /** The camera's own number for the country. */
  readonly country: string | null;
  /** Only where the camera says it. */
  readonly countryIso: string | null;
  readonly direction: string | null;
  readonly lane: string | null;
  readonly plateType: string | null;
  readonly plateColor: string | null;
  readonly plateCategory: string | null;
  readonly vehicleType: string | null;
  readonly vehicleColor: string | null;
  /** The camera's own number for the make. */
  readonly vehicleLogo: number | null;
  readonly speedKmh: number | null;
  /** The list that the plate is on, in the words of the camera. */
  readonly list: string | null;
  /** Of this reading; the same by every way that tells it. */
  readonly uuid: string | null;
  readonly pictureInfo: readonly PlatePicture[];
  /** Everything that the camera says about it. */
  readonly anpr: JsonObject | null;
}

/** What cameras write in place of a plate that could not be read. */
const UNREAD = new Set(['unknown', 'noplate']);

export function plateDetails(source: Source): PlateDetails {
  const anpr = source.object('ANPR');
  const from = anpr ?? source.document;
  const plate = jsonText(from, 'licensePlate');
  return {
    plate: plate === null || UNREAD.has(plate.toLowerCase()) ? null : plate,
    originalPlate: jsonText(from, 'originalLicensePlate'),
    confidence: jsonNumber(from, 'confidenceLevel'),
    country: jsonText(from, 'country'),
    countryIso: jsonText(from, 'ISO-CR'),
    direction: jsonText(from, 'direction'),
    lane: jsonText(from, 'line') ?? jsonText(from, 'laneNo'),
    plateType: jsonText(from, 'plateType'),
    plateColor: jsonText(from, 'plateColor'),
    plateCategory: jsonText(from, 'plateCategory'),
    vehicleType: jsonText(from, 'vehicleType'),
    vehicleColor: jsonText(from, 'vehicleInfo/color'),
    vehicleLogo: jsonNumber(from, 'vehicleInfo/vehicleLogoRecog'),
    speedKmh: jsonNumber(from, 'vehicleInfo/speed'),
    list: jsonText(from, 'vehicleListName') ?? jsonText(from, 'listType'),
    uuid: jsonText(source.document, 'UUID'),
    pictureInfo: itemsOf(member(from, 'pictureInfoList'), 'pictureInfo').map(pictureOf),
    anpr,
  };
}

/** Cameras spell it `vehicelRect` (events/ANPR-2.xml). */
function pictureOf(info: JsonObject): PlatePicture {
  const name = jsonText(info, 'fileName');
  return {
    name,
    id: jsonText(info, 'pId'),
    role: roleOfWord(jsonText(info, 'type')) ?? roleOfWord(name),
    plateRect: rectOf(member(info, 'plateRect')),
    vehicleRect: rectOf(member(info, 'vehicelRect') ?? member(info, 'vehicleRect')),
  };
}
