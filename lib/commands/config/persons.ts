/** Who may pass: persons and their cards. Names and numbers of people stand in no path and no error (isapi.md §7.2). */
import { jsonAt, jsonBoolean, jsonList, jsonNumber, jsonText, objectOf, type JsonObject } from '../../codec/json';
import {
  ArgumentError,
  NotFoundError,
  RefusedError,
  TimeoutError,
  UnsupportedError,
  type HikvisionError,
} from '../../errors';
import { command, wait, type CommandContext, type Steps } from '../command';
import { getJson, optionalJson, queryJson, sendJson } from '../json';
import { pageHead, throughPages } from '../searching';
import { firstThatWorks } from '../ways';

const BASE = '/ISAPI/AccessControl';
const path = (name: string) => `${BASE}/${name}?format=json`;

/** What is asked for at once; most devices give 10 to 30. */
const PAGE = 30;
/** How often a device is asked whether it has removed somebody, and how long in all. */
const REMOVAL_POLL_MS = 500;
const REMOVAL_POLLS = 40;

export interface Person {
  readonly person: string | null;
  readonly name: string | null;
  /** `normal`, `visitor`, `blackList`. */
  readonly userType: string | null;
  /** False: the person exists and may not pass. */
  readonly enabled: boolean | null;
  /** Wall clock of the device. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly doors: readonly number[];
  readonly cards: number | null;
  readonly faces: number | null;
  readonly fingerprints: number | null;
}

export interface Persons {
  readonly persons: readonly Person[];
  readonly total: number | null;
  /** False where `limit` was reached first. */
  readonly isComplete: boolean;
}

export interface Card {
  readonly card: string | null;
  readonly person: string | null;
  readonly cardType: string | null;
}

export interface Cards {
  readonly cards: readonly Card[];
  readonly total: number | null;
  readonly isComplete: boolean;
}

/** How many there are, and how many there can be. Null for what the device does not say. */
export interface PersonCapacity {
  readonly persons: number | null;
  readonly maxPersons: number | null;
  readonly cards: number | null;
  readonly maxCards: number | null;
  readonly maxPersonLength: number | null;
  readonly maxNameLength: number | null;
  readonly maxCardLength: number | null;
}

export interface Removal {
  readonly removed: true;
}

function personFrom(item: unknown): Person {
  const rights = jsonText(item, 'doorRight') ?? '';
  return {
    person: jsonText(item, 'employeeNo'),
    name: jsonText(item, 'name'),
    userType: jsonText(item, 'userType'),
    enabled: jsonBoolean(item, 'Valid/enable'),
    validFrom: jsonText(item, 'Valid/beginTime'),
    validTo: jsonText(item, 'Valid/endTime'),
    doors: rights
      .split(',')
      .map(Number)
      .filter((door) => Number.isInteger(door) && door > 0),
    cards: jsonNumber(item, 'numOfCard'),
    faces: jsonNumber(item, 'numOfFace'),
    fingerprints: jsonNumber(item, 'numOfFP'),
  };
}

function cardFrom(item: unknown): Card {
  return { card: jsonText(item, 'cardNo'), person: jsonText(item, 'employeeNo'), cardType: jsonText(item, 'cardType') };
}

function* searchPersons(person: string | undefined, limit: number) {
  return yield* throughPages(limit, function* (position, searchID, left) {
    const condition = {
      searchID,
      searchResultPosition: position,
      maxResults: Math.min(PAGE, left),
      ...(person === undefined ? {} : { EmployeeNoList: [{ employeeNo: person }] }),
    };
    const answer = jsonAt(
      yield* queryJson(path('UserInfo/Search'), { UserInfoSearchCond: condition }),
      'UserInfoSearch',
    );
    if (answer === undefined) throw new UnsupportedError('UserInfo/Search: answered without UserInfoSearch');
    return { ...pageHead(answer), items: jsonList(answer, 'UserInfo') };
  });
}

function* searchCards(args: { person: string | undefined; card: string | undefined; limit: number }) {
  return yield* throughPages(args.limit, function* (position, searchID, left) {
    const condition = {
      searchID,
      searchResultPosition: position,
      maxResults: Math.min(PAGE, left),
      ...(args.person === undefined ? {} : { EmployeeNoList: [{ employeeNo: args.person }] }),
      ...(args.card === undefined ? {} : { CardNoList: [{ cardNo: args.card }] }),
    };
    const answer = jsonAt(
      yield* queryJson(path('CardInfo/Search'), { CardInfoSearchCond: condition }),
      'CardInfoSearch',
    );
    if (answer === undefined) throw new UnsupportedError('CardInfo/Search: answered without CardInfoSearch');
    return { ...pageHead(answer), items: jsonList(answer, 'CardInfo') };
  });
}

