/** The device itself: who it is, how it is, its clock, a restart, and any request at all. */
import { capabilities } from './config/capabilities';
import { clock } from './config/clock';
import { device } from './config/device';
import { anyRequest } from './config/raw';

export const config = { ...device, ...capabilities, ...clock, ...anyRequest } as const;
export type * from './config/capabilities';
export type * from './config/clock';
export type * from './config/device';
export type * from './config/raw';
