/** Motion detection as a setting: switch, sensitivity, and which cells of the picture are watched. */
import { detection, detectionCommands, type ResultOf } from './detection';
import { grid, onOff, sensitivity, target } from './settings';

/** Cameras and analog inputs, then IP channels of a recorder (isapi.md §6.8). */
export const MOTION = detection({
  name: 'motionDetection',
  title: 'motion detection',
  summary: 'The grid says which parts of the picture are watched: # is, . is not.',
  places: [
    '/ISAPI/System/Video/inputs/channels/{channel}/motionDetection',
    '/ISAPI/ContentMgmt/InputProxy/channels/{channel}/video/motionDetection',
  ],
  root: 'MotionDetection',
  settings: {
    enabled: onOff('On', 'enabled'),
    sensitivity: sensitivity('MotionDetectionLayout/sensitivityLevel'),
    target: target('MotionDetectionLayout/targetType'),
    grid,
  },
  source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/motionDetection', 'isapi.md §0.3, §6.8'],
});

const { get, set } = detectionCommands(MOTION);

export const motion = { getMotionDetection: get, setMotionDetection: set } as const;

export type MotionDetection = ResultOf<typeof get>;
