/** A camera at a gate that reads number plates and moves a barrier. */
import { NAMESPACE } from '../answers';
import type { SimulatedDevice } from '../device';
import { PlateGate } from '../functions/plates';
import { Model } from './model';

export function anpr(): SimulatedDevice {
  const model = new Model('anpr', 'camera', {
    name: 'Simulated gate camera',
    model: 'SIM-ANPR-1',
    serial: 'SIM-ANPR-120240101AAWRSIM000005',
    mac: '02:00:00:51:4d:05',
  });
  model.deviceInfo('IPCamera', 'V5.4.5', 'build 240429');
  model.capabilities({ videoInputs: 1, inputProxies: 0, alarmInputs: 1, alarmOutputs: 1, ptz: false });
  model.videoInputs([{ channel: 1, name: 'Entrance' }]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.streams([
    { id: 101, name: 'Entrance', codec: 'H.264', width: 2_560, height: 1_440, kbps: 4_096, frames: 2_500 },
    { id: 102, name: 'Entrance', codec: 'H.264', width: 640, height: 360, kbps: 512, frames: 1_250 },
  ]);
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: [] },
    { id: 'vehicledetection-1', type: 'vehicledetection', channel: 1, actions: ['center'] },
  ]);
  model.xml(
    '/ISAPI/Traffic/channels/1/basic',
    `<Basic version="2.0" xmlns="${NAMESPACE}">
    <country>5</country>
    </Basic>`,
  );
  const gate = new PlateGate();
  model.add(gate);
  for (const { path, content } of gate.documents()) model.xml(path, content);
  return model.build();
}
