/** What a recorder has: channels and disks. Cameras answer as well, with their own lenses and card. */
import { channelList } from './recorder/channel-list';
import { storage } from './recorder/storage';

export const recorder = { ...channelList, ...storage } as const;
export type * from './recorder/channel-list';
export type * from './recorder/storage';
