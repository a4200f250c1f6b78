/** Devices that are not about pictures in the first place: an alarm panel, a thermal camera, a people counter, a speaker. */
import type { SimulatedDevice } from '../device';
import { AlarmPanel } from '../functions/alarm-panel';
import { PeopleCounter, Speaker, Thermometer } from '../functions/sensors';
import { Model, videoInputPath } from './model';

const NOTHING = { videoInputs: 0, inputProxies: 0, alarmInputs: 0, alarmOutputs: 0, ptz: false };

/** Two areas, six zones. Its own paths take a session only, everything else takes Digest as well. */
export function axpro(): SimulatedDevice {
  const model = new Model('axpro', 'camera', {
    name: 'Simulated alarm panel',
    model: 'SIM-PANEL-6',
    serial: 'SIM-PANEL-620240101AAWRSIM000011',
    mac: '02:00:00:51:4d:11',
  });
  model.sessionLogin = { demandedBy: /^\/ISAPI\/SecurityCP\//i, version: '2.1' };
  model.deviceInfo('PWA', 'V1.2.9', 'build 230711');
  model.capabilities(NOTHING);
  model.triggers([]);
  model.add(new AlarmPanel());
  return model.build();
}

/** Channel 1 sees, channel 2 measures. */
export function thermal(): SimulatedDevice {
  const model = new Model('thermal', 'camera', {
    name: 'Simulated thermal camera',
    model: 'SIM-THERMAL-2',
    serial: 'SIM-THERMAL-220240101AAWRSIM000012',
    mac: '02:00:00:51:4d:12',
  });
  model.deviceInfo('IPCamera', 'V5.5.98', 'build 240726');
  model.capabilities({ ...NOTHING, videoInputs: 2, alarmInputs: 1, alarmOutputs: 1 });
  model.videoInputs([
    { channel: 1, name: 'Visible' },
    { channel: 2, name: 'Thermal' },
  ]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.streams([
    { id: 101, name: 'Visible', codec: 'H.264', width: 1_920, height: 1_080, kbps: 2_048, frames: 2_500 },
    { id: 201, name: 'Thermal', codec: 'H.264', width: 640, height: 512, kbps: 1_024, frames: 2_500 },
  ]);
  model.motionDetection(videoInputPath(1), '');
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: ['center'] },
    { id: 'thermometry-2', type: 'thermometry', channel: 2, actions: ['center'] },
  ]);
  model.add(new Thermometer());
  return model.build();
}

export function counter(): SimulatedDevice {
  const model = new Model('counter', 'camera', {
    name: 'Simulated people counter',
    model: 'SIM-COUNT-1',
    serial: 'SIM-COUNT-120240101AAWRSIM000013',
    mac: '02:00:00:51:4d:13',
  });
  model.deviceInfo('IPCamera', 'V5.5.85', 'build 200709');
  model.capabilities({ ...NOTHING, videoInputs: 1 });
  model.videoInputs([{ channel: 1, name: 'Entrance' }]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.streams([
    { id: 101, name: 'Entrance', codec: 'H.264', width: 1_920, height: 1_080, kbps: 2_048, frames: 2_500 },
  ]);
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: ['center'] },
    { id: 'counting-1', type: 'PeopleCounting', channel: 1, actions: ['center'] },
  ]);
  model.add(new PeopleCounter());
  return model.build();
}

export function speaker(): SimulatedDevice {
  const model = new Model('speaker', 'camera', {
    name: 'Simulated speaker',
    model: 'SIM-SPEAKER-1',
    serial: 'SIM-SPEAKER-120240101AAWRSIM000014',
    mac: '02:00:00:51:4d:14',
  });
  model.deviceInfo('IPSpeaker', 'V1.2.0', 'build 230801');
  model.capabilities({ ...NOTHING, alarmInputs: 1 });
  model.triggers([{ id: 'IO-1', type: 'IO', port: 1, actions: ['center'] }]);
  model.add(new Speaker());
  return model.build();
}
