/** Events into the bytes of an alertStream, each class of device in its own form (isapi.md §6.1, §6.11). */
import type { Clock } from '../clock';
import { sniff } from '../codec/text';
import { escapeXml, formatElement, type XmlElement } from '../codec/xml';
import { JSON_TYPE, NAMESPACE, XML_TYPE } from './answers';
import type { DeviceForm, SimulatedDevice } from './device';

export interface EventPicture {
  /** File name; `Picture.jpg` when not given. */
  readonly name?: string;
  /** `image/jpeg` when not given. */
  readonly contentType?: string;
  readonly data: Buffer;
}

export interface EventRegion {
  readonly id: number;
  /** 0-100. */
  readonly sensitivity?: number;
  /** Corners, 0-1000, counted from the bottom left. */
  readonly points?: readonly { readonly x: number; readonly y: number }[];
  readonly target?: 'human' | 'vehicle' | 'others';
  /** Fractions of the picture, 0..1, from the top left. */
  readonly targetRect?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** One event message. What is not given is what the device would send. */
export interface EventFields {
  /** The firmware's word: `VMD`, `linedetection`, `AccessControllerEvent`. */
  readonly eventType: string;
  /** `active` when not given. */
  readonly eventState?: 'active' | 'inactive';
  /** 1 when not given; null for an event of the device itself, which has no channel. */
  readonly channel?: number | null;
  readonly channelName?: string;
  /** `<eventType> alarm` when not given. */
  readonly description?: string;
  /** `dateTime` as it is to be sent; the device's clock when not given. */
  readonly time?: string;
  readonly activePostCount?: number;
  readonly regions?: readonly EventRegion[];
  /** Target named by the message itself, as recorders do for motion. */
  readonly target?: 'human' | 'vehicle' | 'others';
  /** Only with eventType `duration`: what goes on. */
  readonly relationEvent?: string;
  readonly inputPort?: number;
  /** Objects that a JSON message has besides the common fields: `{ AccessControllerEvent: { ... } }`. Makes it JSON. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Objects that an XML message has besides the common fields: `<ANPR>...`. */
  readonly objects?: readonly XmlElement[];
  readonly pictures?: readonly EventPicture[];
}

/** Delimiter of each class's alertStream. */
export const BOUNDARIES: Readonly<Record<DeviceForm, string>> = {
  camera: 'boundary',
  recorder: 'boundary',
  doorstation: 'MIME_boundary',
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  vmd: 'Motion alarm',
  accesscontrollerevent: 'Access Controller Event',
};

export class EventWriter {
  /** Cameras count over all kinds of events, and go on counting after `inactive`. */
  private posts = 0;

  constructor(
    private readonly device: SimulatedDevice,
    private readonly clock: Clock,
    private readonly place: () => { readonly host: string; readonly port: number; readonly protocol: 'HTTP' | 'HTTPS' },
  ) {}

  /** The parts of one event, its pictures behind it. */
  event(fields: EventFields): Buffer {
    const usesJson = fields.json !== undefined || this.device.form === 'doorstation';
    const document = usesJson ? this.json(fields) : this.xml(fields);
    return Buffer.concat([
      this.part(document, usesJson ? JSON_TYPE : XML_TYPE),
      ...(fields.pictures ?? []).map((picture) => this.picture(picture)),
    ]);
  }

  /** A document that somebody else wrote, as one part. */
  document(text: string): Buffer {
    return this.part(text, sniff(Buffer.from(text)) === 'json' ? JSON_TYPE : XML_TYPE);
  }

  /** The sign of life: `videoloss inactive` on cameras and recorders, the same in JSON on door stations (isapi.md §6.4). */
  heartbeat(): Buffer {
    const isDoor = this.device.form === 'doorstation';
    return this.event({
      eventType: 'videoloss',
      eventState: 'inactive',
      description: 'videoloss alarm',
      channel: this.device.form === 'recorder' ? 0 : isDoor ? 3 : 1,
      activePostCount: isDoor ? 1 : 0,
    });
  }

  /** The sign of life of a subscription. */
  subscribedHeartbeat(): Buffer {
    return this.event({ eventType: 'heartBeat', description: 'heartBeat', channel: null, activePostCount: 0 });
  }

