/** What the built-in devices are made of. */
import { decodeText } from '../../codec/text';
import { escapeXml, parseXml, textAt } from '../../codec/xml';
import { NAMESPACE, xmlAnswer, XML_TYPE, xmlDocument, type DeviceAnswer, type LineEnd } from '../answers';
import {
  channelOfStream,
  pictureRoute,
  SimulatedDevice,
  zoneOffsetMs,
  type DeviceForm,
  type DeviceIdentity,
  type Route,
  type RouteCall,
} from '../device';
import { backupRoutes } from '../functions/backup';
import { logRoutes } from '../functions/logs';
import { Ports, type PortCounts } from '../functions/ports';
import { PushHosts } from '../functions/push-hosts';
import { settingDocuments, settingRoutes, streamCapabilities } from '../functions/settings';
import { Talk, type TalkOptions } from '../functions/talk';
import { detectionDocuments, scheduleDocument, type WatchedSpec } from '../functions/watching';
import { Recordings, type RecordingOptions, type TrackSpec } from '../recordings';
import type { ScenarioName } from '../scenario';
import type { SessionLoginDemand } from '../session-auth';

interface StreamSpec {
  readonly id: number;
  readonly name: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly kbps: number;
  /** Frames a second times 100; 0 is the full rate. */
  readonly frames: number;
}

interface TriggerSpec {
  readonly id: string;
  readonly type: string;
  readonly channel?: number;
  readonly port?: number;
  readonly actions: readonly string[];
}

/** Collects what a built-in device answers; each function adds its documents and routes. */
export class Model {
  readonly routes: Route[] = [];
  /** What keeps state behind the routes. */
  readonly parts: object[] = [];
  /** alertStreams at one time, where there are fewer than usual. */
  maxStreams: number | undefined;
  /** It has the session login of the web pages. */
  sessionLogin: SessionLoginDemand | undefined;
  private readonly documents = new Map<string, DeviceAnswer>();
  private readonly streamIds = new Set<string>();
  private ports: Ports | undefined;
  private talker: Talk | undefined;

  constructor(
    private readonly scenario: ScenarioName,
    private readonly form: DeviceForm,
    private readonly identity: DeviceIdentity,
  ) {
    this.routes.push(timeReadRoute, timeWriteRoute, statusRoute, rebootRoute, ...settingRoutes(), ...backupRoutes());
  }

  get lineEnd(): LineEnd {
    return this.form === 'recorder' ? '\n' : '\r\n';
  }

  /** @param isOffline channels whose camera cannot be reached. */
  build(isOffline: (channel: number) => boolean = () => false): SimulatedDevice {
    const offline = { has: isOffline };
    this.routes.push(
      pictureRoute((call) => this.pictureRefusal(call, offline)),
      {
        method: 'PUT',
        path: /^\/ISAPI\/Streaming\/channels\/(\d{1,5})\/requestKeyFrame$/i,
        run: ({ groups, status }) => status(this.streamIds.has(groups[0] ?? '') ? 'ok' : 'invalidOperation'),
      },
    );
    return new SimulatedDevice({
      identity: this.identity,
      form: this.form,
      documents: this.documents,
      routes: this.routes,
      readOnly: /\/(capabilities|Storage|adminAccesses|status|callStatus|inputs\/channels|outputs)$/i,
      ...(this.ports === undefined ? {} : { ports: this.ports }),
      scenario: this.scenario,
      parts: this.parts,
      ...(this.maxStreams === undefined ? {} : { maxStreams: this.maxStreams }),
      ...(this.sessionLogin === undefined ? {} : { sessionLogin: this.sessionLogin }),
      ...(this.talker === undefined ? {} : { talk: this.talker }),
    });
  }

  /** Adds parts with the routes that they answer. */
  add(...parts: readonly { routes(): Route[] }[]): void {
    this.parts.push(...parts);
    this.routes.push(...parts.flatMap((part) => part.routes()));
  }

  document(path: string, answer: DeviceAnswer): void {
    this.documents.set(`GET ${path}`, answer);
  }

  /** An XML document that can be read, and written where `readOnly` of the device does not forbid it. */
  xml(path: string, content: string): void {
    this.document(path, { status: 200, contentType: XML_TYPE, body: xmlDocument(content, this.lineEnd) });
  }

