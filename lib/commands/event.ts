/** Events as settings: what a device looks for, and whom it tells. */
import { barrier } from './event/barrier';
import { detections } from './event/detections';
import { doors } from './event/doors';
import { inputs } from './event/inputs';
import { intercom } from './event/intercom';
import { motion } from './event/motion';
import { outputs } from './event/outputs';
import { panel } from './event/panel';
import { pushHosts } from './event/push-hosts';
import { rules } from './event/rules';
import { schedules } from './event/schedules';
import { sounds } from './event/sounds';
import { triggers } from './event/triggers';

export const event = {
  ...triggers,
  ...motion,
  ...doors,
  ...intercom,
  ...barrier,
  ...panel,
  ...sounds,
  ...rules,
  ...detections,
  ...schedules,
  ...inputs,
  ...outputs,
  ...pushHosts,
} as const;
export type * from './event/barrier';
export type * from './event/doors';
export type * from './event/intercom';
export type * from './event/motion';
export type * from './event/triggers';
export type * from './event/panel';
export type * from './event/sounds';
export type * from './event/detections';
export type * from './event/inputs';
export type * from './event/outputs';
export type * from './event/push-hosts';
export type * from './event/rules';
export type * from './event/schedules';
