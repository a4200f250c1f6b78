/**
 * What a device watches for: the documents of its detections and arming schedules, and which of its events it reports. A
 * detection that is off, a time at which it is not armed, or a trigger that does not notify the center keeps an event back.
 */
import type { Clock } from '../../clock';
import { isArmedAt } from '../../commands/event/schedules';
import {
  numbered,
  scheduleFolder,
  WATCHED,
  watchedFor,
  type Watched,
  type WatchedName,
} from '../../commands/event/watched';
import { all, booleanAt, find, parseXml, textAt, type XmlElement } from '../../codec/xml';
import { NAMESPACE } from '../answers';
import { zoneOffsetMs, type SimulatedDevice } from '../device';
import type { EventFields } from '../event-parts';

/** A detection of one channel, or an alarm input, of a built-in device. */
export interface WatchedSpec {
  readonly name: WatchedName;
  /** The port for an alarm input. */
  readonly channel: number;
}

interface Document {
  readonly path: string;
  readonly content: string;
}

const TRIGGERS_PATH = '/ISAPI/Event/triggers';

/* Documents */

/** The settings of a detection, with what the device allows; motion detection and alarm inputs have theirs elsewhere. */
export function detectionDocuments({ name, channel }: WatchedSpec, isRecorder: boolean): Document[] {
  const { detection }: Watched = WATCHED[name];
  const content = CONTENTS[name]?.(channel);
  if (detection === null || content === undefined) return [];
  const place = (isRecorder ? RECORDER_PLACES[name] : undefined) ?? detection.places[0] ?? '';
  const path = place.replace('{channel}', String(channel));
  const limits = content
    .replace(/<sensitivityLevel>/g, '<sensitivityLevel min="1" max="100">')
    .replace(/<timeThreshold>/g, '<timeThreshold min="0" max="10">')
    .replace(/<detectionTarget>/g, '<detectionTarget opt="human,vehicle">')
    .replace(/<directionSensitivity>/g, '<directionSensitivity opt="any,left-right,right-left">');
  return [
    { path, content },
    { path: `${path}/capabilities`, content: limits },
  ];
}

/** Places of the IP channels of a recorder, where they are others than those of a camera. */
const RECORDER_PLACES: Partial<Record<WatchedName, string>> = {
  tamper: '/ISAPI/ContentMgmt/InputProxy/channels/{channel}/video/tamperDetection',
};

const root = (name: string, channel: number, rest: string) =>
  `<${name} version="2.0" xmlns="${NAMESPACE}">\n<id>${channel}</id>\n<enabled>true</enabled>\n${rest}\n</${name}>`;

const SCREEN = `<normalizedScreenSize>
  <normalizedScreenWidth>1000</normalizedScreenWidth>
  <normalizedScreenHeight>1000</normalizedScreenHeight>
  </normalizedScreenSize>`;

const point = (name: string, [x, y]: readonly [number, number]) =>
  `<${name}><positionX>${x}</positionX><positionY>${y}</positionY></${name}>`;

const RULES = [1, 2, 3, 4];

function lines(channel: number): string {
  const items = RULES.map((rule) => {
    const ends: (readonly [number, number])[] =
      rule === 1
        ? [
            [424, 642],
            [161, 610],
          ]
        : [
            [0, 0],
            [0, 0],
          ];
    return `<LineItem>
      <id>${rule}</id>
      <enabled>${rule === 1}</enabled>
      <sensitivityLevel>50</sensitivityLevel>
      <directionSensitivity>any</directionSensitivity>
      <CoordinatesList>${ends.map((end) => point('Coordinates', end)).join('')}</CoordinatesList>
      <detectionTarget>human</detectionTarget>
      </LineItem>`;
  });
  return root('LineDetection', channel, `${SCREEN}\n<LineItemList size="4">\n${items.join('\n')}\n</LineItemList>`);
}

/** @param stay seconds that somebody must stay, where this detection has such a time. */
const areas =
  (name: string, stay: number | null) =>
  (channel: number): string => {
    const items = RULES.map((rule) => {
      const drawn: (readonly [number, number])[] =
        rule === 1
          ? [
              [100, 100],
              [100, 900],
              [900, 900],
              [900, 100],
            ]
          : [];
      const corners = drawn.map((corner) => point('RegionCoordinates', corner)).join('');
      return `<${name}Region>
        <id>${rule}</id>
        <enabled>${rule === 1}</enabled>
        <sensitivityLevel>50</sensitivityLevel>
        ${stay === null ? '' : `<timeThreshold>${stay}</timeThreshold>`}
        <RegionCoordinatesList>${corners}</RegionCoordinatesList>
        <detectionTarget>human</detectionTarget>
        </${name}Region>`;
    });
    const list = `<${name}RegionList size="4">\n${items.join('\n')}\n</${name}RegionList>`;
    return root(name, channel, `${SCREEN}\n${list}`);
  };

const plain = (name: string) => (channel: number) => root(name, channel, '<sensitivityLevel>50</sensitivityLevel>');

