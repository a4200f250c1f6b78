/** A door station with a bell and a lock. */
import type { SimulatedDevice } from '../device';
import { AccessLog } from '../functions/access-log';
import { Doors } from '../functions/doors';
import { Intercom } from '../functions/intercom';
import { Model, videoInputPath } from './model';

export function doorStation(): SimulatedDevice {
  const model = new Model('doorstation', 'doorstation', {
    name: 'Simulated door station',
    model: 'SIM-DOOR-1',
    serial: 'SIM-DOOR-120240101RRSIM000003',
    mac: '02:00:00:51:4d:03',
  });
  model.deviceInfo('ACS', 'V2.2.56', 'build 231013');
  model.capabilities({
    videoInputs: 1,
    inputProxies: 0,
    alarmInputs: 2,
    alarmOutputs: 1,
    ptz: false,
    ports: { outputUse: 'electricLock', outputName: 'Lock' },
  });
  model.videoInputs([{ channel: 1, name: 'Front door' }]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.streams([
    { id: 101, name: 'Front door', codec: 'H.264', width: 1_920, height: 1_080, kbps: 2_048, frames: 2_500 },
    { id: 102, name: 'Front door', codec: 'H.264', width: 640, height: 480, kbps: 512, frames: 1_500 },
  ]);
  model.motionDetection(videoInputPath(1), '');
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: ['center'] },
    { id: 'IO-1', type: 'IO', port: 1, actions: ['center'] },
  ]);
  const log = new AccessLog();
  model.add(log, new Doors(1, log), new Intercom(log));
  model.watching([
    { name: 'motion', channel: 1 },
    { name: 'tamper', channel: 1 },
    { name: 'alarmInput', channel: 1 },
  ]);
  return model.build();
}
