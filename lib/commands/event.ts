/** Events as settings: what a device looks for, when, and whom it tells; its alarm inputs and outputs. */
import { detections } from './event/detections';
import { inputs } from './event/inputs';
import { motion } from './event/motion';
import { outputs } from './event/outputs';
import { pushHosts } from './event/push-hosts';
import { rules } from './event/rules';
import { schedules } from './event/schedules';
import { triggers } from './event/triggers';

export const event = {
  ...triggers,
  ...motion,
  ...rules,
  ...detections,
  ...schedules,
  ...inputs,
  ...outputs,
  ...pushHosts,
} as const;
export type * from './event/detections';
export type * from './event/inputs';
export type * from './event/motion';
export type * from './event/outputs';
export type * from './event/push-hosts';
export type * from './event/rules';
export type * from './event/schedules';
export type * from './event/triggers';
