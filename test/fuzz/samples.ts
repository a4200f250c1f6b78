/** Sound documents to begin with: captures of real devices where they are there, and our own in any case. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '../support/captures';
import { alert, jpeg, part, picturePart } from '../support/parts';

/** Beginnings are enough: what follows in a stream is more of the same. */
const MAX_SAMPLE_BYTES = 24 * 1024;

function captured(folder: string, fits: RegExp): Buffer[] {
  const captures = capturesFolder();
  if (captures === undefined) return [];
  return readdirSync(join(captures, folder))
    .filter((name) => fits.test(name))
    .map((name) => readFileSync(join(captures, folder, name)).subarray(0, MAX_SAMPLE_BYTES));
}

const bytes = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

export const EVENT_XML = [
  ...bytes(
    alert('VMD'),
    alert(
      'linedetection',
      2,
      '<DetectionRegionList><DetectionRegionEntry><regionID>1</regionID></DetectionRegionEntry></DetectionRegionList>',
    ),
    alert(
      'ANPR',
      1,
      '<ANPR><licensePlate>AB 123</licensePlate><line>1</line><confidenceLevel>97</confidenceLevel></ANPR>',
    ),
  ),
  ...captured('events', /\.xml$/),
];

export const EVENT_JSON = [
  ...bytes(
    '{"ipAddress":"192.0.2.1","eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"majorEventType":5,"subEventType":75,"name":"A"}}',
    '{"eventType":"cidEvent","dateTime":"2024-05-01T12:00:00+02:00","CIDEvent":{"code":1131,"standardCIDcode":1130,"zone":1}}',
  ),
  ...captured('events', /\.json$/),
];

export const STREAMS = [
  Buffer.concat([
    part(alert('VMD')),
    part(alert('VMD', 2)),
    part(EVENT_JSON[0] as Buffer, { type: 'application/json' }),
  ]),
  Buffer.concat([
    part(alert('linedetection', 1, '<detectionPicturesNumber>1</detectionPicturesNumber>'), { eol: '\n' }),
    picturePart(jpeg(900, '\r\n--boundary\r\n')),
    part(alert('IO'), { length: null }),
  ]),
  ...captured('streams', /\.bin$/),
];

export const DOCUMENTS = [
  ...bytes(
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\r\n<deviceName>Camera &amp; more</deviceName>\r\n<model>DS-2CD2185FWD-I</model>\r\n<serialNumber>DS-2CD2185FWD-I20200101AAWR123456789</serialNumber>\r\n</DeviceInfo>\r\n',
    '<a xmlns:b="c"><![CDATA[x]]><!-- y --><b:d e="f&#10;"/><?p i?></a>',
    '<ResponseStatus version="2.0"><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>lowPrivilege</subStatusCode></ResponseStatus>',
    '<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>1700</unlockTime><retryLoginTime>3</retryLoginTime></userCheck>',
  ),
  ...captured('devices', /\.xml$/),
];

export const DUMPS = [
  ...bytes(
    '{"meta":{"model":"DS-2CD2185FWD-I"},"responses":{"/ISAPI/System/deviceInfo":{"status":200,"contentType":"application/xml","body":"<DeviceInfo><model>A</model></DeviceInfo>"},"PUT /ISAPI/System/time":{"status":403,"contentType":null,"body":null}}}',
  ),
  ...captured('devices', /^(?!error|http).*\.json$/).filter(({ length }) => length < MAX_SAMPLE_BYTES),
];

export const DATAGRAMS = [
  ...bytes(
    '<?xml version="1.0" encoding="utf-8"?><ProbeMatch><Uuid>A-B</Uuid><Types>inquiry</Types><DeviceDescription>DS-2CD2320D-I</DeviceDescription><DeviceSN>DS-2CD2320D-I20150101AAWR1</DeviceSN><MAC>44-19-b6-00-00-01</MAC><IPv4Address>192.0.2.10</IPv4Address><HttpPort>80</HttpPort><CommandPort>8000</CommandPort><Activated>true</Activated></ProbeMatch>',
    '<?xml version="1.0"?><PPVSPMessage><Version>2.0</Version><Sequence>1</Sequence><CommandType>REQUEST</CommandType><Method>PARAM</Method><Command>REGISTER</Command><Params><DeviceID>cam-1</DeviceID><LocalIP>192.0.2.10</LocalIP><LocalPort>80</LocalPort><DevType>1</DevType></Params></PPVSPMessage>',
    '<PPVSPMessage><Sequence>2</Sequence><CommandType>RESPONSE</CommandType><WhichCommand>GETDEVICECONFIG</WhichCommand><Status>200</Status><Params><ConfigXML><SERVERINFO><SerialNumber>A</SerialNumber><ChannelNumber>4</ChannelNumber></SERVERINFO></ConfigXML></Params></PPVSPMessage>',
  ),
  ...captured('sadp', /\.xml$/),
];

export const CHALLENGES = bytes(
  'Digest qop="auth", realm="IP Camera(12345)", nonce="4e6a49784d6a4d3d", stale="FALSE"',
  'Digest realm="a\\"b", nonce=abc, algorithm=SHA-256, opaque="x", qop="auth,auth-int", Basic realm="r"',
  'Basic realm="device", Digest realm=, nonce="", algorithm=MD5-sess, stale=true',
  'Digest username="admin", realm="events", nonce="0.0", uri="/hsp", nc=00000001, cnonce="0", qop=auth, response="00"',
);

export const LOGIN_ANSWERS = bytes(
  '<SessionLoginCap version="1.0"><sessionID>0123456789abcdef</sessionID><challenge>ffeeddccbbaa</challenge><iterations>100</iterations><isIrreversible>true</isIrreversible><salt>abcd</salt><salt2>ef01</salt2><sessionIDVersion>2.1</sessionIDVersion><isSupportSessionTag>true</isSupportSessionTag></SessionLoginCap>',
  '<SessionLogin version="1.0"><statusValue>200</statusValue><statusString>OK</statusString><sessionID>abc</sessionID><sessionTag>def</sessionTag></SessionLogin>',
);

export const SITES = bytes(
  'bridge: house\ndevices:\n  - name: Gate\n    url: http://192.0.2.1\n    username: admin\n    password_env: PW\n    allow: read\n    channels: [1, 2, device]\nbroker:\n  url: [mqtt://127.0.0.1, mqtts://b:8883]\n  version: auto\ndiscovery:\n  enabled: true\n  language: de\njournal:\n  path: j\n  max_mb: 10\nqos: 1\nshard: 0/3\n',
  'a: &a [x, x]\nb: &b [*a, *a]\ndevices: [*b, *b]\n',
);

export const COMMAND_BODIES = bytes(
  '{"preset":3,"channel":1,"id":"a","confirm":true}',
  '{"args":{"preset":3},"id":7}',
  '{"command":"camera.gotoPreset","preset":2}',
  '{"pan":10,"tilt":-20,"zoom":0,"durationMs":500}',
);

/** Answers of devices with the kind that they say they are. */
export const ANSWERS = bytes(
  'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 29\r\n\r\n<userCheck><statusValue>200</',
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest qop="auth", realm="IP Camera(1)", nonce="4e6a", stale="FALSE"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a/>\n\r\n0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 200 OK\r\nSet-Cookie: WebSession=abc\r\n\r\n<a>b</a>',
);
