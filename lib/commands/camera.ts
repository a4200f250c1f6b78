/** What one camera does: pictures, pan, tilt and zoom. */
import { picture } from './camera/picture';
import { ptzCommands } from './camera/ptz';

export const camera = { ...picture, ...ptzCommands } as const;
export type * from './camera/picture';
export type * from './camera/ptz';