  /** Content-Length counts the line end before the next delimiter (isapi.md §6.2, quirk 1). */
  private part(document: string, contentType: string): Buffer {
    const body = Buffer.from(document.endsWith('\n') ? document : document + this.device.lineEnd);
    return Buffer.concat([
      Buffer.from(
        `--${BOUNDARIES[this.device.form]}\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
  }

  private picture(picture: EventPicture): Buffer {
    const name = (picture.name ?? 'Picture.jpg').replace(/["\r\n]/g, '');
    const head =
      `--${BOUNDARIES[this.device.form]}\r\n` +
      `Content-Disposition: form-data; name="Picture"; filename="${name}"\r\n` +
      `Content-Type: ${picture.contentType ?? 'image/jpeg'}\r\nContent-Length: ${picture.data.length}\r\n` +
      'Content-ID: pictureImage\r\n\r\n';
    return Buffer.concat([Buffer.from(head), picture.data, Buffer.from('\r\n')]);
  }

  private common(fields: EventFields) {
    const { host, port, protocol } = this.place();
    const isActive = fields.eventState !== 'inactive';
    if (isActive && fields.activePostCount === undefined && this.device.form === 'camera') this.posts++;
    const count = fields.activePostCount ?? (this.device.form === 'camera' ? this.posts : 1);
    return {
      ipAddress: host,
      portNo: port,
      protocol,
      macAddress: this.device.identity.mac,
      channel: fields.channel === undefined ? 1 : fields.channel,
      dateTime: fields.time ?? this.device.timestamp(this.clock),
      activePostCount: count,
      eventType: fields.eventType,
      eventState: fields.eventState ?? 'active',
      eventDescription:
        fields.description ?? DESCRIPTIONS[fields.eventType.toLowerCase()] ?? `${fields.eventType} alarm`,
    };
  }

  private xml(fields: EventFields): string {
    const { channel, protocol, ...common } = this.common(fields);
    const isRecorder = this.device.form === 'recorder';
    // Smart events of a recorder say `protocolType` and both channel ids, its motion only `dynChannelID`.
    const isSmart = fields.regions !== undefined;
    const lines = [
      `<EventNotificationAlert version="${isRecorder ? '1.0' : '2.0'}" xmlns="${NAMESPACE}">`,
      leaf('ipAddress', common.ipAddress),
      leaf('portNo', common.portNo),
      leaf(isRecorder && isSmart ? 'protocolType' : 'protocol', protocol),
      leaf('macAddress', common.macAddress),
      ...(isRecorder && channel !== null && channel > 0 ? [leaf('dynChannelID', channel)] : []),
      ...(channel !== null && (!isRecorder || isSmart || channel === 0) ? [leaf('channelID', channel)] : []),
      ...(fields.inputPort === undefined ? [] : [leaf('inputIOPortID', fields.inputPort)]),
      leaf('dateTime', common.dateTime),
      leaf('activePostCount', common.activePostCount),
      leaf('eventType', common.eventType),
      leaf('eventState', common.eventState),
      leaf('eventDescription', common.eventDescription),
      ...(isRecorder && fields.channelName === undefined ? [] : [leaf('channelName', fields.channelName ?? '')]),
      ...regionLines(fields.regions),
      ...(fields.relationEvent === undefined
        ? []
        : [
            '<DurationList>',
            '<Duration>',
            leaf('relationEvent', fields.relationEvent),
            '</Duration>',
            '</DurationList>',
          ]),
      ...(fields.objects ?? []).map(formatElement),
      ...(fields.pictures === undefined
        ? []
        : [leaf('detectionPictureTransType', 'binary'), leaf('detectionPicturesNumber', fields.pictures.length)]),
      ...(fields.target === undefined ? [] : [leaf('targetType', fields.target)]),
      '</EventNotificationAlert>',
    ];
    return lines.join(this.device.lineEnd) + this.device.lineEnd;
  }

  /** Flat, pretty-printed with tabs, as terminals send it. */
  private json(fields: EventFields): string {
    const { channel, ...common } = this.common(fields);
    const message = {
      ...common,
      ...(channel === null ? {} : { channelID: channel }),
      ...(fields.target === undefined ? {} : { targetType: fields.target }),
      ...fields.json,
    };
    return JSON.stringify(message, null, '\t').replace(/\n/g, this.device.lineEnd) + this.device.lineEnd;
  }
}

/** The same parts as the body of a push: one document as it is, with pictures as a form. */
export function pushBodyOf(
  parts: Buffer,
  hasPictures: boolean,
  form: DeviceForm,
): { contentType: string; bytes: Buffer } {
  const boundary = BOUNDARIES[form];
  if (hasPictures) {
    const bytes = Buffer.concat([parts, Buffer.from(`--${boundary}--\r\n`)]);
    return { contentType: `multipart/form-data; boundary=${boundary}`, bytes };
  }
  const end = parts.indexOf('\r\n\r\n');
  const contentType = /^Content-Type: (.+)/m.exec(parts.toString('latin1', 0, end))?.[1]?.trim() ?? XML_TYPE;
  return { contentType, bytes: parts.subarray(end + 4) };
}

function regionLines(regions: readonly EventRegion[] | undefined): string[] {
  if (regions === undefined) return [];
  return [
    '<DetectionRegionList>',
    ...regions.flatMap((region) => [
      '<DetectionRegionEntry>',
      leaf('regionID', region.id),
      leaf('sensitivityLevel', region.sensitivity ?? 50),
      '<RegionCoordinatesList>',
      ...(region.points ?? []).flatMap((point) => [
        '<RegionCoordinates>',
        leaf('positionX', point.x),
        leaf('positionY', point.y),
        '</RegionCoordinates>',
      ]),
      '</RegionCoordinatesList>',
      ...(region.target === undefined ? [] : [leaf('detectionTarget', region.target)]),
      ...(region.targetRect === undefined
        ? []
        : [
            '<TargetRect>',
            leaf('X', region.targetRect.x.toFixed(6)),
            leaf('Y', region.targetRect.y.toFixed(6)),
            leaf('width', region.targetRect.width.toFixed(6)),
            leaf('height', region.targetRect.height.toFixed(6)),
            '</TargetRect>',
          ]),
      '</DetectionRegionEntry>',
    ]),
    '</DetectionRegionList>',
  ];
}

function leaf(name: string, value: string | number): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}