  /** A path that this class of device knows and does not support. */
  refuse(path: string): void {
    for (const method of ['GET', 'PUT'] as const) {
      this.routes.push({ method, path: new RegExp(`^${path}$`, 'i'), run: ({ status }) => status('notSupport') });
    }
  }

  /** Channels that do not turn. */
  refusePtz(path: string): void {
    this.refuse(path);
  }

  /** A list that is put together from the documents of its members, so that it shows what was written to them. */
  list(path: string, root: string, members: readonly string[]): void {
    this.routes.push({
      method: 'GET',
      path: new RegExp(`^${path}$`, 'i'),
      run: ({ device }) => {
        const bodies = members.map((member) => decodeText(device.document(member)?.body ?? Buffer.alloc(0)));
        const content = bodies.map((body) => body.replace(/^\s*<\?xml[^>]*\?>\s*/, '')).join('\n');
        return xmlAnswer(`<${root} version="2.0" xmlns="${NAMESPACE}">\n${content}\n</${root}>`, device.lineEnd);
      },
    });
  }

  deviceInfo(deviceType: string, firmware: string, released: string): void {
    const { name, model, serial, mac } = this.identity;
    this.timeServer();
    for (const { path, content } of settingDocuments(mac)) this.xml(path, content);
    this.list('/ISAPI/System/Network/interfaces', 'NetworkInterfaceList', ['/ISAPI/System/Network/interfaces/1']);
    this.xml(
      '/ISAPI/System/deviceInfo',
      `<DeviceInfo version="2.0" xmlns="${NAMESPACE}">
      <deviceName>${name}</deviceName>
      <deviceID>00000000-0000-4000-8000-${mac.replace(/:/g, '')}</deviceID>
      <deviceDescription>${deviceType}</deviceDescription>
      <deviceLocation>simulator</deviceLocation>
      <systemContact>simulator</systemContact>
      <model>${model}</model>
      <serialNumber>${serial}</serialNumber>
      <macAddress>${mac}</macAddress>
      <firmwareVersion>${firmware}</firmwareVersion>
      <firmwareReleasedDate>${released}</firmwareReleasedDate>
      <encoderVersion>V7.3</encoderVersion>
      <encoderReleasedDate>build 231226</encoderReleasedDate>
      <hardwareVersion>0x0</hardwareVersion>
      <deviceType>${deviceType}</deviceType>
      <telecontrolID>88</telecontrolID>
      <supportBeep>${this.form === 'recorder'}</supportBeep>
      <supportVideoLoss>${this.form === 'recorder'}</supportVideoLoss>
      <manufacturer>simulated</manufacturer>
      </DeviceInfo>`,
    );
    this.xml(
      '/ISAPI/Security/adminAccesses',
      `<AdminAccessProtocolList version="2.0" xmlns="${NAMESPACE}">
      ${[
        ['HTTP', 80],
        ['HTTPS', 443],
        ['DEV_MANAGE', 8_000],
        ['RTSP', 554],
      ]
        .map(
          ([protocol, port], index) => `<AdminAccessProtocol>
          <id>${index + 1}</id>
          <enabled>true</enabled>
          <protocol>${protocol}</protocol>
          <portNo>${port}</portNo>
          </AdminAccessProtocol>`,
        )
        .join('\n')}
      </AdminAccessProtocolList>`,
    );
  }

  private timeServer(): void {
    const base = '/ISAPI/System/time/ntpServers';
    this.xml(
      `${base}/1`,
      `<NTPServer version="2.0" xmlns="${NAMESPACE}">
      <id>1</id>
      <addressingFormatType>hostname</addressingFormatType>
      <hostName>time.example.com</hostName>
      <portNo>123</portNo>
      <synchronizeInterval>1440</synchronizeInterval>
      </NTPServer>`,
    );
    this.list(base, 'NTPServerList', [`${base}/1`]);
  }

  /** Two-way audio. */
  talk(options: TalkOptions): void {
    this.talker = new Talk(options);
    const documents = this.talker.documents();
    for (const { path, content } of documents) this.xml(path, content);
    this.list(
      '/ISAPI/System/TwoWayAudio/channels',
      'TwoWayAudioChannelList',
      documents.map(({ path }) => path),
    );
    this.routes.push(...this.talker.routes());
  }

