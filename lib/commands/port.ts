/**
 * The native binary face of a command, beside its ISAPI face: which frames it needs and what the answers mean. Pure like the
 * rest of the registry; the session has the socket.
 */
import type { PushMessage } from '../codec/alarm';
import type { CommandCodeName } from '../codec/command-codes';

/** What the device said of itself when we logged in. */
export interface PortDevice {
  readonly serial: string | null;
  /** Analog channels; 1 for a camera, 0 for a recorder of IP cameras. */
  readonly analogChannels: number;
  /** Number of the first analog channel, nearly always 1. */
  readonly firstChannel: number;
  /** Most IP channels; 0 for a camera. */
  readonly ipChannels: number;
  /** Number of the first IP channel. */
  readonly firstIpChannel: number;
}

export interface PortContext {
  readonly device: PortDevice;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** As in `CommandContext`. */
  readonly memory: Map<string, unknown>;
}

export interface PortRequest {
  readonly command: CommandCodeName;
  readonly body?: Uint8Array;
  /** Longest time to the answer, when other than `HEADERS_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

/** A frame to send, one that is answered by a list of pushes, or a time to wait, on the way to the result. */
export type PortStep = { readonly frame: PortRequest } | { readonly list: PortRequest } | { readonly waitMs: number };

/** What a step is answered with. */
export type PortAnswer = Buffer | readonly PushMessage[] | undefined;

/** As `Steps`, over the command port: a refusal comes back as a thrown error. */
export type PortSteps<R> = Generator<PortStep, R, PortAnswer>;

/** Sends one command. @returns the body of the answer. @throws what `retValError` makes of a refusal. */
export function* askPort(command: CommandCodeName, body?: Uint8Array): PortSteps<Buffer> {
  return (yield { frame: { command, ...(body === undefined ? {} : { body }) } }) as Buffer;
}

/** Sends one command that is answered by pushes until the list ends. @returns them, oldest first. */
export function* listPort(command: CommandCodeName, body: Uint8Array): PortSteps<readonly PushMessage[]> {
  return (yield { list: { command, body } }) as readonly PushMessage[];
}

export function* waitPort(waitMs: number): PortSteps<void> {
  yield { waitMs };
}

/** By what number the first IP channel goes with nearly all devices (hsp-wire.md §6). */
const USUAL_FIRST_IP_CHANNEL = 33;

/** Numbers that the first IP channel may have: after the usual one, the one that follows the analog channels. */
export function firstIpChannels({ analogChannels }: Pick<PortDevice, 'analogChannels'>): readonly number[] {
  return [...new Set([USUAL_FIRST_IP_CHANNEL, analogChannels + 1])];
}

/**
 * The same device with its IP channels numbered from another start, for when it says that it has no such channel.
 *
 * @param channel the one that was asked for; null when it was about all of them.
 * @returns null where there is no other start, or where the other number belongs to another channel as they are numbered now: an
 *   order must never go to a camera that nobody named.
 */
export function renumbered(device: PortDevice, channel: number | null): PortDevice | null {
  const { analogChannels, ipChannels, firstIpChannel } = device;
  if (ipChannels === 0) return null;
  const starts = firstIpChannels(device);
  const other = starts[starts.indexOf(firstIpChannel) + 1];
  if (other === undefined) return null;
  const next = { ...device, firstIpChannel: other };
  if (channel === null) return next;
  if (channel <= analogChannels || channel > analogChannels + ipChannels) return null;
  const number = deviceChannelOf(channel, next);
  return number >= firstIpChannel && number < firstIpChannel + ipChannels ? null : next;
}

/** The number by which the device counts a channel that people count from 1: IP channels follow the analog ones. */
export function deviceChannelOf(channel: number, device: PortDevice): number {
  const { analogChannels, firstChannel, ipChannels, firstIpChannel } = device;
  if (ipChannels === 0 || channel <= analogChannels) return channel + Math.max(1, firstChannel) - 1;
  return firstIpChannel + channel - analogChannels - 1;
}

/** The channel as people count it, from the number that the device uses. */
export function channelOf(number: number, device: PortDevice): number {
  const { analogChannels, firstChannel, ipChannels, firstIpChannel } = device;
  if (ipChannels > 0 && number >= firstIpChannel) return analogChannels + number - firstIpChannel + 1;
  return Math.max(1, number - Math.max(1, firstChannel) + 1);
}

/** All channels as people count them. */
export function channelsOf(device: PortDevice): number[] {
  return Array.from({ length: device.analogChannels + device.ipChannels }, (_, index) => index + 1);
}
