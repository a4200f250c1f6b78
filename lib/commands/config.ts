/** The device itself: who it is, how it is, its clock, a restart, and any request at all. */
import { clock } from './config/clock';
import { device } from './config/device';
import { persons } from './config/persons';
import { plateList } from './config/plate-list';
import { anyRequest } from './config/raw';

export const config = { ...device, ...clock, ...anyRequest, ...persons, ...plateList } as const;
export type * from './config/clock';
export type * from './config/device';
export type * from './config/persons';
export type * from './config/plate-list';
export type * from './config/raw';
