/** Detections that watch lines and areas: crossing, intrusion, entering, leaving, loitering. */
import { detection, detectionCommands, type ResultOf } from './detection';
import { corners, onOff, sensitivity, target, whole, word } from './settings';

const enabled = onOff('On', 'enabled');
const area = corners({ list: 'RegionCoordinatesList', item: 'RegionCoordinates', least: 3, most: 10 });
const confidence = word(
  'Confidence',
  'How sure the camera must be of what it sees.',
  ['low', 'mediumLow', 'mediumHigh', 'high'],
  'alarmConfidence',
);
const ofRule = { sensitivity: sensitivity('sensitivityLevel'), target: target('detectionTarget'), confidence } as const;

/** Seconds that somebody has to stay before it counts. */
const stay = whole(
  { title: 'Stay', description: 'How long somebody must stay before it counts.', unit: 's', min: 0, max: 100 },
  'timeThreshold',
);

export const LINE_CROSSING = detection({
  name: 'lineCrossing',
  title: 'line crossing',
  summary: 'Each line is a rule of its own.',
  places: ['/ISAPI/Smart/LineDetection/{channel}'],
  root: 'LineDetection',
  settings: { enabled },
  rules: {
    list: 'LineItemList',
    item: 'LineItem',
    noun: 'line',
    settings: {
      ...ofRule,
      direction: word(
        'Direction',
        'In which direction the line must be crossed.',
        ['any', 'left-right', 'right-left'],
        'directionSensitivity',
      ),
      points: corners({ list: 'CoordinatesList', item: 'Coordinates', least: 2, most: 2 }),
    },
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/LineDetection/<ID>', 'isapi.md §6.8'],
});

export const INTRUSION = detection({
  name: 'intrusion',
  title: 'intrusion detection',
  summary: 'Somebody in an area, for a while. Each area is a rule of its own.',
  places: ['/ISAPI/Smart/FieldDetection/{channel}'],
  root: 'FieldDetection',
  settings: { enabled },
  rules: {
    list: 'FieldDetectionRegionList',
    item: 'FieldDetectionRegion',
    noun: 'area',
    settings: { ...ofRule, staySeconds: stay, points: area },
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/FieldDetection/<ID>', 'isapi.md §6.8'],
});

export const REGION_ENTRANCE = detection({
  name: 'regionEntrance',
  title: 'region entrance detection',
  summary: 'Somebody comes into an area. Each area is a rule of its own.',
  places: ['/ISAPI/Smart/regionEntrance/{channel}'],
  root: 'RegionEntrance',
  settings: { enabled },
  rules: {
    list: 'RegionEntranceRegionList',
    item: 'RegionEntranceRegion',
    noun: 'area',
    settings: { ...ofRule, points: area },
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/regionEntrance/<ID>', 'isapi.md §6.8'],
});

export const REGION_EXIT = detection({
  name: 'regionExit',
  title: 'region exit detection',
  summary: 'Somebody leaves an area. Each area is a rule of its own.',
  places: ['/ISAPI/Smart/regionExiting/{channel}'],
  root: 'RegionExiting',
  settings: { enabled },
  rules: {
    list: 'RegionExitingRegionList',
    item: 'RegionExitingRegion',
    noun: 'area',
    settings: { ...ofRule, points: area },
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/regionExiting/<ID>', 'isapi.md §6.8'],
});

/** No capture shows its document; names are those of its sisters. */
export const LOITERING = detection({
  name: 'loitering',
  title: 'loitering detection',
  summary: 'Somebody stays in an area and walks about. Each area is a rule of its own.',
  places: ['/ISAPI/Smart/loitering/{channel}'],
  root: 'Loitering',
  settings: { enabled },
  rules: {
    list: 'LoiteringRegionList',
    item: 'LoiteringRegion',
    noun: 'area',
    settings: { ...ofRule, staySeconds: stay, points: area },
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/loitering/<ID>', 'isapi.md §6.8'],
});

const lineCrossing = detectionCommands(LINE_CROSSING);
const intrusion = detectionCommands(INTRUSION);
const regionEntrance = detectionCommands(REGION_ENTRANCE);
const regionExit = detectionCommands(REGION_EXIT);
const loitering = detectionCommands(LOITERING);

export const rules = {
  getLineCrossing: lineCrossing.get,
  setLineCrossing: lineCrossing.set,
  getIntrusion: intrusion.get,
  setIntrusion: intrusion.set,
  getRegionEntrance: regionEntrance.get,
  setRegionEntrance: regionEntrance.set,
  getRegionExit: regionExit.get,
  setRegionExit: regionExit.set,
  getLoitering: loitering.get,
  setLoitering: loitering.set,
} as const;

export type LineCrossing = ResultOf<typeof lineCrossing.get>;
export type Intrusion = ResultOf<typeof intrusion.get>;
export type RegionEntrance = ResultOf<typeof regionEntrance.get>;
export type RegionExit = ResultOf<typeof regionExit.get>;
export type Loitering = ResultOf<typeof loitering.get>;
