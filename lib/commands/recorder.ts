/** What a recorder has: channels and disks. Cameras answer as well, with their own lenses and card. */
import { accessEvents } from './recorder/access-events';
import { channelList } from './recorder/channel-list';
import { plates } from './recorder/plates';
import { storage } from './recorder/storage';

export const recorder = { ...channelList, ...storage, ...accessEvents, ...plates } as const;
export type * from './recorder/access-events';
export type * from './recorder/channel-list';
export type * from './recorder/plates';
export type * from './recorder/storage';
