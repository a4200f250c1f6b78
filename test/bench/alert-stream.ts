/**
 * `alertStream.read`: from bytes to understood events, ours against Dicer + fast-xml-parser on the same captured stream, in one
 * process, cut into the 1,460 bytes of a TCP segment; and against the Dicer that lives on in @fastify/busboy. The floor is what the
 * machine does with the same bytes when it only looks for the end of each document.
 */
import BusboyDicer from '@fastify/busboy/deps/dicer/lib/Dicer';
import Dicer from 'dicer';
import { XMLParser } from 'fast-xml-parser';
import { MultipartReader } from '../../lib/codec/multipart';
import { Classifier } from '../../lib/events/classify';
import { inTurn, type Figure } from './figure';

const SEGMENT_BYTES = 1_460;

/** @param capture the bytes of an alertStream. @param name of the capture, for the table. */
export async function alertStreamRead(capture: Buffer, name: string, rounds: number): Promise<Figure[]> {
  const segments: Buffer[] = [];
  for (let at = 0; at < capture.length; at += SEGMENT_BYTES) segments.push(capture.subarray(at, at + SEGMENT_BYTES));

  const readers = {
    ours: () => readWithOurs(segments),
    dicer: () => readWithPeer(new Dicer({ boundary: 'boundary' }), segments),
    busboy: () => readWithPeer(new BusboyDicer({ boundary: 'boundary' }), segments),
    floor: () => readWithFloor(segments),
  };
  const parts: Record<string, number> = {};
  for (const [reader, read] of Object.entries(readers)) parts[reader] = await read();
  // The same job: the same documents, understood.
  if (new Set(Object.values(parts)).size !== 1) throw new Error(`not the same work: ${JSON.stringify(parts)} parts`);

  const { ours, dicer, busboy, floor } = await inTurn(rounds, readers);
  const figure = {
    about: `${name}, to understood events`,
    unit: 'parts/s',
    ours,
    floor,
    floorName: 'Buffer.indexOf over the same bytes',
  };
  return [
    { ...figure, name: 'alertStream.read', peer: dicer, peerName: 'dicer + fast-xml-parser', aimToPeer: 8 },
    {
      ...figure,
      name: 'alertStream.read.busboy',
      peer: busboy,
      peerName: "@fastify/busboy's Dicer + fast-xml-parser",
      aimToPeer: null,
    },
  ];
}

function readWithOurs(segments: readonly Buffer[]): number {
  const reader = new MultipartReader();
  const classifier = new Classifier();
  let parts = 0;
  let events = 0;
  const take = (found: ReturnType<MultipartReader['push']>) => {
    for (const part of found) {
      parts++;
      const classified = classifier.classify(part);
      if ('notice' in classified && !classified.notice.heartbeat) events++;
    }
  };
  for (const segment of segments) take(reader.push(segment));
  take(reader.finish());
  if (events === 0) throw new Error('no event was understood');
  return parts;
}

function readWithPeer(dicer: Dicer, segments: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const parser = new XMLParser({ ignoreAttributes: true, removeNSPrefix: true });
    let opened = 0;
    let parts = 0;
    let events = 0;
    let isFinished = false;
    const settle = () => {
      // Busboy's copy says that it has finished before its last part has.
      if (!isFinished || parts < opened) return;
      if (events === 0) reject(new Error('the peer understood no event'));
      else resolve(parts);
    };
    dicer.on('part', (part) => {
      opened++;
      const chunks: Buffer[] = [];
      part.on('data', (chunk: Buffer) => chunks.push(chunk));
      part.on('end', () => {
        parts++;
        const document = parser.parse(Buffer.concat(chunks).toString('utf8')) as PeerDocument;
        const alert = document.EventNotificationAlert;
        if (alert?.eventType !== undefined && !(alert.eventType === 'videoloss' && alert.eventState === 'inactive'))
          events++;
        settle();
      });
    });
    dicer.on('error', reject);
    dicer.on('finish', () => {
      isFinished = true;
      settle();
    });
    for (const segment of segments) dicer.write(segment);
    dicer.end('\r\n--boundary--\r\n');
  });
}

interface PeerDocument {
  EventNotificationAlert?: { eventType?: string; eventState?: string };
}

/** Looks for the closing tag of each document, and does nothing with it. */
function readWithFloor(segments: readonly Buffer[]): number {
  const tag = Buffer.from('</EventNotificationAlert>');
  let parts = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (const segment of segments) {
    const bytes = rest.length === 0 ? segment : Buffer.concat([rest, segment]);
    let at = 0;
    for (;;) {
      const found = bytes.indexOf(tag, at);
      if (found < 0) break;
      parts++;
      at = found + tag.length;
    }
    rest = bytes.subarray(Math.max(at, bytes.length - tag.length + 1));
  }
  return parts;
}
