/** Triggers: fall-backs where the list is broken, and telling the center. */
import { describe, expect, it } from 'vitest';
import { event } from '../../../lib/commands/event';
import { context, device, failureOf, OK, refusal, reply, run, xml, type Responder } from '../../support/steps';
import { plainXml } from '../../support/xml-text';

const TRIGGERS = '/ISAPI/Event/triggers';
const CAPS = '/ISAPI/Event/triggersCap';
const CHANNEL_CAPS = '/ISAPI/Event/channels/capabilities';

const trigger = (id: string, type: string, ...actions: readonly string[]) =>
  `<EventTrigger version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><id>${id}</id><eventType>${type}</eventType>` +
  `<unknown a="1">x</unknown><EventTriggerNotificationList>${actions.map(notification).join('')}</EventTriggerNotificationList></EventTrigger>`;
const notification = (id: string) =>
  `<EventTriggerNotification><id>${id}</id><notificationMethod>${id.replace(/-\d$/, '')}</notificationMethod>` +
  '<notificationRecurrence>beginning</notificationRecurrence></EventTriggerNotification>';

const list = (respond: Responder) => run(event.listTriggers.isapi({}, context()), respond);

describe('event.listTriggers without a list', () => {
  it('asks for what the channels can, both spellings once', () => {
    const { result, log } = list(
      device({
        [TRIGGERS]: reply(500),
        [CHANNEL_CAPS]:
          '<ChannelEventCapList><ChannelEventCap><eventType opt="motionDetection,VMD,fieldDetection,ROI,diskfull,"/><channelID>2</channelID>' +
          '</ChannelEventCap></ChannelEventCapList>',
        [`${TRIGGERS}/VMD-2`]: trigger('VMD-2', 'VMD', 'center'),
        [`${TRIGGERS}/fielddetection-2`]: trigger('fielddetection-2', 'fielddetection'),
        [`${TRIGGERS}/diskfull`]: refusal(503, 2, 'Device Busy', 'deviceBusy'),
        [`${TRIGGERS}/ROI-2`]: 'nonsense',
      }),
    );
    expect(result?.map(({ id, warning }) => [id, warning === null])).toEqual([
      ['VMD-2', true],
      ['fielddetection-2', false],
    ]);
    expect(log.filter((line) => line.endsWith('VMD-2'))).toHaveLength(1);
    // A busy device is given time for the list, and not for each single trigger.
    expect(log.filter((line) => line.startsWith('wait'))).toHaveLength(3);
  });

  it('asks for what has a capability of its own', () => {
    const { result } = list(
      device({
        [CAPS]:
          '<EventTriggersCap><MotionDetectionTriggerCap/><FiledDetectTriggerCap/><PIRAlarmCap/></EventTriggersCap>',
        [`${TRIGGERS}/PIR`]: trigger('PIR', 'PIR', 'center'),
        [`${TRIGGERS}/VMD-1`]: trigger('VMD-1', 'VMD'),
      }),
    );
    expect(result?.map(({ id }) => id)).toEqual(['VMD-1', 'PIR']);
  });

  it('tries the usual ones where the device only says that it cannot', () => {
    const { result } = list(device({ [TRIGGERS]: reply(500), [`${TRIGGERS}/VMD-1`]: trigger('VMD-1', 'VMD') }));
    expect(result?.map(({ id }) => id)).toEqual(['VMD-1']);
  });

  it('says so where there are no triggers at all', () => {
    expect(failureOf(() => list(device({}))).code).toBe('HIK_UNSUPPORTED');
    expect(failureOf(() => list(device({ [TRIGGERS]: refusal(403, 4, 'x', 'lowPrivilege') }))).code).toBe(
      'HIK_PERMISSION',
    );
    expect(failureOf(() => list(device({ [TRIGGERS]: 'no document' }))).code).toBe('HIK_BUSY');
  });
});

