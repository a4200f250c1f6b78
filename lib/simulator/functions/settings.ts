/** Settings of the device itself that can be read and written back: network, protocols, users, and what it says of its work. */
import { all, escapeXml, find, numberAt, parseXml, textAt, type XmlElement } from '../../codec/xml';
import { jsonAnswer, NAMESPACE, xmlAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';

const ROOT = `version="2.0" xmlns="${NAMESPACE}"`;

/** Documents that are stored and can be written, by path. */
export function settingDocuments(mac: string): readonly { readonly path: string; readonly content: string }[] {
  return [
    {
      path: '/ISAPI/System/Network/interfaces/1',
      content: `<NetworkInterface ${ROOT}>
      <id>1</id>
      <IPAddress>
      <ipVersion>dual</ipVersion>
      <addressingType>static</addressingType>
      <ipAddress>192.0.2.64</ipAddress>
      <subnetMask>255.255.255.0</subnetMask>
      <DefaultGateway><ipAddress>192.0.2.1</ipAddress></DefaultGateway>
      <PrimaryDNS><ipAddress>192.0.2.1</ipAddress></PrimaryDNS>
      <SecondaryDNS><ipAddress>0.0.0.0</ipAddress></SecondaryDNS>
      </IPAddress>
      <Link>
      <MACAddress>${mac}</MACAddress>
      <autoNegotiation>true</autoNegotiation>
      <speed>100</speed>
      <duplex>full</duplex>
      <MTU>1500</MTU>
      </Link>
      </NetworkInterface>`,
    },
    {
      path: '/ISAPI/System/Network/Integrate',
      content: `<Integrate ${ROOT}>
      <CGI><enable>false</enable><certificateType>digest</certificateType></CGI>
      <ONVIF><enable>false</enable><certificateType>digest</certificateType></ONVIF>
      <ISAPI><enable>true</enable></ISAPI>
      </Integrate>`,
    },
    {
      path: '/ISAPI/System/time/capabilities',
      content: `<Time ${ROOT}>
      <timeMode opt="NTP,manual,platform">NTP</timeMode>
      <timeType opt="local,UTC">local</timeType>
      </Time>`,
    },
    {
      path: '/ISAPI/System/upgradeStatus',
      content: `<upgradeStatus ${ROOT}><upgrading>false</upgrading><percent>0</percent></upgradeStatus>`,
    },
  ];
}

/** The users; a password goes in and never comes out. */
class Users {
  private readonly users = [
    { id: 1, name: 'admin', level: 'Administrator' },
    { id: 2, name: 'viewer', level: 'Viewer' },
  ];

  routes(): Route[] {
    return [
      {
        method: 'GET',
        path: /^\/ISAPI\/Security\/users$/i,
        run: ({ device }) =>
          xmlAnswer(
            `<UserList ${ROOT}>\n${this.users.map((user) => userXml(user)).join('\n')}\n</UserList>`,
            device.lineEnd,
          ),
      },
      {
        method: 'GET',
        path: /^\/ISAPI\/Security\/users\/(\d{1,4})$/i,
        run: (call) => {
          const user = this.users.find(({ id }) => id === Number(call.groups[0]));
          return user === undefined
            ? call.status('IDNotexist')
            : xmlAnswer(userXml(user, ` ${ROOT}`), call.device.lineEnd);
        },
      },
      { method: 'PUT', path: /^\/ISAPI\/Security\/users\/(\d{1,4})$/i, run: (call) => this.write(call) },
    ];
  }

  private write(call: RouteCall): DeviceAnswer {
    if (!this.users.some(({ id }) => id === Number(call.groups[0]))) return call.status('IDNotexist');
    const body = bodyOf(call, 'User');
    if (!('name' in body)) return body;
    const password = textAt(body, 'password');
    if (password === null) return call.status('MessageParametersLack', 'password');
    if (textAt(body, 'loginPassword') === null) return call.status('badParameters', 'loginPassword');
    return call.status(password.length < 8 || password.length > 16 ? 'badParameters' : 'ok', 'password');
  }
}

function userXml(user: { id: number; name: string; level: string }, attributes = ''): string {
  return `<User${attributes}>
  <id>${user.id}</id>
  <userName>${escapeXml(user.name)}</userName>
  <userLevel>${user.level}</userLevel>
  </User>`;
}

/** The document in a request, or the refusal of it. */
function bodyOf(call: RouteCall, root: string): XmlElement | DeviceAnswer {
  try {
    const body = parseXml(call.request.body);
    return body.name.toLowerCase() === root.toLowerCase() ? body : call.status('badXmlContent');
  } catch {
    return call.status('badXmlFormat');
  }
}

/** Of a time server it only says whether it answers: names that end in `.invalid` do not. */
const testRoute: Route = {
  method: 'POST',
  path: /^\/ISAPI\/System\/time\/ntpServers\/test$/i,
  run(call) {
    const body = bodyOf(call, 'NTPTestDescription');
    if (!('name' in body)) return body;
    const server = textAt(body, 'hostName') ?? textAt(body, 'ipAddress');
    if (server === null) return call.status('MessageParametersLack', 'hostName');
    const [code, text] = server.endsWith('.invalid') ? [1, 'unreachable'] : [0, 'ok'];
    return xmlAnswer(
      `<NTPTestResult ${ROOT}><errorCode>${code}</errorCode><errorDescription>${text}</errorDescription></NTPTestResult>`,
      call.device.lineEnd,
    );
  },
};

/** The disks once more, in the form of the working state. */
const diskStateRoute: Route = {
  method: 'GET',
  path: /^\/ISAPI\/System\/workingstatus\/hdStatus$/i,
  run({ device, status }) {
    const storage = device.document('/ISAPI/ContentMgmt/Storage');
    if (storage === undefined) return status('notSupport');
    return jsonAnswer({
      HDStatus: all(find(parseXml(storage.body), 'hddList'), 'hdd').map((disk) => ({
        hdNo: numberAt(disk, 'id'),
        status: textAt(disk, 'status') === 'ok' ? 0 : 2,
        volume: numberAt(disk, 'capacity'),
        freeSpace: numberAt(disk, 'freeSpace'),
      })),
    });
  },
};

/** Whoever watches; one viewer is always there. */
const viewersRoute: Route = {
  method: 'GET',
  path: /^\/ISAPI\/Streaming\/status$/i,
  run: ({ device }) =>
    xmlAnswer(
      `<StreamingSessionStatusList ${ROOT}>
      <StreamingSessionStatus>
      <clientAddress><ipAddress>192.0.2.200</ipAddress></clientAddress>
      <clientUserName>admin</clientUserName>
      <streamingChannelID>101</streamingChannelID>
      </StreamingSessionStatus>
      </StreamingSessionStatusList>`,
      device.lineEnd,
    ),
};

export function settingRoutes(): Route[] {
  return [...new Users().routes(), testRoute, diskStateRoute, viewersRoute];
}

/** What a stream may be set to: the same document with its limits. */
export function streamCapabilities(stream: { readonly id: number; readonly codec: string }): string {
  const isMain = stream.id % 100 === 1;
  const [widths, heights] = isMain ? ['2560,1920,1280', '1440,1080,720'] : ['1280,704,640,640', '720,576,480,360'];
  return `<StreamingChannel ${ROOT}>
    <id opt="${stream.id}">${stream.id}</id>
    <Video>
    <videoCodecType opt="H.264,H.265">${stream.codec}</videoCodecType>
    <videoResolutionWidth opt="${widths}">${widths?.split(',')[0]}</videoResolutionWidth>
    <videoResolutionHeight opt="${heights}">${heights?.split(',')[0]}</videoResolutionHeight>
    <videoQualityControlType opt="CBR,VBR">VBR</videoQualityControlType>
    <constantBitRate min="32" max="16384">2048</constantBitRate>
    <vbrUpperCap min="32" max="16384">2048</vbrUpperCap>
    <maxFrameRate opt="2500,2200,2000,1800,1600,1500,1250,1200,1000,800,600,400,200,100,0">2500</maxFrameRate>
    <GovLength min="1" max="400">50</GovLength>
    <SmartCodec><enabled opt="true,false">false</enabled></SmartCodec>
    </Video>
    <Audio><enabled opt="true,false">true</enabled></Audio>
    </StreamingChannel>`;
}