  recordings(tracks: readonly TrackSpec[], options: RecordingOptions = {}): void {
    const recordings = new Recordings(tracks, options);
    const documents = recordings.documents();
    for (const { path, content } of documents) this.xml(path, content);
    this.list(
      '/ISAPI/ContentMgmt/record/tracks',
      'TrackList',
      documents.map(({ path }) => path),
    );
    this.routes.push(...recordings.routes(), ...logRoutes());
  }

  capabilities(has: {
    videoInputs: number;
    inputProxies: number;
    alarmInputs: number;
    alarmOutputs: number;
    ptz: boolean;
    /** More about its ports than their numbers. */
    ports?: Omit<PortCounts, 'inputs' | 'outputs'>;
  }): void {
    this.ports = new Ports({ inputs: has.alarmInputs, outputs: has.alarmOutputs, ...has.ports });
    this.routes.push(...this.ports.routes(), ...new PushHosts(this.form).routes());
    const softInputs = has.ports?.softInputs;
    this.xml(
      '/ISAPI/System/capabilities',
      `<DeviceCap version="2.0" xmlns="${NAMESPACE}">
      <SysCap>
      <isSupportDst>true</isSupportDst>
      <IOCap>
      <IOInputPortNums>${has.alarmInputs}</IOInputPortNums>
      <IOOutputPortNums>${has.alarmOutputs}</IOOutputPortNums>
      ${softInputs === undefined ? '' : `<SoftIOInputPortNums>${softInputs}</SoftIOInputPortNums>`}
      </IOCap>
      <VideoCap><videoInputPortNums>${has.videoInputs}</videoInputPortNums></VideoCap>
      <AudioCap><audioInputNums>1</audioInputNums><audioOutputNums>1</audioOutputNums></AudioCap>
      <isSupportSubscribeEvent>false</isSupportSubscribeEvent>
      </SysCap>
      <voicetalkNums>0</voicetalkNums>
      <SecurityCap>
      <supportUserNums>31</supportUserNums>
      <issupIllegalLoginLock>true</issupIllegalLoginLock>
      </SecurityCap>
      <EventCap>
      <isSupportMotionDetection>true</isSupportMotionDetection>
      <isSupportTamperDetection>true</isSupportTamperDetection>
      </EventCap>
      ${has.inputProxies === 0 ? '' : `<RacmCap><inputProxyNums>${has.inputProxies}</inputProxyNums></RacmCap>`}
      ${has.ptz ? '<PTZCtrlCap><isSupportPatrols>true</isSupportPatrols></PTZCtrlCap>' : ''}
      </DeviceCap>`,
    );
  }

  videoInputs(inputs: readonly { channel: number; name: string }[]): void {
    const base = '/ISAPI/System/Video/inputs/channels';
    for (const { channel, name } of inputs) {
      this.xml(
        `${base}/${channel}`,
        `<VideoInputChannel version="2.0" xmlns="${NAMESPACE}">
        <id>${channel}</id>
        <inputPort>${channel}</inputPort>
        <name>${escapeXml(name)}</name>
        <videoFormat>PAL</videoFormat>
        </VideoInputChannel>`,
      );
    }
    this.list(
      base,
      'VideoInputChannelList',
      inputs.map(({ channel }) => `${base}/${channel}`),
    );
  }

