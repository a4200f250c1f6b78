/** What the device has. */
import { command } from '../command';
import { FEATURE_PATHS, readCapabilities } from '../feature-reader';

export type { Capabilities } from '../feature-reader';

export const capabilities = {
  capabilities: command({
    title: 'Read what the device has',
    summary:
      'Asks the device which features it has, how many inputs and outputs, and which channels turn. Numbers may be the ceiling of the product line.',
    effect: 'read',
    params: {},
    isapi: readCapabilities,
    returns:
      'features by name: true, false, or null where only trying tells; deviceType, videoInputs, ipChannels, alarmInputs, alarmOutputs, softInputs, talkChannels, ptzChannels.',
    paths: FEATURE_PATHS,
    source: ['ISAPI /ISAPI/System/capabilities', 'isapi.md §0.6, §2.1, §2.2, §4.2'],
  }),
} as const;
