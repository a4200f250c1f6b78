/** What one camera does: pictures and their settings, pan, tilt and zoom, light and siren, temperatures, counts of people. */
import { audio } from './camera/audio';
import { auxiliary } from './camera/auxiliary';
import { channelName } from './camera/channel-name';
import { counting } from './camera/counting';
import { dayNight } from './camera/day-night';
import { image } from './camera/image';
import { lens } from './camera/lens';
import { light } from './camera/light';
import { movement } from './camera/movement';
import { overlays } from './camera/overlays';
import { patrols } from './camera/patrols';
import { picture } from './camera/picture';
import { position } from './camera/position';
import { presets } from './camera/presets';
import { privacy } from './camera/privacy';
import { ptzAbilities } from './camera/ptz-capabilities';
import { siren } from './camera/siren';
import { temperatureCommands } from './camera/temperatures';

export const camera = {
  ...picture,
  ...movement,
  ...position,
  ...presets,
  ...patrols,
  ...lens,
  ...auxiliary,
  ...ptzAbilities,
  ...light,
  ...siren,
  ...dayNight,
  ...image,
  ...overlays,
  ...channelName,
  ...privacy,
  ...temperatureCommands,
  ...counting,
  ...audio,
} as const;
export type * from './camera/auxiliary';
export type * from './camera/channel-name';
export type * from './camera/day-night';
export type * from './camera/image';
export type * from './camera/lens';
export type * from './camera/light';
export type * from './camera/movement';
export type * from './camera/overlays';
export type * from './camera/patrols';
export type * from './camera/picture';
export type * from './camera/places';
export type * from './camera/position';
export type * from './camera/presets';
export type * from './camera/privacy';
export type * from './camera/ptz-capabilities';
export type * from './camera/siren';
export type * from './camera/counting';
export type * from './camera/temperatures';
export type * from './camera/audio';
