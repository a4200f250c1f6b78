/** Who watches. */
import { all, numberAt, textAt } from '../../codec/xml';
import { command, type Steps } from '../command';
import { getNamed } from '../documents';

export interface Viewer {
  readonly address: string | null;
  readonly user: string | null;
  readonly streamId: number | null;
}

const STATUS_PATH = '/ISAPI/Streaming/status';

export const viewers = {
  listViewers: command({
    title: 'List viewers',
    summary: 'Who fetches streams from the device at this moment, where the device tells.',
    effect: 'read',
    needs: 'video',
    params: {},
    *isapi(): Steps<readonly Viewer[]> {
      const list = yield* getNamed(STATUS_PATH, 'StreamingSessionStatusList');
      return all(list, 'StreamingSessionStatus').map((item) => ({
        address: textAt(item, 'clientAddress/ipAddress') ?? textAt(item, 'clientAddress/ipv6Address'),
        user: textAt(item, 'clientUserName'),
        streamId: numberAt(item, 'streamingChannelID'),
      }));
    },
    returns: 'The viewers: address, user, streamId; null for what the device does not say.',
    paths: [STATUS_PATH],
    source: ['ISAPI /ISAPI/Streaming/status', 'isapi.md §2.3'],
  }),
} as const;
