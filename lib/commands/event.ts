/** Events as settings: what a device looks for, and whom it tells. */
import { motion } from './event/motion';
import { triggers } from './event/triggers';

export const event = { ...triggers, ...motion } as const;
export type * from './event/motion';
export type * from './event/triggers';
