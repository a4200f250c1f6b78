/** What a device is and has, asked once after each connection: what its topics say, and which states it may have. */
import type { Channel, DeviceInfo, Trigger } from '../commands/results';
import type { EventKind } from '../events/kinds';
import { isSpan, type StateKey } from '../mqtt/states';
import type { MqttMessage } from '../mqtt/topics';

/** Runs a command at the device. */
export type Ask = (command: string, args?: Record<string, unknown>) => Promise<unknown>;

export interface DescribedDevice {
  readonly slug: string;
  /** What the user calls it. */
  readonly name: string;
  /** What the user has only once. */
  readonly key: string;
  readonly info: DeviceInfo;
  /** What may be commanded. */
  readonly allowance: string;
}

export interface Description {
  /** For the topic `info`. */
  readonly info: Readonly<Record<string, unknown>>;
  /** States that the device may have; those that nothing is known about are off. */
  readonly states: readonly StateKey[];
  /** Retained messages that present it to Home Assistant, and that take away what it had before. */
  readonly discovery: readonly MqttMessage[];
}

export type Describe = (device: DescribedDevice, ask: Ask) => Promise<Description>;

/** Without discovery. A device that lacks something is described by the rest. */
export const describePlainly: Describe = async ({ name, info }, ask) => {
  const channels = await orElse(ask('recorder.listChannels') as Promise<readonly Channel[]>, []);
  const triggers = await orElse(ask('event.listTriggers') as Promise<readonly Trigger[]>, []);
  return {
    info: {
      name,
      model: info.model,
      firmware: info.firmware,
      deviceType: info.deviceType,
      channels: channels.map(({ channel, name: label, kind, online }) => ({ channel, name: label, kind, online })),
    },
    states: statesOf(triggers),
    discovery: [],
  };
};

/** Alarm inputs belong to no channel; everything else to the one that its trigger names. */
export function statesOf(triggers: readonly Trigger[]): StateKey[] {
  return triggers
    .map(({ kind, channel, port }) => ({ channel, kind: kind as EventKind, port: kind === 'alarmInput' ? port : null }))
    .filter(({ kind }) => kind !== 'unknown' && kind !== 'other' && isSpan(kind));
}

async function orElse<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch {
    return otherwise;
  }
}
