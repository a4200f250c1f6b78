/** A device that only answers, in a process of its own: asks for Digest, takes any, and sends the same small document to everybody. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BODY = Buffer.from(
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Time version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">',
    '<timeMode>NTP</timeMode>',
    '<localTime>2024-05-01T20:00:00+08:00</localTime>',
    '<timeZone>CST-8:00:00</timeZone>',
    '</Time>',
    '',
  ].join('\r\n'),
);
const CHALLENGE = 'Digest realm="bench", nonce="6e6f6e6365206f6620746865206265", qop="auth"';

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  const isOpen = request.url === '/open' || request.headers.authorization !== undefined;
  if (!isOpen) {
    response.writeHead(401, { 'WWW-Authenticate': CHALLENGE, 'Content-Length': 0 }).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': BODY.length }).end(BODY);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