  inputProxies(channels: readonly { channel: number; name: string; online: boolean }[]): void {
    const base = '/ISAPI/ContentMgmt/InputProxy/channels';
    const source = (channel: number, known: string) => `<sourceInputPortDescriptor>
      <proxyProtocol>HIKVISION</proxyProtocol>
      <addressingFormatType>ipaddress</addressingFormatType>
      <ipAddress>192.0.2.${100 + channel}</ipAddress>
      <managePortNo>8000</managePortNo>
      <srcInputPort>1</srcInputPort>
      <userName>admin</userName>
      <streamType>auto</streamType>
      ${known}
      </sourceInputPortDescriptor>`;
    for (const { channel, name, online } of channels) {
      // A camera that is offline has never told its model and serial number.
      const known = online
        ? `<model>SIM-IPC-2</model>
        <serialNumber>SIM-IPC-220240101AAWRSIM0001${String(channel).padStart(2, '0')}</serialNumber>
        <firmwareVersion>V5.7.15 build 240201</firmwareVersion>`
        : '';
      this.xml(
        `${base}/${channel}`,
        `<InputProxyChannel version="2.0" xmlns="${NAMESPACE}">
        <id>${channel}</id>
        <name>${escapeXml(name)}</name>
        ${source(channel, known)}
        <enableAnr>false</enableAnr>
        </InputProxyChannel>`,
      );
      this.xml(
        `${base}/${channel}/status`,
        `<InputProxyChannelStatus version="2.0" xmlns="${NAMESPACE}">
        <id>${channel}</id>
        ${source(channel, '')}
        <online>${online}</online>
        <streamingProxyChannelIdList>
        <streamingProxyChannelId>${channel}01</streamingProxyChannelId>
        <streamingProxyChannelId>${channel}02</streamingProxyChannelId>
        </streamingProxyChannelIdList>
        <chanDetectResult>${online ? 'connect' : 'netUnreachable'}</chanDetectResult>
        </InputProxyChannelStatus>`,
      );
    }
    const members = channels.map(({ channel }) => `${base}/${channel}`);
    this.list(base, 'InputProxyChannelList', members);
    this.list(
      `${base}/status`,
      'InputProxyChannelStatusList',
      members.map((member) => `${member}/status`),
    );
  }

  storage(disks: readonly { id: number; name: string; kind: string; capacityMb: number; freeMb: number }[]): void {
    const entries = disks.map(
      (disk) => `<hdd>
      <id>${disk.id}</id>
      <hddName>${disk.name}</hddName>
      <hddType>${disk.kind}</hddType>
      <status>ok</status>
      <capacity>${disk.capacityMb}</capacity>
      <freeSpace>${disk.freeMb}</freeSpace>
      <property>RW</property>
      </hdd>`,
    );
    this.xml(
      '/ISAPI/ContentMgmt/Storage',
      `<storage version="2.0" xmlns="${NAMESPACE}">
      <hddList size="${disks.length}">\n${entries.join('\n')}\n</hddList>
      <nasList></nasList>
      <workMode opt="group,quota">quota</workMode>
      </storage>`,
    );
  }

  streams(streams: readonly StreamSpec[]): void {
    const base = '/ISAPI/Streaming/channels';
    for (const stream of streams) {
      this.streamIds.add(String(stream.id));
      this.xml(`${base}/${stream.id}`, streamDocument(stream));
      this.xml(`${base}/${stream.id}/capabilities`, streamCapabilities(stream));
    }
    this.list(
      base,
      'StreamingChannelList',
      streams.map((stream) => `${base}/${stream.id}`),
    );
  }

  /** Streams that exist have a picture; the bare channel number does too. A channel without its camera fails. */
  pictureRefusal(call: RouteCall, offline: { has(channel: number): boolean }): DeviceAnswer | null {
    const id = call.groups[0] ?? '';
    const channel = channelOfStream(id);
    if (!this.streamIds.has(id) && !this.streamIds.has(`${id}01`)) return call.status('invalidOperation');
    return offline.has(channel) ? call.status('deviceError') : null;
  }

  motionDetection(path: string, targetType: string): void {
    const row = 'fffffc';
    this.xml(
      path,
      `<MotionDetection version="2.0" xmlns="${NAMESPACE}">
      <enabled>true</enabled>
      <enableHighlight>false</enableHighlight>
      <samplingInterval>2</samplingInterval>
      <startTriggerTime>500</startTriggerTime>
      <endTriggerTime>500</endTriggerTime>
      <regionType>grid</regionType>
      <Grid>
      <rowGranularity>18</rowGranularity>
      <columnGranularity>22</columnGranularity>
      </Grid>
      <MotionDetectionLayout version="2.0" xmlns="${NAMESPACE}">
      <sensitivityLevel>60</sensitivityLevel>
      <layout>
      <gridMap>${row.repeat(18)}</gridMap>
      </layout>
      <targetType>${targetType}</targetType>
      </MotionDetectionLayout>
      </MotionDetection>`,
    );
  }

