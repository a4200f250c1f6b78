/** A stream of our own making, for machines without the captures: heartbeats, motion and line crossing of an idle camera. */
export function builtInStream(parts: number): Buffer {
  const chunks: string[] = [];
  const start = Date.parse('2024-05-01T12:00:00Z');
  for (let index = 0; index < parts; index++) {
    const time = new Date(start + index * 5_000).toISOString().replace(/\.\d+Z$/, '+00:00');
    const [type, state] = KINDS[index % KINDS.length] as readonly [string, string];
    const body = [
      '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">',
      '<ipAddress>192.0.2.10</ipAddress>',
      '<portNo>80</portNo>',
      '<protocol>HTTP</protocol>',
      '<macAddress>02:00:00:00:00:01</macAddress>',
      '<channelID>1</channelID>',
      `<dateTime>${time}</dateTime>`,
      `<activePostCount>${type === 'videoloss' ? 0 : index}</activePostCount>`,
      `<eventType>${type}</eventType>`,
      `<eventState>${state}</eventState>`,
      `<eventDescription>${type} alarm</eventDescription>`,
      '<channelName></channelName>',
      '</EventNotificationAlert>',
      '',
    ].join('\r\n');
    chunks.push(
      `--boundary\r\nContent-Type: application/xml; charset="UTF-8"\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
  return Buffer.from(chunks.join(''));
}

const KINDS = [
  ['videoloss', 'inactive'],
  ['VMD', 'active'],
  ['videoloss', 'inactive'],
  ['VMD', 'inactive'],
  ['linedetection', 'active'],
  ['linedetection', 'inactive'],
] as const;
