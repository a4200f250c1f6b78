/** Video streams: what there is, where to fetch it, key frames. */
import { addresses } from './stream/addresses';
import { keyFrame } from './stream/key-frame';
import { streams } from './stream/streams';

export const stream = { ...streams, ...addresses, ...keyFrame } as const;
export type * from './stream/streams';
export type * from './stream/addresses';
export type * from './stream/key-frame';
