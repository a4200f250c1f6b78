/** Channel and stream numbers, and how they stand to each other (isapi.md §3.1). */
import type { IntegerParam } from './command';

export const channelParam = {
  kind: 'integer',
  title: 'Channel',
  description: 'As people count it: input D1 of a recorder is 1.',
  min: 1,
  max: 512,
  default: 1,
  names: 'channels',
} as const satisfies IntegerParam;

export const STREAM_NUMBERS = { main: 1, sub: 2, third: 3 } as const;

export type StreamName = keyof typeof STREAM_NUMBERS;

/** 101 is the main stream of channel 1, 102 its sub stream. */
export function streamIdOf(channel: number, stream: StreamName): number {
  return channel * 100 + STREAM_NUMBERS[stream];
}

/** A number that can be a channel: whole, and counted from 1. */
export function isChannel(number: number | null): number is number {
  return number !== null && Number.isInteger(number) && number >= 1;
}

export const streamParam = {
  kind: 'choice',
  title: 'Stream',
  choices: Object.keys(STREAM_NUMBERS) as StreamName[],
  default: 'main',
} as const;
