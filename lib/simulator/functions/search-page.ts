/** One page of what a search found, as recorders answer it (isapi.md §2.8, §3.8). */
import { escapeXml, numberAt, textAt, type XmlElement } from '../../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer, type LineEnd } from '../answers';

/** @param write makes a `searchMatchItem` of one of them. */
export function searchPage<T>(
  wanted: XmlElement,
  found: readonly T[],
  most: { readonly usual: number; readonly atMost: number },
  lineEnd: LineEnd,
  write: (one: T) => string,
): DeviceAnswer {
  const position = Math.max(0, numberAt(wanted, 'searchResultPostion') ?? 0);
  const size = Math.min(most.atMost, Math.max(1, numberAt(wanted, 'maxResults') ?? most.usual));
  const page = found.slice(position, position + size);
  const word = page.length === 0 ? 'NO MATCHES' : position + page.length < found.length ? 'MORE' : 'OK';
  return xmlAnswer(
    `<CMSearchResult version="2.0" xmlns="${NAMESPACE}">
    <searchID>${escapeXml(textAt(wanted, 'searchID') ?? '')}</searchID>
    <responseStatus>true</responseStatus>
    <responseStatusStrg>${word}</responseStatusStrg>
    <numOfMatches>${page.length}</numOfMatches>
    <totalMatches>${found.length}</totalMatches>
    <matchList>\n${page.map(write).join('\n')}\n</matchList>
    </CMSearchResult>`,
    lineEnd,
  );
}
