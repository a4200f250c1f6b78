/** Number plates that a camera has read (isapi.md §7.1). */
import { parseDeviceTime } from '../../codec/device-time';
import { all, element, formatXml, textAt, type XmlElement } from '../../codec/xml';
import { UnsupportedError } from '../../errors';
import { ask, command, documentOf, type CommandContext, type Steps } from '../command';
import { channelParam } from '../channels';
import { firstThatWorks } from '../ways';

export interface PlateRead {
  readonly plate: string | null;
  /** Wall clock of the device, ISO 8601. */
  readonly time: string | null;
  /** The place in the row, up to 18 digits and more: a text, because a number would lose the last ones. */
  readonly cursor: string | null;
  readonly country: string | null;
  readonly lane: string | null;
  readonly direction: string | null;
  /** The list that it is on, in the device's word. */
  readonly list: string | null;
}

export interface PlatesSince {
  /** Oldest first, none twice, none of those before. */
  readonly plates: readonly PlateRead[];
  /** What to hand in the next time. */
  readonly cursor: string;
}

function plateFrom(item: XmlElement): PlateRead {
  return {
    plate: textAt(item, 'plateNumber'),
    time: parseDeviceTime(textAt(item, 'captureTime'))?.iso.slice(0, 19) ?? null,
    cursor: textAt(item, 'picName'),
    country: textAt(item, 'country'),
    lane: textAt(item, 'laneNo'),
    direction: textAt(item, 'direction'),
    list: textAt(item, 'matchingResult'),
  };
}

/** Compares texts of digits as the numbers that they are. */
function compareDigits(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function* platesSince(args: { channel: number; after: string }, context: CommandContext): Steps<PlatesSince> {
  const { channel, after } = args;
  const path = `/ISAPI/Traffic/channels/${channel}/vehicleDetect/plates`;
  const body = formatXml(element('AfterTime', [element('picTime', after)], ATTRIBUTES));
  const contentType = 'application/xml; charset="UTF-8"';
  const ways = ['POST', 'GET'] as const;
  const document = yield* firstThatWorks(ways, context.memory, `recorder.platesSince/${channel}`, function* (method) {
    const found = documentOf(yield* ask({ method, path, body, contentType }), path);
    if (found.name.toLowerCase() === 'plates') return found;
    throw new UnsupportedError(`${path}: answered with ${found.name} instead of Plates`);
  });
  // The last one comes again, answers are in no order, and plates are repeated.
  const seen = new Set<string>();
  const plates = all(document, 'Plate')
    .map(plateFrom)
    .filter((plate) => {
      if (plate.cursor === null) return plate.plate !== null;
      const key = `${plate.cursor} ${plate.plate}`;
      return compareDigits(plate.cursor, after) > 0 && !seen.has(key) && seen.add(key) !== undefined;
    })
    .sort((a, b) => compareDigits(a.cursor ?? '', b.cursor ?? ''));
  return { plates, cursor: plates.at(-1)?.cursor ?? after };
}

const ATTRIBUTES = { version: '2.0', xmlns: 'http://www.isapi.org/ver20/XMLSchema' };

export const plates = {
  platesSince: command({
    title: 'Read the plates since',
    summary: 'Number plates that a camera has read since the last time. Left out, all that it still knows.',
    effect: 'read',
    needs: 'plates',
    params: {
      channel: channelParam,
      after: {
        kind: 'text',
        title: 'After',
        description: 'The cursor of the last answer, as text.',
        maxLength: 30,
        pattern: { expression: /^\d{1,30}$/, meaning: 'the cursor of the last answer, digits only' },
        default: '0',
      },
    },
    isapi: platesSince,
    returns: 'plates, oldest first, with plate, time, country, lane, direction and list; cursor for the next time.',
    paths: ['/ISAPI/Traffic/channels/{channel}/vehicleDetect/plates'],
    source: ['ISAPI /ISAPI/Traffic/channels/<ID>/vehicleDetect/plates', 'isapi.md §7.1'],
  }),
} as const;
