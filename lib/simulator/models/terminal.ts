/** An access terminal with a camera and two doors. */
import { NAMESPACE } from '../answers';
import type { SimulatedDevice } from '../device';
import { AccessLog } from '../functions/access-log';
import { Doors } from '../functions/doors';
import { Persons } from '../functions/persons';
import { Model } from './model';

export function terminal(): SimulatedDevice {
  const model = new Model('terminal', 'doorstation', {
    name: 'Simulated terminal',
    model: 'SIM-ACS-2',
    serial: 'SIM-ACS-220240101RRSIM000004',
    mac: '02:00:00:51:4d:04',
  });
  model.deviceInfo('ACS', 'V3.2.30', 'build 220210');
  model.capabilities({ videoInputs: 1, inputProxies: 0, alarmInputs: 1, alarmOutputs: 0, ptz: false });
  model.videoInputs([{ channel: 1, name: 'Lobby' }]);
  model.refuse('/ISAPI/ContentMgmt/InputProxy/channels');
  model.streams([{ id: 101, name: 'Lobby', codec: 'H.264', width: 1_280, height: 720, kbps: 1_024, frames: 2_500 }]);
  model.triggers([
    { id: 'VMD-1', type: 'VMD', channel: 1, actions: ['center'] },
    { id: 'IO-1', type: 'IO', port: 1, actions: ['center'] },
  ]);
  model.xml(
    '/ISAPI/AccessControl/capabilities',
    `<AccessControl version="2.0" xmlns="${NAMESPACE}">
    <isSupportRemoteControlDoor>true</isSupportRemoteControlDoor>
    <isSupportAcsWorkStatus>true</isSupportAcsWorkStatus>
    <isSupportAcsEvent>true</isSupportAcsEvent>
    <isSupportUserInfo>true</isSupportUserInfo>
    <isSupportCardInfo>true</isSupportCardInfo>
    </AccessControl>`,
  );
  const log = new AccessLog();
  model.add(log, new Doors(2, log), new Persons());
  // A second listener is refused, as on real terminals (isapi.md §0.6).
  model.maxStreams = 1;
  return model.build();
}
