/**
 * ISAPI through the command port: the same requests and answers as over HTTP, so every command of the registry works where HTTP
 * is closed. The HTTP status and the content type do not travel; the document says what they would have been.
 */
import { responseStatusOf, type IsapiAnswer, type IsapiRequest } from '../codec/isapi';
import { isRefusal, retValError } from '../codec/message';
import { encodePassThrough, passThroughDocument } from '../codec/pass-through';
import { sniff } from '../codec/text';
import type { Clock } from '../clock';
import { ProtocolError } from '../errors';
import { PASS_THROUGH_PADDING_BYTES } from '../settings';
import type { CommandSession } from './command-session';
import type { SendOptions } from './link';

export class CommandPortCarrier {
  constructor(
    private readonly session: CommandSession,
    private readonly clock: Clock,
  ) {}

  get place(): string {
    return this.session.place;
  }

  async send(request: IsapiRequest, options: SendOptions): Promise<IsapiAnswer> {
    const { method, path, body: document, timeoutMs } = request;
    const operation = `${method} ${path.split('?')[0] as string}`;
    const answer = await this.session.answer(
      'isapi',
      encodePassThrough({ method, path, ...(document === undefined ? {} : { document }) }),
      {
        operation,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      },
    );
    // The reply shares memory with what the socket gave; what goes up may be kept.
    const body = contentOf(answer.body);
    if (isRefusal(answer.retVal)) {
      const told = answerOf(method, body);
      if (isStatus(told)) return told;
      throw retValError(answer.retVal, { device: this.place, operation }, this.clock.now());
    }
    return answerOf(method, body);
  }
}

/** A picture begins with a mark that no text can hold; a `<` may stand anywhere in it. What stands before is padding. */
function contentOf(body: Buffer): Buffer {
  const pictureAt = body.subarray(0, PASS_THROUGH_PADDING_BYTES).indexOf(JPEG_MARK);
  if (pictureAt >= 0) return body.subarray(pictureAt);
  return passThroughDocument(body);
}

const JPEG_MARK = Buffer.from([0xff, 0xd8, 0xff]);

function answerOf(method: IsapiRequest['method'], body: Buffer): IsapiAnswer {
  switch (sniff(body)) {
    case 'xml':
      // Web servers of devices answer with a page where there is no such path.
      if (/^\s*(?:<!doctype html|<html)/i.test(body.subarray(0, 256).toString('latin1')))
        return { status: 404, contentType: 'text/html', body };
      return { status: 200, contentType: 'application/xml; charset="UTF-8"', body };
    case 'json':
      return { status: 200, contentType: 'application/json; charset="UTF-8"', body };
    case 'jpeg':
      return { status: 200, contentType: 'image/jpeg', body };
    case 'empty':
      // Whoever reads something that is not there gets nothing at all; a change may well be answered so.
      return { status: method === 'GET' ? 404 : 200, contentType: null, body };
    case 'binary':
      return { status: 200, contentType: null, body };
  }
}

function isStatus(answer: IsapiAnswer): boolean {
  try {
    return responseStatusOf(answer) !== null;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
