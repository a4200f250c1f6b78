/** Who may pass: persons and their cards (isapi.md §7.2). */
import { jsonAt, jsonList, jsonText, objectOf, type JsonObject } from '../../codec/json';
import { jsonAnswer, type DeviceAnswer, type SubStatus } from '../answers';
import type { Route, RouteCall } from '../device';
import { jsonDocument, jsonRoute, pageOf } from './json';

export const MAX_PERSONS = 50;
export const MAX_CARDS = 100;
const MAX_ID_LENGTH = 32;
const MAX_NAME_LENGTH = 64;
/** More are never given at once. */
const PAGE = 10;

const VALID: JsonObject = {
  enable: true,
  beginTime: '2024-01-01T00:00:00',
  endTime: '2034-01-01T00:00:00',
  timeType: 'local',
};

export class Persons {
  private readonly persons = new Map<string, JsonObject>();
  private readonly cards = new Map<string, JsonObject>();

  constructor() {
    for (const [index, name] of ['Person A', 'Person B'].entries()) {
      const employeeNo = `00${index + 1}`;
      const rights = { doorRight: '1', RightPlan: [{ doorNo: 1, planTemplateNo: '1' }] };
      this.persons.set(employeeNo, {
        employeeNo,
        name,
        userType: 'normal',
        Valid: VALID,
        ...rights,
        localUIRight: false,
      });
    }
    this.cards.set('0012345678', { employeeNo: '001', cardNo: '0012345678', cardType: 'normalCard' });
  }

  routes(): Route[] {
    const path = (name: string) => new RegExp(`^/ISAPI/AccessControl/${name}$`, 'i');
    return [
      jsonDocument(path('UserInfo/capabilities'), () => ({
        UserInfo: {
          supportFunction: { '@opt': 'post,delete,put,get,setUp' },
          UserInfoSearchCond: { maxResults: { '@min': 1, '@max': PAGE } },
          employeeNo: { '@min': 1, '@max': MAX_ID_LENGTH },
          name: { '@min': 1, '@max': MAX_NAME_LENGTH },
          userType: { '@opt': 'normal,visitor,blackList' },
          maxRecordNum: MAX_PERSONS,
        },
      })),
      jsonDocument(path('CardInfo/capabilities'), () => ({
        CardInfo: { cardNo: { '@min': 1, '@max': 20 }, maxRecordNum: MAX_CARDS },
      })),
      jsonDocument(path('UserInfo/Count'), () => ({ UserInfoCount: { userNumber: this.persons.size } })),
      jsonDocument(path('CardInfo/Count'), () => ({ CardInfoCount: { cardNumber: this.cards.size } })),
      jsonRoute('POST', path('UserInfo/Search'), (body) => this.searchPersons(body)),
      jsonRoute('POST', path('CardInfo/Search'), (body) => this.searchCards(body)),
      jsonRoute('POST', path('UserInfo/Record'), (body, call) => this.writePerson(body, call, 'new')),
      jsonRoute('PUT', path('UserInfo/Modify'), (body, call) => this.writePerson(body, call, 'known')),
      jsonRoute('PUT', path('UserInfo/Delete'), (body, call) => this.removePersons(body, call)),
      jsonRoute('POST', path('CardInfo/Record'), (body, call) => this.addCard(body, call)),
      jsonRoute('PUT', path('CardInfo/Delete'), (body, call) => this.removeCards(body, call)),
    ];
  }

  private searchPersons(body: JsonObject): DeviceAnswer {
    const condition = jsonAt(body, 'UserInfoSearchCond');
    const wanted = jsonList(condition, 'EmployeeNoList').map((one) => jsonText(one, 'employeeNo'));
    const found = [...this.persons.values()].filter(
      (person) => wanted.length === 0 || wanted.includes(jsonText(person, 'employeeNo')),
    );
    const { head, items } = pageOf(condition, found, PAGE);
    const counted = items.map((person) => ({
      ...person,
      numOfCard: this.cardsOf(jsonText(person, 'employeeNo')).length,
      numOfFace: 0,
      numOfFP: 0,
    }));
    return jsonAnswer({ UserInfoSearch: { ...head, ...(counted.length === 0 ? {} : { UserInfo: counted }) } });
  }

