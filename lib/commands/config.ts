/** The device itself: who it is, how it is, its clock, a restart, and any request at all. */
import { backups } from './config/backup';
import { clock } from './config/clock';
import { device } from './config/device';
import { anyRequest } from './config/raw';

export const config = { ...device, ...clock, ...anyRequest, ...backups } as const;
export type * from './config/backup';
export type * from './config/clock';
export type * from './config/device';
export type * from './config/raw';
