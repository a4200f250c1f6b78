/** An IP camera that turns. */
import { WATCHED_NAMES } from '../../commands/event/watched';
import type { SimulatedDevice } from '../device';
import { addPictureSettings } from '../functions/picture-settings';
import { Ptz } from '../functions/ptz';
import { addSiren } from '../functions/siren';
import type { RecordingOptions } from '../recordings';
import { Model, videoInputPath } from './model';

export function camera(options: RecordingOptions = {}): SimulatedDevice {
  const model = new Model('camera', 'camera', {
    name: 'Simulated camera',
    model: 'SIM-PTZ-4',
    serial: 'SIM-PTZ-420240101AAWRSIM000001',
    mac: '02:00:00:51:4d:01',
  });
  model.deviceInfo('IPDome', 'V5.7.15', 'build 240201');
  model.capabilities({ videoInputs: 1, inputProxies: 0, alarmInputs: 1, alarmOutputs: 1, ptz: true });
  model.videoInputs([{ channel: 1, name: 'Yard' }]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.storage([{ id: 1, name: 'SD1', kind: 'SD', capacityMb: 30_436, freeMb: 0 }]);
  model.streams([
    { id: 101, name: 'Yard', codec: 'H.265', width: 2_560, height: 1_440, kbps: 4_096, frames: 2_500 },
    { id: 102, name: 'Yard', codec: 'H.264', width: 640, height: 360, kbps: 512, frames: 1_250 },
    { id: 103, name: 'Yard', codec: 'H.265', width: 1_280, height: 720, kbps: 1_024, frames: 2_500 },
  ]);
  // Many cameras record on a card that only RTSP can play.
  model.recordings([{ channel: 1, mode: 'CMR', kbps: 4_096 }], { download: 'none', ...options });
  model.talk({ channels: 1 });
  model.motionDetection(videoInputPath(1), 'human,vehicle');
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: ['center', 'record-1'] },
    { id: 'tamper-1', type: 'tamperdetection', channel: 1, actions: ['center'] },
    { id: 'linedetection-1', type: 'linedetection', channel: 1, actions: ['center', 'record-1'] },
    // Detected, but told to nobody: what a user who sees no events should be shown.
    { id: 'fielddetection-1', type: 'fielddetection', channel: 1, actions: ['record-1'] },
    { id: 'regionEntrance-1', type: 'regionEntrance', channel: 1, actions: ['center'] },
    { id: 'regionExiting-1', type: 'regionExiting', channel: 1, actions: ['center'] },
    { id: 'loitering-1', type: 'loitering', channel: 1, actions: ['center'] },
    { id: 'scenechangedetection-1', type: 'scenechangedetection', channel: 1, actions: ['center'] },
    { id: 'defocus-1', type: 'defocus', channel: 1, actions: ['center'] },
    { id: 'facedetection-1', type: 'facedetection', channel: 1, actions: ['center'] },
    { id: 'audioexception-1', type: 'audioexception', channel: 1, actions: ['center'] },
    { id: 'PIR', type: 'PIR', actions: ['center'] },
    { id: 'IO-1', type: 'IO', port: 1, actions: ['center'] },
    { id: 'diskfull', type: 'diskfull', actions: ['center', 'beep'] },
    { id: 'illaccess', type: 'illaccess', actions: [] },
  ]);
  const ptz = new Ptz();
  model.routes.push(
    ...ptz.routes('/ISAPI/PTZCtrl/channels/1'),
    ...ptz.lensRoutes('/ISAPI/System/Video/inputs/channels/1'),
  );
  addPictureSettings(model, 1, 'camera');
  addSiren(model, '/ISAPI/Event/triggers/notifications');
  model.watching(WATCHED_NAMES.filter((name) => name !== 'videoLoss').map((name) => ({ name, channel: 1 })));
  model.triggerCapabilities(['MotionDetection', 'TamperDetection', 'LineDetect', 'FiledDetect', 'IO', 'Diskfull']);
  return model.build();
}
