import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { event } from '../../lib/commands/event';
import { fixture } from '../support/fixtures';
import { context, device, failureOf, OK, refusal, reply, run, xml, type Responder } from '../support/steps';

const triggers = (respond: Responder) => run(event.listTriggers.isapi({}, context()), respond);

describe('event.listTriggers', () => {
  it('reads the older form, with repeated and empty ids', () => {
    const { result } = triggers(device({ '/ISAPI/Event/triggers': fixture('isapi/event-triggers.xml') }));
    const rest = {
      channel: null,
      port: null,
      description: null,
      actions: [],
      notifiesCenter: false,
      warning: expect.stringContaining('the device tells nobody') as string,
    };
    expect(result).toEqual([
      {
        ...rest,
        id: 'VMD-1',
        kind: 'motion',
        eventType: 'VMD',
        channel: 1,
        actions: ['center', 'record'],
        notifiesCenter: true,
        warning: null,
      },
      { ...rest, id: 'Linedetection-2', kind: 'lineCrossing', eventType: 'linedetection', channel: 2 },
      { ...rest, id: 'IO-901', kind: 'alarmInput', eventType: 'IO', port: 901 },
      { ...rest, id: 'objectsThrownDetection', kind: 'behavior', eventType: 'objectsThrownDetection', channel: 1 },
      { ...rest, id: 'objectsThrownDetection', kind: 'behavior', eventType: 'objectsThrownDetection', channel: 2 },
      { ...rest, id: '', kind: 'diskFull', eventType: 'diskfull' },
      { ...rest, id: 'tamper-3', kind: 'tamper', eventType: 'tamper', channel: 3 },
      {
        ...rest,
        id: 'somethingNew-1',
        kind: 'unknown',
        eventType: 'somethingNew',
        channel: 1,
        description: 'Something new',
      },
    ]);
  });

  it('reads the newer form, with one trigger or none', () => {
    const one =
      '<EventTriggerList><EventTrigger><id>VMD-4</id><eventType>VMD</eventType></EventTrigger></EventTriggerList>';
    expect(triggers(device({ '/ISAPI/Event/triggers': one })).result).toMatchObject([{ id: 'VMD-4', channel: 4 }]);
    expect(triggers(device({ '/ISAPI/Event/triggers': '<EventTriggerList/>' })).result).toEqual([]);
  });

  it('says what to do where the list itself is broken', () => {
    const error = failureOf(() => triggers(device({ '/ISAPI/Event/triggers': reply(500) })));
    expect(error.code).toBe('HIK_BUSY');
    expect(error.message).toContain('name one to event.getTrigger');
    expect(error.message).toMatch(/^GET \/ISAPI\/Event\/triggers on test: /);
    expect((error.cause as Error).message).toContain('HTTP 500');
  });
});

const CAMERA = '/ISAPI/System/Video/inputs/channels/1/motionDetection';
const RECORDER = '/ISAPI/ContentMgmt/InputProxy/channels/1/video/motionDetection';

/** A device that keeps what is written; `bend` is what it makes of it. */
function keeper(path: string, bend: (written: string) => string = (written) => written, answer = OK): Responder {
  let stored = fixture('isapi/motion-detection.xml');
  return (request) => {
    if (request.path !== path) return reply(403);
    if (request.method === 'GET') return xml(stored);
    stored = bend(String(request.body));
    return answer;
  };
}

function setMotion(respond: Responder, given: Record<string, unknown>, ctx = context()) {
  const { params, isapi } = event.setMotionDetection;
  return run(isapi(checkArguments('event.setMotionDetection', params, given), ctx), respond);
}

/** A document without the blanks between its elements, which mean nothing. */
function compact(document: string): string {
  return document.replace(/>\s+</g, '><').trim();
}

describe('event.setMotionDetection', () => {
  it('writes the whole document back with nothing else changed', () => {
    const { requests, result, log } = setMotion(keeper(CAMERA), { enabled: true, sensitivity: 60 });
    expect(log).toEqual([`GET ${CAMERA}`, `GET ${CAMERA}/capabilities`, `PUT ${CAMERA}`, `GET ${CAMERA}`]);
    const before = compact(fixture('isapi/motion-detection.xml'));
    const expected = before
      .replace('<enabled>false</enabled>', '<enabled>true</enabled>')
      .replace('<sensitivityLevel min="0" max="100">40<', '<sensitivityLevel min="0" max="100">60<');
    expect(compact(String(requests[2]?.body))).toBe(expected);
    expect(requests[2]?.contentType).toMatch(/^application\/xml/);
    // The grid of this document does not fit its size.
    expect(result).toEqual({
      channel: 1,
      enabled: true,
      sensitivity: 60,
      target: 'any',
      grid: null,
      rebootRequired: false,
    });
  });

  it('leaves the sensitivity alone unless it is given', () => {
    const { result, requests } = setMotion(keeper(CAMERA), { enabled: 'true' });
    expect(result).toMatchObject({ enabled: true, sensitivity: 40 });
    expect(String(requests[1]?.body)).toContain('max="100">40<');
  });

  it('finds the place of a recorder, and remembers it', () => {
    const ctx = context();
    const respond = keeper(RECORDER);
    expect(setMotion(respond, { enabled: true }, ctx).log).toEqual([
      `GET ${CAMERA}`,
      `GET ${RECORDER}`,
      `PUT ${RECORDER}`,
      `GET ${RECORDER}`,
    ]);
    expect(setMotion(respond, { enabled: false }, ctx).log).toHaveLength(3);
  });

  it('reports what the device made of it', () => {
    const bent = keeper(CAMERA, (written) => written.replace('>65<', '>60<'));
    expect(setMotion(bent, { enabled: true, sensitivity: 65 }).result?.sensitivity).toBe(60);
    const ignored = keeper(CAMERA, () => fixture('isapi/motion-detection.xml'));
    expect(setMotion(ignored, { enabled: true }).result?.enabled).toBe(false);
    const later = keeper(CAMERA, undefined, refusal(200, 7, 'Reboot Required', 'rebootRequired'));
    expect(setMotion(later, { enabled: true }).result?.rebootRequired).toBe(true);
  });

  it('does not write elsewhere when the write is refused', () => {
    const requests: string[] = [];
    const error = failureOf(() =>
      setMotion(
        (request) => {
          requests.push(`${request.method} ${request.path}`);
          return request.method === 'GET'
            ? xml(fixture('isapi/motion-detection.xml'))
            : refusal(403, 4, 'Invalid Operation', 'lowPrivilege');
        },
        { enabled: true },
      ),
    );
    expect(error.code).toBe('HIK_PERMISSION');
    expect(requests).toEqual([`GET ${CAMERA}`, `PUT ${CAMERA}`]);
  });

  it('writes nothing when the device has no sensitivity, no motion detection, or answers something else', () => {
    const bare = '<MotionDetection><enabled>true</enabled></MotionDetection>';
    for (const routes of [{ [CAMERA]: bare }, {}, { [CAMERA]: '<Other/>' }]) {
      const error = failureOf(() => setMotion(device(routes), { enabled: true, sensitivity: 10 }));
      expect(error.code).toBe('HIK_UNSUPPORTED');
    }
  });
});
