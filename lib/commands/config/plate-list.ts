/** Which plates may pass, and who decides (isapi.md §7.1). */
import { decodeText } from '../../codec/text';
import { all, booleanAt, element, find, formatXml, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { NotFoundError, RefusedError, UnsupportedError, type HikvisionError } from '../../errors';
import { ask, command, documentOf, type CommandContext, type Steps } from '../command';
import { getNamed } from '../documents';
import { channelParam } from '../channels';
import { sendJson } from '../json';
import { throughPages } from '../searching';
import { firstThatWorks } from '../ways';

export interface ListedPlate {
  readonly plate: string;
  /** `allow`, `block`, or the device's own word. */
  readonly list: string | null;
  /** First and last day, as the device writes them. */
  readonly from: string | null;
  readonly to: string | null;
  /** The number of the entry on the device; null where it has none. */
  readonly id: string | null;
}

export interface ListedPlates {
  readonly plates: readonly ListedPlate[];
  /** False where `limit` was reached first. */
  readonly isComplete: boolean;
}

export interface PlateRemoval {
  readonly removed: boolean;
}

/** Who lets a car through a lane. */
export interface EntranceLane {
  readonly lane: number | null;
  readonly enabled: boolean | null;
  /** `camera`, `platform`, `both`; another word is the device's own. */
  readonly decidedBy: string | null;
}

const trafficPath = (channel: number | string, name: string) => `/ISAPI/Traffic/channels/${channel}/${name}`;
const SEARCH = 'searchLPListAudit';
const FILE = 'licensePlateAuditData?fileType=csv';
const RECORD = 'licensePlateAuditData/record?format=json';
const REMOVE = 'DelLicensePlateAuditData?format=json';
const ENTRANCE_PATH = '/ISAPI/ITC/Entrance/entranceParam';

const PAGE = 100;
const ATTRIBUTES = { version: '2.0', xmlns: 'http://www.isapi.org/ver20/XMLSchema' };

/** Both generations of words, and the numbers of the file. */
const OUR_LISTS = new Map([
  ['allowlist', 'allow'],
  ['whitelist', 'allow'],
  ['1', 'allow'],
  ['blocklist', 'block'],
  ['blacklist', 'block'],
  ['0', 'block'],
]);
const DEVICE_LISTS = {
  newer: { allow: 'allowList', block: 'blockList' },
  older: { allow: 'whiteList', block: 'blackList' },
} as const;

function listOf(word: string | null): string | null {
  return word === null ? null : (OUR_LISTS.get(word.toLowerCase()) ?? word);
}

function* listed(channel: number, limit: number, plate: string | null, context: CommandContext): Steps<ListedPlates> {
  const ways = ['search', 'file'] as const;
  return yield* firstThatWorks(ways, context.memory, `config.listPlates/${channel}`, (way) =>
    way === 'search' ? searched(channel, limit, plate) : fromFile(channel, limit),
  );
}

function* searched(channel: number, limit: number, plate: string | null): Steps<ListedPlates> {
  const path = trafficPath(channel, SEARCH);
  const { items, isComplete } = yield* throughPages(limit, function* (position, searchId, left) {
    const description = element(
      'LPListAuditSearchDescription',
      [
        element('searchID', searchId),
        element('maxResults', Math.min(PAGE, left)),
        element('searchResultPosition', position),
        ...(plate === null ? [] : [element('LicensePlate', plate)]),
      ],
      ATTRIBUTES,
    );
    const contentType = 'application/xml; charset="UTF-8"';
    const document = documentOf(yield* ask({ method: 'POST', path, body: formatXml(description), contentType }), path);
    if (document.name.toLowerCase() !== 'lplistauditsearchresult') {
      throw new UnsupportedError(`${path}: answered with ${document.name} instead of LPListAuditSearchResult`);
    }
    return {
      items: all(find(document, 'LicensePlateInfoList'), 'LicensePlateInfo'),
      hasMore: textAt(document, 'responseStatusStrg')?.toUpperCase() === 'MORE',
      total: numberAt(document, 'totalMatches'),
    };
  });
  return { plates: items.flatMap(plateFrom), isComplete };
}

function plateFrom(item: XmlElement): ListedPlate[] {
  const plate = textAt(item, 'LicensePlate');
  if (plate === null) return [];
  return [
    {
      plate,
      list: listOf(textAt(item, 'listType') ?? textAt(item, 'type')),
      from: textAt(item, 'effectiveStartDate') ?? textAt(item, 'createTime'),
      to: textAt(item, 'effectiveTime'),
      id: textAt(item, 'id'),
    },
  ];
}

/** The file that the web page of older cameras exports: number, plate, list, first day, last day. */
function* fromFile(channel: number, limit: number): Steps<ListedPlates> {
  const path = trafficPath(channel, FILE);
  const { body } = yield* ask({ method: 'GET', path });
  const [head, ...rows] = decodeText(body)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  if (head === undefined || !head.includes(',')) throw new UnsupportedError(`${path}: answered without a list`);
  const plates = rows.flatMap((row) => {
    const [, plate = '', list, from, to] = row.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (plate === '') return [];
    return [{ plate, list: listOf(list || null), from: from || null, to: to || null, id: null }];
  });
  return { plates: plates.slice(0, limit), isComplete: plates.length <= limit };
}

interface PlateWish {
  readonly channel: number;
  readonly plate: string;
  readonly list: 'allow' | 'block';
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The device does not know the words of this generation, or not this way. */
function isOtherWords(error: unknown): error is HikvisionError {
  return error instanceof RefusedError || error instanceof UnsupportedError;
}

function* addPlate(wish: PlateWish, context: CommandContext): Steps<ListedPlate> {
  const { channel, plate } = wish;
  const ways = ['newer', 'older'] as const;
  yield* firstThatWorks(
    ways,
    context.memory,
    `config.addPlate/${channel}`,
    function* (way) {
      const info = {
        LicensePlate: plate,
        listType: DEVICE_LISTS[way][wish.list],
        createTime: new Date(context.now()).toISOString().slice(0, 19),
        effectiveStartDate: (wish.from ?? '1970-01-01').slice(0, 10),
        effectiveTime: (wish.to ?? '2099-12-30').slice(0, 10),
        id: '',
        operation: 'new',
      };
      yield* sendJson('PUT', trafficPath(channel, RECORD), { LicensePlateInfoList: [info] });
    },
    isOtherWords,
  );
  return yield* plateNamed(channel, plate, context);
}

function* plateNamed(channel: number, plate: string, context: CommandContext): Steps<ListedPlate> {
  const { plates } = yield* listed(channel, MAX_LIST, plate, context);
  const found = plates.find((one) => one.plate === plate);
  if (found === undefined) throw new NotFoundError('the device has no such plate on its lists');
  return found;
}

const MAX_LIST = 20_000;

function* removePlate(channel: number, plate: string, context: CommandContext): Steps<PlateRemoval> {
  const { id } = yield* plateNamed(channel, plate, context);
  const byPlate = { CompoundCond: { plateColor: '', licensePlate: plate }, deleteAllEnabled: false };
  const ways = id === null ? (['plate'] as const) : (['id', 'plate'] as const);
  yield* firstThatWorks(
    ways,
    context.memory,
    `config.removePlate/${channel}`,
    (way) =>
      sendJson('PUT', trafficPath(channel, REMOVE), way === 'id' ? { id: [id], deleteAllEnabled: false } : byPlate),
    isOtherWords,
  );
  const { plates } = yield* listed(channel, MAX_LIST, plate, context);
  return { removed: !plates.some((one) => one.plate === plate) };
}

const DECIDERS = ['camera', 'platform', 'both'];

function* entrance(): Steps<readonly EntranceLane[]> {
  const document = yield* getNamed(ENTRANCE_PATH, 'EntranceParamList');
  return all(document, 'EntranceParam').map((item) => {
    const mode = textAt(item, 'ctrlMode');
    return {
      lane: numberAt(item, 'laneNum'),
      enabled: booleanAt(item, 'bEnable') ?? booleanAt(item, 'enable'),
      decidedBy: mode === null ? null : (DECIDERS[Number(mode)] ?? mode),
    };
  });
}

const plateParam = {
  kind: 'text',
  title: 'Plate',
  description: 'As the camera reads it: letters and digits without blanks.',
  maxLength: 32,
  pattern: { expression: /^[^\s,"]+$/, meaning: 'a number plate without blanks, commas and quotes' },
  names: 'plates',
} as const;

export const plateList = {
  listPlates: command({
    title: 'List the plates that are known',
    summary: 'The allow list and the block list of a plate camera.',
    effect: 'read',
    needs: 'plates',
    params: {
      channel: channelParam,
      limit: { kind: 'integer', title: 'At most', min: 1, max: MAX_LIST, default: 1_000 },
    },
    isapi: ({ channel, limit }, context): Steps<ListedPlates> => listed(channel, limit, null, context),
    returns: 'plates with plate, list (allow or block), from, to, id; isComplete.',
    paths: [trafficPath('{channel}', SEARCH), trafficPath('{channel}', FILE)],
    source: ['ISAPI /ISAPI/Traffic/channels/<ID>/searchLPListAudit', 'isapi.md §7.1'],
  }),

  addPlate: command({
    title: 'Add a plate',
    summary: 'Puts a plate on the allow list or the block list; a plate that is known changes its list.',
    effect: 'write',
    needs: 'plates',
    params: {
      channel: channelParam,
      plate: plateParam,
      list: { kind: 'choice', title: 'List', choices: ['allow', 'block'], default: 'allow' },
      from: { kind: 'time', title: 'From', optional: true },
      to: { kind: 'time', title: 'Until', optional: true },
    },
    isapi: addPlate,
    returns: 'The plate as the device lists it afterwards: plate, list, from, to, id.',
    paths: [trafficPath('{channel}', RECORD), trafficPath('{channel}', SEARCH)],
    source: ['ISAPI /ISAPI/Traffic/channels/<ID>/licensePlateAuditData/record', 'isapi.md §7.1'],
  }),

  removePlate: command({
    title: 'Remove a plate',
    summary: 'Takes a plate off the lists.',
    effect: 'write',
    needs: 'plates',
    params: { channel: channelParam, plate: plateParam },
    isapi: ({ channel, plate }, context): Steps<PlateRemoval> => removePlate(channel, plate, context),
    returns: 'Whether it is gone from the lists: removed.',
    paths: [trafficPath('{channel}', REMOVE), trafficPath('{channel}', SEARCH)],
    source: ['ISAPI /ISAPI/Traffic/channels/<ID>/DelLicensePlateAuditData', 'isapi.md §7.1'],
  }),

  entrance: command({
    title: 'Read who decides at the entrance',
    summary: 'Whether the camera lets cars through by its own lists, or a platform decides.',
    effect: 'read',
    needs: 'barrier',
    params: {},
    isapi: entrance,
    returns: 'The lanes: lane, enabled, decidedBy (camera, platform or both).',
    paths: [ENTRANCE_PATH],
    source: ['ISAPI /ISAPI/ITC/Entrance/entranceParam', 'isapi.md §7.1'],
  }),
} as const;