  /** Detections and alarm inputs with their arming schedules. */
  watching(watched: readonly WatchedSpec[]): void {
    const isRecorder = this.form === 'recorder';
    const folders = new Map<string, string[]>();
    for (const spec of watched) {
      for (const { path, content } of detectionDocuments(spec, isRecorder)) this.xml(path, content);
      const { folder, path, content } = scheduleDocument(spec, isRecorder);
      this.xml(path, content);
      folders.set(folder, [...(folders.get(folder) ?? []), path]);
    }
    for (const [folder, members] of folders) this.list(folder, 'ScheduleList', members);
  }

  /** @param fixed kinds of triggers whose notification cannot be edited, as capability documents call them. */
  triggerCapabilities(kinds: readonly string[], fixed: readonly string[] = []): void {
    const caps = [...kinds, ...fixed].map((kind) => {
      const isFixed = fixed.includes(kind) ? '<isNotSupportCenterModify>true</isNotSupportCenterModify>' : '';
      return `<${kind}TriggerCap><isSupportCenter>true</isSupportCenter>${isFixed}</${kind}TriggerCap>`;
    });
    this.xml(
      '/ISAPI/Event/triggersCap',
      `<EventTriggersCap version="2.0" xmlns="${NAMESPACE}">\n${caps.join('\n')}\n</EventTriggersCap>`,
    );
  }

  triggers(triggers: readonly TriggerSpec[]): void {
    const base = '/ISAPI/Event/triggers';
    for (const trigger of triggers) this.xml(`${base}/${trigger.id}`, triggerDocument(trigger));
    this.list(
      base,
      'EventTriggerList',
      triggers.map((trigger) => `${base}/${trigger.id}`),
    );
  }
}

export function videoInputPath(channel: number): string {
  return `/ISAPI/System/Video/inputs/channels/${channel}/motionDetection`;
}

function streamDocument(stream: StreamSpec): string {
  return `<StreamingChannel version="2.0" xmlns="${NAMESPACE}">
    <id>${stream.id}</id>
    <channelName>${escapeXml(stream.name)}</channelName>
    <enabled>true</enabled>
    <Transport>
    <maxPacketSize>1000</maxPacketSize>
    <ControlProtocolList>
    <ControlProtocol><streamingTransport>RTSP</streamingTransport></ControlProtocol>
    <ControlProtocol><streamingTransport>HTTP</streamingTransport></ControlProtocol>
    </ControlProtocolList>
    <Unicast><enabled>true</enabled><rtpTransportType>RTP/TCP</rtpTransportType></Unicast>
    <Security><enabled>true</enabled><certificateType>digest</certificateType></Security>
    </Transport>
    <Video>
    <enabled>true</enabled>
    <videoInputChannelID>${Math.floor(stream.id / 100)}</videoInputChannelID>
    <videoCodecType>${stream.codec}</videoCodecType>
    <videoScanType>progressive</videoScanType>
    <videoResolutionWidth>${stream.width}</videoResolutionWidth>
    <videoResolutionHeight>${stream.height}</videoResolutionHeight>
    <videoQualityControlType>VBR</videoQualityControlType>
    <constantBitRate>${stream.kbps}</constantBitRate>
    <fixedQuality>60</fixedQuality>
    <vbrUpperCap>${stream.kbps}</vbrUpperCap>
    <vbrLowerCap>32</vbrLowerCap>
    <maxFrameRate>${stream.frames}</maxFrameRate>
    <keyFrameInterval>2000</keyFrameInterval>
    <snapShotImageType>JPEG</snapShotImageType>
    <GovLength>${stream.frames > 0 ? Math.round(stream.frames / 50) : 50}</GovLength>
    <PacketType>PS</PacketType>
    <PacketType>RTP</PacketType>
    <SmartCodec><enabled>false</enabled></SmartCodec>
    </Video>
    <Audio>
    <enabled>${stream.id % 100 === 1}</enabled>
    <audioInputChannelID>1</audioInputChannelID>
    <audioCompressionType>G.711ulaw</audioCompressionType>
    </Audio>
    </StreamingChannel>`;
}

