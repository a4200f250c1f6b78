/** Events as settings: what a device looks for, and whom it tells. */
import { motion } from './event/motion';
import { panel } from './event/panel';
import { triggers } from './event/triggers';

export const event = { ...triggers, ...motion, ...panel } as const;
export type * from './event/motion';
export type * from './event/panel';
export type * from './event/triggers';
