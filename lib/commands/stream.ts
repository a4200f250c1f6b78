/** Video streams: what there is, their settings, where to fetch them, key frames, viewers. */
import { addresses } from './stream/addresses';
import { keyFrame } from './stream/key-frame';
import { streamSettings } from './stream/settings';
import { streams } from './stream/streams';
import { viewers } from './stream/viewers';

export const stream = { ...streams, ...streamSettings, ...addresses, ...keyFrame, ...viewers } as const;
export type * from './stream/streams';
export type * from './stream/settings';
export type * from './stream/addresses';
export type * from './stream/key-frame';
export type * from './stream/viewers';