/** The document of one person, as the device keeps it. @throws NotFoundError */
function* documentOfPerson(person: string): Steps<JsonObject> {
  const { items } = yield* searchPersons(person, 1);
  // A device that does not know the filter answers with somebody else.
  const found = objectOf(items.find((item) => jsonText(item, 'employeeNo') === person));
  if (found === null) throw new NotFoundError('the device has no person of that number');
  return found;
}

/* Limits */

interface Lengths {
  readonly person: number | null;
  readonly name: number | null;
  readonly card: number | null;
}

/** Asked once. */
function* lengths(context: CommandContext): Steps<Lengths> {
  const key = 'config.addPerson/lengths';
  const known = context.memory.get(key) as Lengths | undefined;
  if (known !== undefined) return known;
  const users = yield* optionalJson(path('UserInfo/capabilities'));
  const cards = yield* optionalJson(path('CardInfo/capabilities'));
  const found = {
    person: jsonNumber(users, 'UserInfo/employeeNo/@max'),
    name: jsonNumber(users, 'UserInfo/name/@max'),
    card: jsonNumber(cards, 'CardInfo/cardNo/@max'),
  };
  context.memory.set(key, found);
  return found;
}

/** @throws ArgumentError that says the limit, and not what was given: that is somebody's name or number. */
function* checkLengths(given: Readonly<Record<string, string | undefined>>, context: CommandContext): Steps<void> {
  const most: Readonly<Record<string, number | null>> = { ...(yield* lengths(context)) };
  const violations = Object.entries(given).flatMap(([parameter, text]) => {
    const max = most[parameter] ?? null;
    if (text === undefined || max === null || Buffer.byteLength(text) <= max) return [];
    return [{ parameter, given: '(not shown)', expected: `at most ${max} bytes on this device` }];
  });
  if (violations.length > 0) throw new ArgumentError(violations);
}

function* capacity(): Steps<PersonCapacity> {
  const refusals: HikvisionError[] = [];
  const users = yield* optionalJson(path('UserInfo/capabilities'), refusals);
  const counted = yield* optionalJson(path('UserInfo/Count'), refusals);
  const cards = yield* optionalJson(path('CardInfo/capabilities'), refusals);
  const countedCards = yield* optionalJson(path('CardInfo/Count'), refusals);
  if ([users, counted, cards, countedCards].every((document) => document === undefined)) {
    throw refusals[0] ?? new UnsupportedError('the device keeps no persons');
  }
  return {
    persons: jsonNumber(counted, 'UserInfoCount/userNumber'),
    maxPersons: jsonNumber(users, 'UserInfo/maxRecordNum'),
    cards: jsonNumber(countedCards, 'CardInfoCount/cardNumber'),
    maxCards: jsonNumber(cards, 'CardInfo/maxRecordNum'),
    maxPersonLength: jsonNumber(users, 'UserInfo/employeeNo/@max'),
    maxNameLength: jsonNumber(users, 'UserInfo/name/@max'),
    maxCardLength: jsonNumber(cards, 'CardInfo/cardNo/@max'),
  };
}

/* Writing */

interface PersonWish {
  readonly person: string;
  readonly name: string | undefined;
  readonly userType: string | undefined;
  readonly enabled: boolean | undefined;
  readonly validFrom: string | undefined;
  readonly validTo: string | undefined;
  readonly doors: string | undefined;
}

/** The wall clock of the device, without an offset. */
function wallOf(time: string): string {
  return time.slice(0, 19);
}

/** Changes what was asked for and leaves everything else as it was. */
function changed(before: JsonObject, wish: PersonWish): JsonObject {
  const valid = objectOf(jsonAt(before, 'Valid')) ?? {};
  const doors = wish.doors?.split(',').map((door) => door.trim());
  return {
    ...before,
    employeeNo: wish.person,
    ...(wish.name === undefined ? {} : { name: wish.name }),
    ...(wish.userType === undefined ? {} : { userType: wish.userType }),
    Valid: {
      ...valid,
      ...(wish.enabled === undefined ? {} : { enable: wish.enabled }),
      ...(wish.validFrom === undefined ? {} : { beginTime: wallOf(wish.validFrom) }),
      ...(wish.validTo === undefined ? {} : { endTime: wallOf(wish.validTo) }),
    },
    ...(doors === undefined
      ? {}
      : {
          doorRight: doors.join(','),
          RightPlan: doors.map((door) => ({ doorNo: Number(door), planTemplateNo: ALWAYS })),
        }),
  };
}

