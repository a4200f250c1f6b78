/** A whole picture in the stream, now. */
import { encode } from '../../codec/layout';
import { channelRequest } from '../../codec/structs';
import { ask, command, type Steps } from '../command';
import { channelParam, streamIdOf, streamParam, type StreamName } from '../channels';
import { askPort, deviceChannelOf, type PortContext, type PortSteps } from '../port';
import type { KeyFrameRequest } from '../results';

/** Only the main and the sub stream have a command. */
function nativeKeyFrame(
  { channel, stream: name }: { channel: number; stream: StreamName },
  context: PortContext,
): PortSteps<KeyFrameRequest> | null {
  return name === 'third' ? null : forceKeyFrame(channel, name, context);
}

function* forceKeyFrame(channel: number, name: 'main' | 'sub', context: PortContext): PortSteps<KeyFrameRequest> {
  const body = encode(channelRequest, { channel: deviceChannelOf(channel, context.device) });
  yield* askPort(name === 'main' ? 'keyFrameMain' : 'keyFrameSub', body);
  return { channel, streamId: streamIdOf(channel, name) };
}

export const keyFrame = {
  requestKeyFrame: command({
    title: 'Request a key frame',
    summary: 'Asks for a whole picture in the stream now, so that a player that joins has something to show.',
    effect: 'act',
    params: { channel: channelParam, stream: streamParam },
    *isapi({ channel, stream: name }): Steps<KeyFrameRequest> {
      const streamId = streamIdOf(channel, name);
      yield* ask({ method: 'PUT', path: `/ISAPI/Streaming/channels/${streamId}/requestKeyFrame` });
      return { channel, streamId };
    },
    commandPort: nativeKeyFrame,
    returns: 'The channel and the number of the stream.',
    paths: ['/ISAPI/Streaming/channels/{streamId}/requestKeyFrame'],
    source: ['ISAPI /ISAPI/Streaming/channels/<ID>/requestKeyFrame', 'isapi.md §3.2'],
  }),
} as const;
