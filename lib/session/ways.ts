/** The ways by which events can come, and which of them are taken for a device. */
import { IS_CAMERA, IS_PANEL, IS_RECORDER, IS_TERMINAL } from '../commands/feature-reader';

/**
 * - `stream`: the alertStream.
 * - `subscribe`: the same with only the wanted kinds, where the device has subscribeEvent.
 * - `alarmChannel`: the alarm channel of the command port.
 * - `push`: the device calls our listener.
 * - `poll`: asking for calls, access, plates, the state of an alarm panel.
 */
export const EVENT_WAYS = ['stream', 'subscribe', 'alarmChannel', 'push', 'poll'] as const;

export type EventWay = (typeof EVENT_WAYS)[number];

/** `auto`: the best line that the device has, pushes where there is a listener, polls where nothing better tells the same. */
export type WaysWish = 'auto' | readonly EventWay[];

/** Things to ask a device for. */
const POLL_NAMES = ['calls', 'access', 'plates', 'panel'] as const;

export type PollName = (typeof POLL_NAMES)[number];

export class Ways {
  private readonly chosen: ReadonlySet<EventWay> | null;

  constructor(wish: WaysWish = 'auto') {
    this.chosen = wish === 'auto' ? null : new Set(wish);
  }

  get isAuto(): boolean {
    return this.chosen === null;
  }

  allows(way: EventWay): boolean {
    return this.chosen === null || this.chosen.has(way);
  }

  /** Is a line of the device among them? */
  get hasLine(): boolean {
    return this.allows('stream') || this.allows('subscribe') || this.allows('alarmChannel');
  }

  /**
   * What a device of this class is asked for. What it has not it says once.
   *
   * @param deviceType the device's own word.
   */
  polls(deviceType: string | null): readonly PollName[] {
    if (!this.allows('poll')) return [];
    const type = deviceType ?? '';
    if (IS_PANEL.test(type)) return ['panel'];
    if (IS_RECORDER.test(type)) return this.isAuto ? [] : ['calls', 'access', 'plates'];
    // Door stations often call themselves cameras.
    if (IS_CAMERA.test(type)) return ['calls', 'access', 'plates'];
    return IS_TERMINAL.test(type) ? ['calls', 'access'] : POLL_NAMES;
  }

  /**
   * Must it be asked for, as things stand? Rings are missing from many streams, and open windows from those of panels.
   *
   * @param line of the device: `refused` also where none is wished.
   */
  needs(poll: PollName, deviceType: string | null, line: LineState): boolean {
    if (!this.isAuto || poll === 'calls') return true;
    if (poll === 'panel' && IS_PANEL.test(deviceType ?? '')) return true;
    return line === 'refused';
  }
}

/** The line on which a device tells its events by itself: not known yet, or lost; open; or refused. */
export type LineState = 'none' | 'open' | 'refused';