/** The schedule of the factory settings: any time. */
const ALWAYS = '1';
const NEW_PERSON: JsonObject = {
  userType: 'normal',
  Valid: { enable: true, beginTime: '2020-01-01T00:00:00', endTime: '2037-12-31T23:59:59', timeType: 'local' },
  doorRight: '1',
  RightPlan: [{ doorNo: 1, planTemplateNo: ALWAYS }],
};

function* addPerson(wish: PersonWish, context: CommandContext): Steps<Person> {
  yield* checkLengths({ person: wish.person, name: wish.name }, context);
  yield* sendJson('POST', path('UserInfo/Record'), { UserInfo: changed(NEW_PERSON, wish) });
  return personFrom(yield* documentOfPerson(wish.person));
}

function* setPerson(wish: PersonWish, context: CommandContext): Steps<Person> {
  yield* checkLengths({ name: wish.name }, context);
  const before = yield* documentOfPerson(wish.person);
  yield* sendJson('PUT', path('UserInfo/Modify'), { UserInfo: changed(before, wish) });
  return personFrom(yield* documentOfPerson(wish.person));
}

function isUnsupported(error: unknown): error is HikvisionError {
  return error instanceof UnsupportedError;
}

function* removePerson(person: string, context: CommandContext): Steps<Removal> {
  const list = [{ employeeNo: person }];
  const ways = ['delete', 'detail'] as const;
  yield* firstThatWorks(
    ways,
    context.memory,
    'config.removePerson',
    function* (way) {
      if (way === 'delete') {
        yield* sendJson('PUT', path('UserInfo/Delete'), { UserInfoDelCond: { EmployeeNoList: list } });
        return;
      }
      const body = { UserInfoDetail: { mode: 'byEmployeeNo', EmployeeNoList: list } };
      yield* sendJson('PUT', path('UserInfoDetail/Delete'), body);
      yield* untilRemoved();
    },
    isUnsupported,
  );
  return { removed: true };
}

/** Some devices remove in their own time and tell how far they are. */
function* untilRemoved(): Steps<void> {
  for (let poll = 0; poll < REMOVAL_POLLS; poll++) {
    const process = yield* getJson(path('UserInfoDetail/DeleteProcess'));
    const status = jsonText(process, 'UserInfoDetailDeleteProcess/status');
    if (status === 'success') return;
    if (status === 'failed') throw new RefusedError('the device could not remove the person');
    yield* wait(REMOVAL_POLL_MS);
  }
  throw new TimeoutError('the device is still removing the person; it may be done later');
}

/* Commands */

const id = {
  kind: 'text',
  maxLength: 1_000,
  pattern: { expression: /\S/, meaning: 'a number or text that is not blank' },
} as const;
const person = {
  ...id,
  title: 'Person',
  description: 'The number of the person; leading zeros count.',
  names: 'persons',
} as const;
const card = {
  ...id,
  title: 'Card',
  description: 'The number of the card; leading zeros count.',
  names: 'cards',
} as const;
const limit = { kind: 'integer', title: 'At most', min: 1, max: 10_000, default: 1_000 } as const;
const personParams = {
  userType: { kind: 'choice', title: 'Kind of person', choices: ['normal', 'visitor', 'blackList'], optional: true },
  enabled: { kind: 'boolean', title: 'May pass', optional: true },
  validFrom: { kind: 'time', title: 'From', description: 'On the wall clock of the device.', optional: true },
  validTo: { kind: 'time', title: 'Until', description: 'On the wall clock of the device.', optional: true },
  doors: {
    kind: 'text',
    title: 'Doors',
    description: 'Their numbers, as 1 or 1,2; the person may pass at any time.',
    maxLength: 100,
    pattern: { expression: /^\d{1,3}(?: ?, ?\d{1,3})*$/, meaning: 'numbers of doors, as 1 or 1,2' },
    optional: true,
  },
} as const;
const PERSON_RETURNS = 'The person as the device says afterwards: person, name, enabled, validFrom, validTo, doors.';

