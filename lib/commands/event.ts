/** Events as settings: what a device looks for, and whom it tells. */
import { motion } from './event/motion';
import { panel } from './event/panel';
import { sounds } from './event/sounds';
import { triggers } from './event/triggers';

export const event = { ...triggers, ...motion, ...panel, ...sounds } as const;
export type * from './event/motion';
export type * from './event/panel';
export type * from './event/sounds';
export type * from './event/triggers';