function triggerDocument(trigger: TriggerSpec): string {
  const { channel, port } = trigger;
  const notifications = trigger.actions.map((action) => {
    const method = action.replace(/-\d+$/, '');
    return `<EventTriggerNotification>
      <id>${action}</id>
      <notificationMethod>${method}</notificationMethod>
      <notificationRecurrence>beginning</notificationRecurrence>
      ${method === 'record' ? `<videoInputID>${action.replace(/^record-/, '')}</videoInputID>` : ''}
      </EventTriggerNotification>`;
  });
  return `<EventTrigger version="2.0" xmlns="${NAMESPACE}">
    <id>${trigger.id}</id>
    <eventType>${trigger.type}</eventType>
    <eventDescription>${trigger.type} Event trigger Information</eventDescription>
    ${port === undefined ? '' : `<inputIOPortID>${port}</inputIOPortID>`}
    ${channel === undefined ? '' : `<videoInputChannelID>${channel}</videoInputChannelID>`}
    ${channel === undefined ? '' : `<dynVideoInputChannelID>${channel}</dynVideoInputChannelID>`}
    <EventTriggerNotificationList>\n${notifications.join('\n')}\n</EventTriggerNotificationList>
    </EventTrigger>`;
}

/* Paths that every built-in device has */

const timeReadRoute: Route = {
  method: 'GET',
  path: /^\/ISAPI\/System\/time$/i,
  run: ({ device, clock }) =>
    xmlAnswer(
      `<Time version="2.0" xmlns="${NAMESPACE}">
      <timeMode>${device.timeMode}</timeMode>
      <localTime>${device.timestamp(clock)}</localTime>
      <timeZone>${escapeXml(device.timeZone)}</timeZone>
      </Time>`,
      device.lineEnd,
    ),
};

const TIME_MODES = /^(NTP|manual|local|satellite|platform)$/;

/** A manual time comes without an offset and is the device's own; one with an offset is taken by it (isapi.md §0.4, §2.4). */
const timeWriteRoute: Route = {
  method: 'PUT',
  path: /^\/ISAPI\/System\/time$/i,
  run({ request, device, clock, status }) {
    let body;
    try {
      body = parseXml(request.body);
    } catch {
      return status('badXmlFormat');
    }
    if (body.name.toLowerCase() !== 'time') return status('badXmlContent');
    const mode = textAt(body, 'timeMode');
    if (mode === null) return status('MessageParametersLack', 'timeMode');
    if (!TIME_MODES.test(mode)) return status('badParameters', 'timeMode');
    const zone = textAt(body, 'timeZone') ?? device.timeZone;
    const zoneMs = zoneOffsetMs(zone);
    if (zoneMs === null || zone.length > 128) return status('badParameters', 'timeZone');
    if (mode !== 'NTP') {
      const given = textAt(body, 'localTime');
      if (given === null) return status('MessageParametersLack', 'localTime');
      const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(given);
      const wallMs = Date.parse(`${match?.[1]}Z`);
      if (match === null || Number.isNaN(wallMs)) return status('badParameters', 'localTime');
      const ms = match[2] === undefined ? wallMs - zoneMs : Date.parse(`${match[1]}${match[2]}`);
      if (Number.isNaN(ms)) return status('badParameters', 'localTime');
      device.clockOffsetMs = ms - clock.now();
    } else {
      device.clockOffsetMs = 0;
    }
    device.timeMode = mode;
    device.timeZone = zone;
    return status('ok');
  },
};

const statusRoute: Route = {
  method: 'GET',
  path: /^\/ISAPI\/System\/status$/i,
  run: ({ device, clock }) =>
    xmlAnswer(
      `<DeviceStatus version="2.0" xmlns="${NAMESPACE}">
      <currentDeviceTime>${device.timestamp(clock)}</currentDeviceTime>
      <deviceUpTime>${device.upSeconds(clock)}</deviceUpTime>
      <CPUList><CPU><cpuDescription>simulated</cpuDescription><cpuUtilization>17</cpuUtilization></CPU></CPUList>
      <MemoryList>
      <Memory>
      <memoryDescription>DDR Memory</memoryDescription>
      <memoryUsage>${device.form === 'recorder' ? ' 244.175781' : '62'}</memoryUsage>
      <memoryAvailable>${device.form === 'recorder' ? ' 780.824219' : '48896'}</memoryAvailable>
      </Memory>
      </MemoryList>
      </DeviceStatus>`,
      device.lineEnd,
    ),
};

const rebootRoute: Route = {
  method: 'PUT',
  path: /^\/ISAPI\/System\/reboot$/i,
  run: ({ status }) => ({ ...status('ok'), restarts: true }),
};