export const persons = {
  listPersons: command({
    title: 'List persons',
    summary: 'Lists who is known to a terminal, or one of them.',
    effect: 'read',
    needs: 'persons',
    params: { person: { ...person, optional: true }, limit },
    *isapi(args): Steps<Persons> {
      const { items, total, isComplete } = yield* searchPersons(args.person, args.limit);
      return { persons: items.map(personFrom), total, isComplete };
    },
    returns: 'persons with person, name, enabled, validity, doors and how many cards; total, isComplete.',
    paths: [path('UserInfo/Search')],
    source: ['ISAPI /ISAPI/AccessControl/UserInfo/Search', 'isapi.md §7.2'],
  }),

  addPerson: command({
    title: 'Add a person',
    summary: 'Makes a person known. What is not given: normal, may pass door 1 at any time until 2037.',
    effect: 'write',
    needs: 'persons',
    params: { person, name: { kind: 'text', title: 'Name', maxLength: 1_000 }, ...personParams },
    isapi: addPerson,
    returns: PERSON_RETURNS,
    paths: [path('UserInfo/capabilities'), path('UserInfo/Record'), path('UserInfo/Search')],
    source: ['ISAPI /ISAPI/AccessControl/UserInfo/Record', 'isapi.md §7.2'],
  }),

  setPerson: command({
    title: 'Change a person',
    summary: 'Changes what is given and leaves everything else as it is.',
    effect: 'write',
    needs: 'persons',
    params: { person, name: { kind: 'text', title: 'Name', maxLength: 1_000, optional: true }, ...personParams },
    isapi: setPerson,
    returns: PERSON_RETURNS,
    paths: [path('UserInfo/capabilities'), path('UserInfo/Modify'), path('UserInfo/Search')],
    source: ['ISAPI /ISAPI/AccessControl/UserInfo/Modify', 'isapi.md §0.3, §7.2'],
  }),

  removePerson: command({
    title: 'Remove a person',
    summary: 'Removes a person with cards, faces and fingerprints, which cannot be brought back.',
    effect: 'danger',
    needs: 'persons',
    params: { person },
    isapi: (args, context): Steps<Removal> => removePerson(args.person, context),
    returns: 'That it was done: removed.',
    paths: [path('UserInfo/Delete'), path('UserInfoDetail/Delete'), path('UserInfoDetail/DeleteProcess')],
    source: ['ISAPI /ISAPI/AccessControl/UserInfo/Delete', 'isapi.md §7.2'],
  }),

  listCards: command({
    title: 'List cards',
    summary: 'Lists the cards that a terminal knows, of one person or of all.',
    effect: 'read',
    needs: 'persons',
    params: { person: { ...person, optional: true }, card: { ...card, optional: true }, limit },
    *isapi(args): Steps<Cards> {
      const { items, total, isComplete } = yield* searchCards(args);
      return { cards: items.map(cardFrom), total, isComplete };
    },
    returns: 'cards with card, person and cardType; total, isComplete.',
    paths: [path('CardInfo/Search')],
    source: ['ISAPI /ISAPI/AccessControl/CardInfo/Search', 'isapi.md §7.2'],
  }),

  addCard: command({
    title: 'Add a card',
    summary: 'Gives a card to a person that the device knows.',
    effect: 'write',
    needs: 'persons',
    params: { person, card, cardType: { kind: 'text', title: 'Kind of card', maxLength: 40, default: 'normalCard' } },
    *isapi(args, context): Steps<Card> {
      yield* checkLengths({ card: args.card }, context);
      const document = { employeeNo: args.person, cardNo: args.card, cardType: args.cardType };
      yield* sendJson('POST', path('CardInfo/Record'), { CardInfo: document });
      const { items } = yield* searchCards({ person: undefined, card: args.card, limit: 1 });
      return cardFrom(items[0] ?? {});
    },
    returns: 'The card as the device says afterwards: card, person, cardType.',
    paths: [path('CardInfo/capabilities'), path('CardInfo/Record'), path('CardInfo/Search')],
    source: ['ISAPI /ISAPI/AccessControl/CardInfo/Record', 'isapi.md §7.2'],
  }),

  removeCard: command({
    title: 'Remove a card',
    summary: 'Takes a card away. The person stays.',
    effect: 'write',
    needs: 'persons',
    params: { card },
    *isapi(args): Steps<Removal> {
      yield* sendJson('PUT', path('CardInfo/Delete'), { CardInfoDelCond: { CardNoList: [{ cardNo: args.card }] } });
      return { removed: true };
    },
    returns: 'That it was done: removed.',
    paths: [path('CardInfo/Delete')],
    source: ['ISAPI /ISAPI/AccessControl/CardInfo/Delete', 'isapi.md §7.2'],
  }),

  personCapacity: command({
    title: 'Read how many persons and cards there can be',
    summary: 'How many persons and cards a terminal knows, how many it can know, and how long their numbers can be.',
    effect: 'read',
    needs: 'persons',
    params: {},
    isapi: capacity,
    returns: 'persons, maxPersons, cards, maxCards, maxPersonLength, maxNameLength, maxCardLength.',
    paths: [
      path('UserInfo/capabilities'),
      path('UserInfo/Count'),
      path('CardInfo/capabilities'),
      path('CardInfo/Count'),
    ],
    source: ['ISAPI /ISAPI/AccessControl/UserInfo/Count', 'isapi.md §7.2'],
  }),
} as const;