const CONTENTS: Partial<Record<WatchedName, (channel: number) => string>> = {
  lineCrossing: lines,
  intrusion: areas('FieldDetection', 2),
  regionEntrance: areas('RegionEntrance', null),
  regionExit: areas('RegionExiting', null),
  loitering: areas('Loitering', 5),
  tamper: () =>
    `<TamperDetection version="2.0" xmlns="${NAMESPACE}">
    <enabled>true</enabled>
    <normalizedScreenSize>
    <normalizedScreenWidth>704</normalizedScreenWidth>
    <normalizedScreenHeight>576</normalizedScreenHeight>
    </normalizedScreenSize>
    <tampersensitivityLevel>60</tampersensitivityLevel>
    <TamperDetectionRegionList></TamperDetectionRegionList>
    </TamperDetection>`,
  videoLoss: () => `<VideoLoss version="2.0" xmlns="${NAMESPACE}">\n<enabled>true</enabled>\n</VideoLoss>`,
  sceneChange: plain('SceneChangeDetection'),
  defocus: plain('DefocusDetection'),
  face: plain('FaceDetect'),
  audio: (channel) =>
    root('AudioDetection', channel, '<sensitivityLevel>50</sensitivityLevel>\n<decibelThreshold>60</decibelThreshold>'),
  pir: () =>
    `<PIRAlarm version="1.0" xmlns="http://www.hikvision.com/ver10/XMLSchema">
    <enabled>true</enabled>
    <name>PIR Alarm</name>
    </PIRAlarm>`,
};

/** Armed all the week. Cameras and recorders differ in how they call it. */
export function scheduleDocument({ name, channel }: WatchedSpec, isRecorder: boolean): Document & { folder: string } {
  const row: Watched = WATCHED[name];
  const { folder, ids } = row.schedules[isRecorder ? row.schedules.length - 1 : 0] ?? { folder: name, ids: [] };
  const id = numbered(
    (isRecorder ? ids.find((each) => each.includes('_video')) : undefined) ?? ids[0] ?? '{n}',
    channel,
  );
  const type = (row.triggers[0] ?? '').replace('-{n}', '');
  const blocks = [1, 2, 3, 4, 5, 6, 7].map(
    (day) => `<TimeBlock>
      <dayOfWeek>${day}</dayOfWeek>
      <TimeRange><beginTime>00:00</beginTime><endTime>24:00</endTime></TimeRange>
      </TimeBlock>`,
  );
  const numberElement = name === 'alarmInput' ? 'inputIOPortID' : 'videoInputChannelID';
  return {
    folder: scheduleFolder(folder),
    path: `${scheduleFolder(folder)}/${id}`,
    content: `<Schedule version="2.0" xmlns="${NAMESPACE}">
      <id>${id}</id>
      <eventType>${type}</eventType>
      <${numberElement}>${channel}</${numberElement}>
      <TimeBlockList size="8">\n${blocks.join('\n')}\n</TimeBlockList>
      <HolidayBlockList></HolidayBlockList>
      </Schedule>`,
  };
}

/* What is reported */

/** Would the device tell anybody of this now? What it has no trigger and no detection for, it tells. */
export function isReported(event: EventFields, device: SimulatedDevice, clock: Clock): boolean {
  const type = event.eventType === 'duration' ? (event.relationEvent ?? event.eventType) : event.eventType;
  const number = event.inputPort ?? (event.channel === undefined ? 1 : event.channel);
  const row = watchedFor(type);
  const ids = row === undefined ? [type, `${type}-${number}`] : row.triggers.map((id) => numbered(id, number ?? 1));
  const trigger = firstDocument(
    device,
    ids.map((id) => `${TRIGGERS_PATH}/${id}`),
  );
  if (trigger !== undefined && !notifiesCenter(trigger)) return false;
  if (row === undefined || number === null) return true;

  const places = row.detection?.places.map((place) => place.replace('{channel}', String(number))) ?? [];
  const detection = firstDocument(device, places);
  if (booleanAt(detection, 'enabled') === false) return false;
  const schedule = firstDocument(
    device,
    row.schedules.flatMap(({ folder, ids: names }) =>
      names.map((id) => `${scheduleFolder(folder)}/${numbered(id, number)}`),
    ),
  );
  const wallClockMs = clock.now() + device.clockOffsetMs + (zoneOffsetMs(device.timeZone) ?? 0);
  return schedule === undefined || isArmedAt(schedule, wallClockMs);
}

function firstDocument(device: SimulatedDevice, paths: readonly string[]): XmlElement | undefined {
  for (const path of paths) {
    const answer = device.document(path);
    if (answer?.status !== 200) continue;
    try {
      return parseXml(answer.body);
    } catch {
      // Somebody wrote what is no document; it holds nothing back.
      return undefined;
    }
  }
  return undefined;
}

function notifiesCenter(trigger: XmlElement): boolean {
  const notifications = all(find(trigger, 'EventTriggerNotificationList'), 'EventTriggerNotification');
  return notifications.some((item) => (textAt(item, 'notificationMethod') ?? textAt(item, 'id')) === 'center');
}