describe('event.getTrigger', () => {
  const get = (id: string, respond: Responder) => run(event.getTrigger.isapi({ trigger: id }, context()), respond);

  it('reads it at its own path, or out of the list', () => {
    const own = { [`${TRIGGERS}/VMD-1`]: trigger('VMD-1', 'VMD', 'center', 'record-1') };
    expect(get('VMD-1', device(own)).result).toMatchObject({
      kind: 'motion',
      actions: ['center', 'record'],
      warning: null,
    });
    const inList = `<EventTriggerList>${trigger('Linedetection-1', 'linedetection')}</EventTriggerList>`;
    const busy = { [`${TRIGGERS}/linedetection-1`]: reply(503), [TRIGGERS]: inList };
    expect(get('linedetection-1', device(busy)).result).toMatchObject({ id: 'Linedetection-1', notifiesCenter: false });
  });

  it('names what there is when there is no such one', () => {
    const respond = device({ [TRIGGERS]: `<EventTriggerList>${trigger('VMD-1', 'VMD')}</EventTriggerList>` });
    const error = failureOf(() => get('nothing-1', respond));
    expect([error.code, error.message]).toEqual(['HIK_NOT_FOUND', expect.stringContaining('it has VMD-1')]);
    expect(failureOf(() => get('nothing-1', device({ [TRIGGERS]: '<EventTriggerList/>' }))).message).toContain(
      'it has none',
    );
  });
});

describe('event.notifyCenter', () => {
  const path = `${TRIGGERS}/VMD-1`;

  function keeper(document: string, keeps = true, caps?: string): Responder {
    let stored = document;
    return (request) => {
      if (request.path === CAPS && caps !== undefined) return xml(caps);
      if (request.path !== path) return reply(404);
      if (request.method === 'GET') return xml(stored);
      if (keeps) stored = String(request.body);
      return OK;
    };
  }

  const notify = (respond: Responder, enabled = true) =>
    run(event.notifyCenter.isapi({ trigger: 'VMD-1', enabled }, context()), respond);
  const body = ({ requests }: ReturnType<typeof notify>) =>
    plainXml(String(requests.find(({ method }) => method === 'PUT')?.body));

  it('adds and removes nothing but the center', () => {
    const added = notify(keeper(trigger('VMD-1', 'VMD', 'record-1')));
    expect(body(added)).toBe(trigger('VMD-1', 'VMD', 'record-1', 'center'));
    expect(added.result).toMatchObject({ notifiesCenter: true, warning: null });
    const removed = notify(keeper(trigger('VMD-1', 'VMD', 'center', 'record-1')), false);
    expect(body(removed)).toBe(trigger('VMD-1', 'VMD', 'record-1'));
    expect(removed.result?.notifiesCenter).toBe(false);
  });

  it('writes nothing when it is so already', () => {
    const { requests } = notify(keeper(trigger('VMD-1', 'VMD', 'center')));
    expect(requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('makes the list where there is none', () => {
    const bare = '<EventTrigger><id>VMD-1</id><eventType>VMD</eventType></EventTrigger>';
    expect(notify(keeper(bare)).result?.actions).toEqual(['center']);
  });

  it('warns where the device did not keep it', () => {
    const { result } = notify(keeper(trigger('VMD-1', 'VMD'), false));
    expect(result?.warning).toContain('the device said OK and still tells nobody');
    expect(notify(keeper(trigger('VMD-1', 'VMD', 'center'), false), false).result?.warning).toContain('still notifies');
  });

  it('says where a device forbids it', () => {
    const caps = (value: boolean) =>
      `<EventTriggersCap><MotionDetectionTriggerCap><isNotSupportCenterModify>${value}</isNotSupportCenterModify></MotionDetectionTriggerCap></EventTriggersCap>`;
    const error = failureOf(() => notify(keeper(trigger('VMD-1', 'VMD'), true, caps(true))));
    expect([error.code, error.message]).toEqual([
      'HIK_UNSUPPORTED',
      expect.stringContaining('isNotSupportCenterModify'),
    ]);
    expect(notify(keeper(trigger('VMD-1', 'VMD'), true, caps(false))).result?.notifiesCenter).toBe(true);
  });

  it('names the trigger that the device refuses', () => {
    const respond = device({ [path]: trigger('VMD-1', 'VMD'), [`PUT ${path}`]: refusal(400, 6, 'x', 'badParameters') });
    expect(failureOf(() => notify(respond)).message).toContain('trigger VMD-1');
  });
});
