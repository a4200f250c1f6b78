/** What each command of the registry needs so that a built-in device carries it out. */
import { Intercom } from '../../lib/simulator/functions/intercom';
import type { Simulator } from '../../lib/simulator';

/** What the example of the definition cannot know: people who are there, faults that stand. */
export const COMMAND_ARGUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'camera.captureAudio': { seconds: 0.1 },
  'event.armPanel': { bypassFaults: true },
  'config.setPerson': { person: '001', name: 'Person A' },
  'config.removePerson': { person: '001' },
  'config.addCard': { person: '001', card: '0099' },
  'config.removeCard': { card: '0012345678' },
  'config.removePlate': { plate: 'AB123' },
};

/** What can only be ended when it was begun. */
export const CALLS_BEFORE: Readonly<Record<string, readonly (readonly [string, Readonly<Record<string, unknown>>])[]>> =
  {
    'camera.stopPatrol': [['camera.startPatrol', { patrol: 1 }]],
    'event.stopSound': [['event.playSound', { sound: 1 }]],
  };

/** Commands about a call need one. */
export function ringBefore(name: string, device: Simulator): void {
  if (!/Call$|stopRinging/.test(name)) return;
  device.device.part(Intercom)?.ring(device.device);
  if (name === 'event.hangUpCall') device.device.part(Intercom)?.signal(device.device, 'answer');
}
