/** Any request at all. */
import { parseJson } from '../../codec/json';
import { decodeText, sniff, withoutNuls } from '../../codec/text';
import { parseXml, toPlain } from '../../codec/xml';
import { ArgumentError, ProtocolError } from '../../errors';
import { ask, command, type IsapiAnswer, type IsapiRequest, type Steps } from '../command';
import type { RawAnswer } from '../results';

type RawMethod = IsapiRequest['method'];

const RAW_METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const satisfies readonly RawMethod[];

/** Printable ASCII below one of the three roots, without `.` and `..` segments (also written as `%2e`), `\` and `#`. */
const RAW_PATH = /^\/(?:ISAPI|SDK|PSIA)(?![^?]*\/(?:\.|%2[eE]){1,2}(?:[/?]|$))\/[!$-[\]-~]*$/;

function* raw(args: { method: RawMethod; path: string; body: unknown }): Steps<RawAnswer> {
  const { method, path, body } = args;
  if (method === 'GET' && body !== undefined) {
    throw new ArgumentError([{ parameter: 'body', given: body, expected: 'nothing with GET' }]);
  }
  const answer = yield* ask({ method, path, ...rawBody(body) });
  return { status: answer.status, contentType: answer.contentType, body: rawAnswer(answer) };
}

function rawBody(body: unknown): Pick<IsapiRequest, 'body' | 'contentType'> {
  if (body === undefined) return {};
  if (Buffer.isBuffer(body)) return { body, contentType: 'application/octet-stream' };
  if (typeof body !== 'string') return { body: JSON.stringify(body), contentType: 'application/json' };
  switch (/\S/.exec(body)?.[0]) {
    case '<':
      return { body, contentType: 'application/xml; charset="UTF-8"' };
    case '{':
    case '[':
      return { body, contentType: 'application/json' };
    default:
      // The leaves of System/time take plain text.
      return { body, contentType: 'text/plain' };
  }
}

function rawAnswer(answer: IsapiAnswer): unknown {
  const { body } = answer;
  switch (sniff(body)) {
    case 'empty':
      return null;
    case 'xml':
      return rawXml(body);
    case 'json':
      return rawJson(body);
    case 'jpeg':
      return body;
    case 'binary':
      return answer.contentType?.toLowerCase().startsWith('text/') === true ? decodeText(body) : body;
  }
}

function rawXml(body: Buffer): unknown {
  try {
    const document = parseXml(body);
    return document.name.toLowerCase() === 'html' ? decodeText(body) : { [document.name]: toPlain(document) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // Web pages and broken documents: whoever asks for a raw answer can read the text.
    return decodeText(body);
  }
}

function rawJson(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // Not JSON after all, or nested beyond all bounds; the text is what there is.
    return withoutNuls(decodeText(body));
  }
}

export const anyRequest = {
  raw: command({
    title: 'Send any request',
    summary: 'Sends any ISAPI request. GET only reads; every other method can change or erase anything.',
    effect: 'danger',
    effectOf: ({ method }) => (method === 'GET' ? 'read' : 'danger'),
    example: { path: '/ISAPI/System/capabilities' },
    params: {
      method: { kind: 'choice', title: 'Method', choices: RAW_METHODS, default: 'GET' },
      path: {
        kind: 'text',
        title: 'Path',
        description: 'From /ISAPI/, with the query; blanks as %20.',
        maxLength: 2_000,
        pattern: {
          expression: RAW_PATH,
          meaning: 'a path that starts with /ISAPI/, /SDK/ or /PSIA/, without blanks, line breaks and .. segments',
        },
      },
      body: {
        kind: 'json',
        title: 'Body',
        description: 'A text is sent as XML or JSON by its first character, an object as JSON, a Buffer as it is.',
        optional: true,
      },
    },
    isapi: raw,
    returns: 'status, contentType, and the body: XML and JSON as an object, text as text, anything else as a Buffer.',
    paths: ['{path}'],
    source: ['isapi.md §0.1'],
  }),
} as const;
