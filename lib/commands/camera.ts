/** What one camera does: pictures, pan, tilt and zoom. */
import { audio } from './camera/audio';
import { picture } from './camera/picture';
import { ptzCommands } from './camera/ptz';

export const camera = { ...picture, ...ptzCommands, ...audio } as const;
export type * from './camera/audio';
export type * from './camera/picture';
export type * from './camera/ptz';
