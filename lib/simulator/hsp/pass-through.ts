/** ISAPI inside frames, the device side of command 0x117000 (hsp-wire.md §6). */
import { u32At } from '../../codec/bytes';
import type { DeviceAnswer } from '../answers';
import type { DeviceRequest } from '../device';
import { STATUS } from './status';

const LENGTH_AT = 8;
const LINE_LENGTH_AT = 12;
const MARK_AT = 16;
const MARK = 0x0100_0000;
const LINE_AT = 20;
/** The length word counts itself, the length of the line and the mark. */
const COUNTED_HEAD_BYTES = 12;
const MAX_LINE_BYTES = 8_192;

/** What stands before a document in a reply. Firmware does either. */
export type DocumentPadding = 'none' | 'nuls' | 'binary';

const PADDINGS: Readonly<Record<DocumentPadding, Buffer>> = {
  none: Buffer.alloc(0),
  nuls: Buffer.alloc(12),
  binary: Buffer.from('0000000c00000010000002580100000000000000', 'hex'),
};

/** The request in a body; null when the body is not what the table says, to the byte. */
export function passedRequest(body: Buffer): DeviceRequest | null {
  if (body.length < LINE_AT || u32At(body, 0) !== 0 || u32At(body, 4) !== 0) return null;
  const lineLength = u32At(body, LINE_LENGTH_AT);
  if (u32At(body, LENGTH_AT) !== body.length - LENGTH_AT || u32At(body, MARK_AT) !== MARK) return null;
  if (lineLength > body.length - LENGTH_AT - COUNTED_HEAD_BYTES || lineLength > MAX_LINE_BYTES) return null;
  const line = body.toString('utf8', LINE_AT, LINE_AT + lineLength);
  const [, method, target] = /^(GET|PUT|POST|DELETE) (\/[^\s]*)\r\n$/.exec(line) ?? [];
  if (method === undefined || target === undefined) return null;
  return requestOf(method, target, Buffer.from(body.subarray(LINE_AT + lineLength)));
}

export function requestOf(method: string, target: string, body: Buffer = Buffer.alloc(0)): DeviceRequest {
  const mark = target.indexOf('?');
  return {
    method,
    target,
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    body,
  };
}

/**
 * A document travels with status 1, a refusal in the device's words too: there is no room for an HTTP status. A page of the web
 * server and an empty refusal are only a status.
 */
export function passedAnswer(
  answer: DeviceAnswer,
  padding: DocumentPadding,
): { readonly status: number; readonly body?: Buffer } {
  const isDocument = answer.body.length > 0 && !/^text\/html/i.test(answer.contentType ?? '');
  if (!isDocument) return { status: statusOf(answer) };
  return { status: STATUS.ok, body: Buffer.concat([PADDINGS[padding], answer.body]) };
}

/** What an answer of the text face means here. */
export function statusOf(answer: DeviceAnswer): number {
  if (answer.status >= 200 && answer.status < 300) return STATUS.ok;
  switch (answer.status) {
    case 400:
      return STATUS.badData;
    case 401:
      return STATUS.noPermission;
    case 403:
      return /invalidOperation|IDNotexist|lowPrivilege/i.test(answer.body.toString('latin1'))
        ? STATUS.failed
        : STATUS.notSupported;
    case 404:
    case 405:
    case 501:
      return STATUS.notSupported;
    case 503:
      return STATUS.noResource;
    default:
      return STATUS.failed;
  }
}
