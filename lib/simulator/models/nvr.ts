/** An 8-channel recorder. */
import { pictureRoute, type SimulatedDevice } from '../device';
import { addPictureSettings } from '../functions/picture-settings';
import { Ptz } from '../functions/ptz';
import { addSiren } from '../functions/siren';
import type { RecordingOptions } from '../recordings';
import { Model } from './model';

const CHANNEL_DETECTIONS = [
  'motion',
  'tamper',
  'videoLoss',
  'lineCrossing',
  'intrusion',
  'regionEntrance',
  'regionExit',
  'sceneChange',
] as const;

/** Channel 1 turns; channel 8 is offline. */
export function recorder(options: RecordingOptions = {}): SimulatedDevice {
  const model = new Model('nvr', 'recorder', {
    name: 'Simulated recorder',
    model: 'SIM-NVR-8',
    serial: 'SIM-NVR-80820240101CCWRSIM000002WCVU',
    mac: '02:00:00:51:4d:02',
  });
  const names = ['Gate', 'Yard', 'Workshop', 'Stairs', 'Cellar', 'Office', 'Roof', 'Barn'];
  const channels = names.map((name, index) => ({ channel: index + 1, name, online: index !== 7 }));
  model.deviceInfo('NVR', 'V4.62.210', 'build 230619');
  model.capabilities({
    videoInputs: 0,
    inputProxies: channels.length,
    alarmInputs: 4,
    alarmOutputs: 1,
    ptz: true,
    ports: { softInputs: 8, proxied: [301] },
  });
  model.refuse('/ISAPI/System/Video/inputs/channels');
  model.inputProxies(channels);
  model.storage([
    { id: 1, name: 'hdd1', kind: 'SATA', capacityMb: 3_815_447, freeMb: 0 },
    { id: 2, name: 'hdd2', kind: 'SATA', capacityMb: 3_815_447, freeMb: 1_204_224 },
  ]);
  model.streams(
    channels.flatMap(({ channel, name }) => [
      // 0 stands for the full rate on recorders.
      { id: channel * 100 + 1, name, codec: 'H.265', width: 1_920, height: 1_080, kbps: 2_048, frames: 0 },
      { id: channel * 100 + 2, name, codec: 'H.264', width: 704, height: 576, kbps: 512, frames: 0 },
    ]),
  );
  model.recordings(
    channels.map(({ channel }) =>
      channel === 2
        ? { channel, mode: 'MOTION', hours: { from: '08:00', to: '18:00' }, kbps: 2_048 }
        : { channel, mode: 'CMR', kbps: 2_048 },
    ),
    options,
  );
  model.talk({ channels: 2, codec: 'G.711alaw' });
  const offline = new Set(channels.filter(({ online }) => !online).map(({ channel }) => channel));
  for (const { channel } of channels) {
    model.motionDetection(
      `/ISAPI/ContentMgmt/InputProxy/channels/${channel}/video/motionDetection`,
      channel === 1 ? 'human,vehicle' : '',
    );
  }
  model.triggers([
    ...channels.flatMap(({ channel }) => [
      { id: `VMD-${channel}`, type: 'VMD', channel, actions: ['center', `record-${channel}`] },
      {
        id: `videoloss-${channel}`,
        type: 'videoloss',
        channel,
        actions: channel === 5 ? ['beep'] : ['center', 'beep'],
      },
    ]),
    { id: 'linedetection-2', type: 'linedetection', channel: 2, actions: ['center', 'record-2'] },
    { id: 'IO-1', type: 'IO', port: 1, actions: ['center'] },
    { id: 'IO-301', type: 'IO', port: 301, actions: ['center'] },
    { id: 'softIO-1', type: 'softIO', port: 1, actions: ['center'] },
    { id: 'diskfull', type: 'diskfull', actions: ['beep'] },
    { id: 'diskerror', type: 'diskerror', actions: ['center', 'beep'] },
  ]);
  model.watching([
    ...channels.flatMap(({ channel }) => CHANNEL_DETECTIONS.map((name) => ({ name, channel }))),
    { name: 'alarmInput', channel: 1 },
    { name: 'alarmInput', channel: 301 },
  ]);
  model.triggerCapabilities(['MotionDetection', 'VideoLoss', 'LineDetect', 'IO'], ['Diskfull']);
  const ptz = new Ptz();
  // Recorders have a path of their own for the IP channels, many take the plain one as well (isapi.md §4.1).
  model.routes.push(
    ...ptz.routes('/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1'),
    ...ptz.routes('/ISAPI/PTZCtrl/channels/1'),
    ...ptz.lensRoutes('/ISAPI/ContentMgmt/InputProxy/channels/1/video'),
  );
  for (const { channel } of channels) addPictureSettings(model, channel, 'recorder');
  addSiren(model, '/ISAPI/Event/triggers/notifications/channels/1');
  model.refusePtz('/ISAPI/(?:ContentMgmt/PTZCtrlProxy|PTZCtrl)/channels/\\d+/.*');
  model.routes.push(
    pictureRoute(
      (call) => model.pictureRefusal(call, offline),
      /^\/ISAPI\/ContentMgmt\/StreamingProxy\/channels\/(\d{1,5})\/picture$/i,
    ),
  );
  return model.build((channel) => offline.has(channel));
}
