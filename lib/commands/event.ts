/** Events as settings: what a device looks for, and whom it tells. */
import { barrier } from './event/barrier';
import { doors } from './event/doors';
import { intercom } from './event/intercom';
import { motion } from './event/motion';
import { triggers } from './event/triggers';

export const event = { ...triggers, ...motion, ...doors, ...intercom, ...barrier } as const;
export type * from './event/barrier';
export type * from './event/doors';
export type * from './event/intercom';
export type * from './event/motion';
export type * from './event/triggers';
