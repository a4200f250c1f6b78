/** Events as settings: what a device looks for, and whom it tells. */
import { barrier } from './event/barrier';
import { doors } from './event/doors';
import { intercom } from './event/intercom';
import { motion } from './event/motion';
import { panel } from './event/panel';
import { sounds } from './event/sounds';
import { triggers } from './event/triggers';

export const event = { ...triggers, ...motion, ...doors, ...intercom, ...barrier, ...panel, ...sounds } as const;
export type * from './event/barrier';
export type * from './event/doors';
export type * from './event/intercom';
export type * from './event/motion';
export type * from './event/triggers';
export type * from './event/panel';
export type * from './event/sounds';