  private searchCards(body: JsonObject): DeviceAnswer {
    const condition = jsonAt(body, 'CardInfoSearchCond');
    const persons = jsonList(condition, 'EmployeeNoList').map((one) => jsonText(one, 'employeeNo'));
    const numbers = jsonList(condition, 'CardNoList').map((one) => jsonText(one, 'cardNo'));
    const found = [...this.cards.values()].filter(
      (card) =>
        (persons.length === 0 || persons.includes(jsonText(card, 'employeeNo'))) &&
        (numbers.length === 0 || numbers.includes(jsonText(card, 'cardNo'))),
    );
    const { head, items } = pageOf(condition, found, PAGE);
    return jsonAnswer({ CardInfoSearch: { ...head, ...(items.length === 0 ? {} : { CardInfo: items }) } });
  }

  private writePerson(body: JsonObject, call: RouteCall, expected: 'new' | 'known'): DeviceAnswer {
    const person = objectOf(jsonAt(body, 'UserInfo'));
    const employeeNo = jsonText(person, 'employeeNo');
    if (person === null || employeeNo === null) return call.status('MessageParametersLack', 'employeeNo');
    return call.status(this.putPerson(person, employeeNo, expected));
  }

  private putPerson(person: JsonObject, employeeNo: string, expected: 'new' | 'known'): SubStatus {
    const isKnown = this.persons.has(employeeNo);
    if (expected === 'new' && isKnown) return 'employeeNoAlreadyExist';
    if (expected === 'known' && !isKnown) return 'deviceUserNotExist';
    if (employeeNo.length > MAX_ID_LENGTH || (jsonText(person, 'name') ?? '').length > MAX_NAME_LENGTH)
      return 'badParameters';
    if (!isKnown && this.persons.size >= MAX_PERSONS) return 'badParameters';
    const { numOfCard, numOfFace, numOfFP, ...kept } = person;
    void [numOfCard, numOfFace, numOfFP]; // counts, which nobody can write
    this.persons.set(employeeNo, kept);
    return 'ok';
  }

  /** An empty list means everybody, as on real devices. */
  private removePersons(body: JsonObject, call: RouteCall): DeviceAnswer {
    const condition = jsonAt(body, 'UserInfoDelCond');
    if (condition === undefined) return call.status('MessageParametersLack', 'UserInfoDelCond');
    const listed = jsonList(condition, 'EmployeeNoList').map((one) => jsonText(one, 'employeeNo') ?? '');
    for (const employeeNo of listed.length === 0 ? [...this.persons.keys()] : listed) {
      this.persons.delete(employeeNo);
      for (const card of this.cardsOf(employeeNo)) this.cards.delete(jsonText(card, 'cardNo') ?? '');
    }
    return call.status('ok');
  }

  private addCard(body: JsonObject, call: RouteCall): DeviceAnswer {
    const card = objectOf(jsonAt(body, 'CardInfo'));
    const cardNo = jsonText(card, 'cardNo');
    if (card === null || cardNo === null) return call.status('MessageParametersLack', 'cardNo');
    if (!this.persons.has(jsonText(card, 'employeeNo') ?? '')) return call.status('deviceUserNotExist');
    if (this.cards.has(cardNo)) return call.status('cardNoAlreadyExist');
    if (cardNo.length > 20 || this.cards.size >= MAX_CARDS) return call.status('badParameters', 'cardNo');
    this.cards.set(cardNo, card);
    return call.status('ok');
  }

  private removeCards(body: JsonObject, call: RouteCall): DeviceAnswer {
    const condition = jsonAt(body, 'CardInfoDelCond');
    if (condition === undefined) return call.status('MessageParametersLack', 'CardInfoDelCond');
    const listed = jsonList(condition, 'CardNoList').map((one) => jsonText(one, 'cardNo') ?? '');
    for (const cardNo of listed.length === 0 ? [...this.cards.keys()] : listed) this.cards.delete(cardNo);
    return call.status('ok');
  }

  private cardsOf(employeeNo: string | null): JsonObject[] {
    return [...this.cards.values()].filter((card) => jsonText(card, 'employeeNo') === employeeNo);
  }
}
