/** Detections of a channel as a whole: covered, blurred or moved camera, lost picture, sounds, faces, body heat. */
import { detection, detectionCommands, type ResultOf } from './detection';
import { onOff, sensitivity, whole } from './settings';

const enabled = onOff('On', 'enabled');

export const TAMPER = detection({
  name: 'tamperDetection',
  title: 'tamper detection',
  summary: 'The camera sees that it is covered.',
  places: [
    '/ISAPI/System/Video/inputs/channels/{channel}/tamperDetection',
    '/ISAPI/ContentMgmt/InputProxy/channels/{channel}/video/tamperDetection',
  ],
  root: 'TamperDetection',
  settings: {
    enabled,
    // Steps of 20 on cameras, 1 to 3 on recorders; older cameras (DS-2CD2443G0-IW) have it in their one area only.
    sensitivity: sensitivity(
      'tampersensitivityLevel',
      'TamperDetectionRegionList/TamperDetectionRegion/sensitivityLevel',
    ),
  },
  source: ['ISAPI /ISAPI/System/Video/inputs/channels/<ID>/tamperDetection', 'isapi.md §6.8'],
});

export const VIDEO_LOSS = detection({
  name: 'videoLoss',
  title: 'video loss detection',
  summary: 'A recorder misses the picture of a camera.',
  places: [
    '/ISAPI/ContentMgmt/InputProxy/channels/{channel}/video/videoLoss',
    '/ISAPI/System/Video/inputs/channels/{channel}/videoLoss',
  ],
  root: 'VideoLoss',
  settings: { enabled },
  source: ['ISAPI /ISAPI/ContentMgmt/InputProxy/channels/<ID>/video/videoLoss', 'isapi.md §6.8'],
});

export const SCENE_CHANGE = detection({
  name: 'sceneChange',
  title: 'scene change detection',
  summary: 'The camera was turned away, or the scene is another one.',
  places: ['/ISAPI/Smart/SceneChangeDetection/{channel}'],
  root: 'SceneChangeDetection',
  settings: { enabled, sensitivity: sensitivity('sensitivityLevel') },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/SceneChangeDetection/<ID>', 'isapi.md §6.8'],
});

export const DEFOCUS = detection({
  name: 'defocus',
  title: 'defocus detection',
  summary: 'The picture is blurred.',
  places: ['/ISAPI/Smart/DefocusDetection/{channel}'],
  root: 'DefocusDetection',
  settings: { enabled, sensitivity: sensitivity('sensitivityLevel') },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/DefocusDetection/<ID>', 'isapi.md §6.8'],
});

/** No capture shows its document. */
export const FACE = detection({
  name: 'faceDetection',
  title: 'face detection',
  summary: 'A face is in the picture.',
  places: ['/ISAPI/Smart/FaceDetect/{channel}'],
  root: 'FaceDetect',
  settings: { enabled, sensitivity: sensitivity('sensitivityLevel') },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/FaceDetect/<ID>', 'isapi.md §6.8'],
});

/** No capture shows its document; what a device does not have comes back as null and cannot be set. */
export const AUDIO = detection({
  name: 'audioException',
  title: 'audio exception detection',
  summary: 'A sound that is suddenly louder.',
  // Some count the microphone as a stream, 101 (isapi.md §6.8).
  places: ['/ISAPI/Smart/AudioDetection/channels/{channel}', '/ISAPI/Smart/AudioDetection/channels/{channel}01'],
  root: 'AudioDetection',
  settings: {
    enabled,
    sensitivity: sensitivity('sensitivityLevel'),
    thresholdDb: whole(
      { title: 'Threshold', description: 'How loud it must be.', unit: 'dB', min: -200, max: 200 },
      'decibelThreshold',
    ),
  },
  needs: 'smartEvents',
  source: ['ISAPI /ISAPI/Smart/AudioDetection/channels/<ID>', 'isapi.md §6.8'],
});

/** The sensor belongs to the camera, so its path names no channel. */
export const PIR = detection({
  name: 'pir',
  title: 'infrared motion sensor',
  summary: 'The sensor feels the warmth of somebody who moves.',
  places: ['/ISAPI/WLAlarm/PIR'],
  root: 'PIRAlarm',
  settings: { enabled },
  needs: 'pir',
  source: ['ISAPI /ISAPI/WLAlarm/PIR', 'isapi.md §6.8'],
});

const tamper = detectionCommands(TAMPER);
const videoLoss = detectionCommands(VIDEO_LOSS);
const sceneChange = detectionCommands(SCENE_CHANGE);
const defocus = detectionCommands(DEFOCUS);
const face = detectionCommands(FACE);
const audio = detectionCommands(AUDIO);
const pir = detectionCommands(PIR);

export const detections = {
  getTamperDetection: tamper.get,
  setTamperDetection: tamper.set,
  getVideoLoss: videoLoss.get,
  setVideoLoss: videoLoss.set,
  getSceneChange: sceneChange.get,
  setSceneChange: sceneChange.set,
  getDefocus: defocus.get,
  setDefocus: defocus.set,
  getFaceDetection: face.get,
  setFaceDetection: face.set,
  getAudioException: audio.get,
  setAudioException: audio.set,
  getPir: pir.get,
  setPir: pir.set,
} as const;

export type TamperDetection = ResultOf<typeof tamper.get>;
export type VideoLoss = ResultOf<typeof videoLoss.get>;
export type SceneChange = ResultOf<typeof sceneChange.get>;
export type Defocus = ResultOf<typeof defocus.get>;
export type FaceDetection = ResultOf<typeof face.get>;
export type AudioException = ResultOf<typeof audio.get>;
export type Pir = ResultOf<typeof pir.get>;
