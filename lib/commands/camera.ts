/** What one camera does: pictures, pan, tilt and zoom, temperatures, counts of people. */
import { counting } from './camera/counting';
import { picture } from './camera/picture';
import { ptzCommands } from './camera/ptz';
import { temperatureCommands } from './camera/temperatures';

export const camera = { ...picture, ...ptzCommands, ...temperatureCommands, ...counting } as const;
export type * from './camera/counting';
export type * from './camera/picture';
export type * from './camera/ptz';
export type * from './camera/temperatures';
