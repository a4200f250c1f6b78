/** The device itself: who it is, how it is, its clock, network and users, a restart, and any request at all. */
import { backups } from './config/backup';
import { capabilities } from './config/capabilities';
import { clock } from './config/clock';
import { device } from './config/device';
import { firmware } from './config/firmware';
import { networkSettings } from './config/network';
import { ntp } from './config/ntp';
import { persons } from './config/persons';
import { plateList } from './config/plate-list';
import { anyRequest } from './config/raw';
import { timeZone } from './config/time-zone';
import { users } from './config/users';
import { work } from './config/work-state';

export const config = {
  ...device,
  ...work,
  ...firmware,
  ...capabilities,
  ...clock,
  ...timeZone,
  ...ntp,
  ...networkSettings,
  ...users,
  ...persons,
  ...plateList,
  ...backups,
  ...anyRequest,
} as const;
export type * from './config/capabilities';
export type * from './config/clock';
export type * from './config/device';
export type * from './config/firmware';
export type * from './config/network';
export type * from './config/ntp';
export type * from './config/raw';
export type * from './config/time-zone';
export type * from './config/users';
export type * from './config/work-state';
export type * from './config/persons';
export type * from './config/plate-list';
export type * from './config/backup';
