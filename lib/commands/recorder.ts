/** What a recorder has: channels and disks. Cameras answer as well, with their own lenses and card. */
import { accessEvents } from './recorder/access-events';
import { channelList } from './recorder/channel-list';
import { log } from './recorder/log';
import { plates } from './recorder/plates';
import { playback } from './recorder/playback';
import { recording } from './recorder/recording';
import { search } from './recorder/search';
import { storage } from './recorder/storage';

export const recorder = {
  ...channelList,
  ...storage,
  ...accessEvents,
  ...plates,
  ...recording,
  ...search,
  ...playback,
  ...log,
} as const;
export type * from './recorder/access-events';
export type * from './recorder/channel-list';
export type * from './recorder/plates';
export type * from './recorder/storage';
export type * from './recorder/recording';
export type * from './recorder/search';
export type * from './recorder/playback';
export type * from './recorder/log';
