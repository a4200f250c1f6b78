/** What can be set of the picture of a channel: image, overlays, privacy mask (isapi.md §3.6, §3.7). */
import { decodeText } from '../../codec/text';
import { find, formatXml, parseXml, type XmlElement } from '../../codec/xml';
import { limitsAt, violationOf } from '../../commands/limits';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';
import type { Model } from '../models/model';

type Place = 'camera' | 'recorder';

/** Adds them to a built-in device. */
export function addPictureSettings(model: Model, channel: number, place: Place): void {
  const input =
    place === 'camera'
      ? `/ISAPI/System/Video/inputs/channels/${channel}`
      : `/ISAPI/ContentMgmt/InputProxy/channels/${channel}/video`;
  const image = place === 'camera' ? '/ISAPI/Image/channels' : '/ISAPI/ContentMgmt/ImageProxy/channels';
  model.routes.push(...new ImageChannel(channel).routes(`${image}/${channel}`));
  model.xml(`${input}/overlays`, OVERLAYS);
  model.xml(`${input}/overlays/capabilities`, OVERLAY_CAPABILITIES);
  model.xml(`${input}/privacyMask`, PRIVACY_MASK);
}

/** The image settings: one document, each part of it also under a path of its own. */
class ImageChannel {
  private readonly parts = new Map(PARTS.map((part) => [part.name.toLowerCase(), part]));

  constructor(private readonly channel: number) {}

  routes(base: string): Route[] {
    const route = (method: Route['method'], path: string, run: Route['run']): Route => ({
      method,
      path: new RegExp(`^${base}${path}$`, 'i'),
      run,
    });
    const part = '/([a-z]{1,32})';
    return [
      route('GET', '', (call) => this.readWhole(call)),
      route('PUT', '', (call) => this.written(call, (body) => this.writeWhole(body))),
      route('GET', '/capabilities', (call) => xmlAnswer(textOf(CAPABILITIES), call.device.lineEnd)),
      route('GET', `${part}/capabilities`, (call) => answerPart(call, find(CAPABILITIES, call.groups[0] ?? ''))),
      route('GET', part, (call) => answerPart(call, this.parts.get(nameIn(call)))),
      route('PUT', part, (call) => this.written(call, (body) => this.writePart(nameIn(call), body))),
    ];
  }

  private readWhole(call: RouteCall): DeviceAnswer {
    const parts = [...this.parts.values()].map(textOf);
    return xmlAnswer(
      `<ImageChannel version="2.0" xmlns="${NAMESPACE}">
      <id>${this.channel}</id>
      <enabled>true</enabled>
      <videoInputID>${this.channel}</videoInputID>
      ${parts.join('\n')}
      </ImageChannel>`,
      call.device.lineEnd,
    );
  }

  private written(call: RouteCall, write: (body: XmlElement) => WriteResult): DeviceAnswer {
    let body;
    try {
      body = parseXml(decodeText(call.request.body));
    } catch {
      return call.status('badXmlFormat');
    }
    return call.status(write(body));
  }

  private writeWhole(body: XmlElement): WriteResult {
    if (body.name.toLowerCase() !== 'imagechannel') return 'badXmlContent';
    const given = body.children.filter((child) => this.parts.has(child.name.toLowerCase()));
    if (given.some((part) => !isAllowed(part))) return 'badParameters';
    // A whole document is expected: what is missing is gone.
    this.parts.clear();
    for (const part of given) this.parts.set(part.name.toLowerCase(), part);
    return 'ok';
  }

  private writePart(name: string, body: XmlElement): WriteResult {
    if (!this.parts.has(name)) return 'notSupport';
    if (body.name.toLowerCase() !== name) return 'badXmlContent';
    if (!isAllowed(body)) return 'badParameters';
    this.parts.set(name, body);
    return 'ok';
  }
}

type WriteResult = 'ok' | 'badXmlContent' | 'badParameters' | 'notSupport';

function nameIn(call: RouteCall): string {
  return (call.groups[0] ?? '').toLowerCase();
}

function answerPart(call: RouteCall, part: XmlElement | undefined): DeviceAnswer {
  return part === undefined ? call.status('notSupport') : xmlAnswer(textOf(part), call.device.lineEnd);
}

/** Without the declaration, which `xmlAnswer` writes. */
function textOf(part: XmlElement): string {
  return formatXml(part).replace(/^<\?xml[^>]*\?>\n/, '');
}

/** Every value within what the capabilities say. */
function isAllowed(part: XmlElement): boolean {
  return part.children.every((child) => {
    const limits = limitsAt(find(CAPABILITIES, part.name), child.name);
    const given = limits?.options === null ? Number(child.text) : child.text;
    return child.text === '' || violationOf(child.name, given, limits) === undefined;
  });
}

/** A document in several lines, without the blanks between its elements. */
function settings(content: string): XmlElement[] {
  return parseXml(`<all>${content}</all>`).children.map((part) => ({
    ...part,
    attributes: { version: '2.0', xmlns: NAMESPACE },
  }));
}

const PARTS = settings(`
  <ImageFlip><enabled>false</enabled><ImageFlipStyle>LEFTRIGHT</ImageFlipStyle></ImageFlip>
  <IrcutFilter>
    <IrcutFilterType>auto</IrcutFilterType>
    <nightToDayFilterLevel>4</nightToDayFilterLevel>
    <nightToDayFilterTime>5</nightToDayFilterTime>
  </IrcutFilter>
  <Exposure><ExposureType>auto</ExposureType></Exposure>
  <powerLineFrequency><powerLineFrequencyMode>50hz</powerLineFrequencyMode></powerLineFrequency>
  <WDR><mode>close</mode><WDRLevel>50</WDRLevel></WDR>
  <BLC><enabled>false</enabled><BLCMode>CENTER</BLCMode></BLC>
  <HLC><enabled>false</enabled><HLCLevel>50</HLCLevel></HLC>
  <NoiseReduce><mode>general</mode><GeneralMode><generalLevel>50</generalLevel></GeneralMode></NoiseReduce>
  <WhiteBalance>
    <WhiteBalanceStyle>auto</WhiteBalanceStyle>
    <WhiteBalanceRed>50</WhiteBalanceRed>
    <WhiteBalanceBlue>50</WhiteBalanceBlue>
  </WhiteBalance>
  <Sharpness><SharpnessLevel>50</SharpnessLevel></Sharpness>
  <Gain><GainLevel>40</GainLevel></Gain>
  <Shutter><ShutterLevel>1/25</ShutterLevel></Shutter>
  <Color>
    <brightnessLevel>50</brightnessLevel>
    <contrastLevel>50</contrastLevel>
    <saturationLevel>50</saturationLevel>
    <hueLevel>50</hueLevel>
  </Color>
  <Dehaze><DehazeMode>close</DehazeMode><DehazeLevel>50</DehazeLevel></Dehaze>
  <EIS><enabled>false</enabled></EIS>
  <SupplementLight>
    <supplementLightMode>eventIntelligence</supplementLightMode>
    <mixedLightBrightnessRegulatMode>auto</mixedLightBrightnessRegulatMode>
    <whiteLightBrightness>50</whiteLightBrightness>
    <irLightBrightness>50</irLightBrightness>
    <whiteLightbrightLimit>100</whiteLightbrightLimit>
    <irLightbrightLimit>100</irLightbrightLimit>
  </SupplementLight>`);

const percent = (name: string) => `<${name} min="0" max="100">50</${name}>`;
const words = (name: string, ...options: readonly string[]) =>
  `<${name} opt="${options.join(',')}">${options[0]}</${name}>`;
const onOff = words('enabled', 'true', 'false');

const CAPABILITIES: XmlElement = {
  name: 'ImageChannel',
  attributes: { version: '2.0', xmlns: NAMESPACE },
  text: '',
  children: parseXml(`<all>
  <ImageFlip>${onOff}${words('ImageFlipStyle', 'LEFTRIGHT', 'UPDOWN', 'CENTER')}</ImageFlip>
  <IrcutFilter>
    ${words('IrcutFilterType', 'auto', 'day', 'night', 'schedule')}
    <nightToDayFilterLevel min="0" max="7">4</nightToDayFilterLevel>
    <nightToDayFilterTime min="5" max="120">5</nightToDayFilterTime>
  </IrcutFilter>
  <Exposure>${words('ExposureType', 'auto', 'manual')}</Exposure>
  <powerLineFrequency>${words('powerLineFrequencyMode', '50hz', '60hz')}</powerLineFrequency>
  <WDR>${words('mode', 'close', 'open', 'auto')}${percent('WDRLevel')}</WDR>
  <BLC>${onOff}${words('BLCMode', 'UP', 'DOWN', 'LEFT', 'RIGHT', 'CENTER', 'AUTO')}</BLC>
  <HLC>${onOff}${percent('HLCLevel')}</HLC>
  <NoiseReduce>
    ${words('mode', 'close', 'general', 'advanced')}
    <GeneralMode>${percent('generalLevel')}</GeneralMode>
  </NoiseReduce>
  <WhiteBalance>
    ${words('WhiteBalanceStyle', 'auto', 'manual', 'locked', 'indoor', 'outdoor')}
    ${percent('WhiteBalanceRed')}${percent('WhiteBalanceBlue')}
  </WhiteBalance>
  <Sharpness>${percent('SharpnessLevel')}</Sharpness>
  <Gain>${percent('GainLevel')}</Gain>
  <Shutter>${words('ShutterLevel', '1/25', '1/50', '1/100', '1/250', '1/1000')}</Shutter>
  <Color>${['brightnessLevel', 'contrastLevel', 'saturationLevel', 'hueLevel'].map(percent).join('')}</Color>
  <Dehaze>${words('DehazeMode', 'close', 'open', 'auto')}${percent('DehazeLevel')}</Dehaze>
  <EIS>${onOff}</EIS>
  <SupplementLight>
    ${words('supplementLightMode', 'colorVuWhiteLight', 'irLight', 'eventIntelligence', 'close')}
    ${words('mixedLightBrightnessRegulatMode', 'auto', 'manual')}
    ${['whiteLightBrightness', 'irLightBrightness', 'whiteLightbrightLimit', 'irLightbrightLimit'].map(percent).join('')}
  </SupplementLight></all>`).children,
};

const SCREEN = `<normalizedScreenSize>
  <normalizedScreenWidth>704</normalizedScreenWidth>
  <normalizedScreenHeight>576</normalizedScreenHeight>
  </normalizedScreenSize>`;

const at = (x: number, y: number) => `<positionX>${x}</positionX>\n<positionY>${y}</positionY>`;

const OVERLAYS = `<VideoOverlay version="2.0" xmlns="${NAMESPACE}">
  ${SCREEN}
  <attribute><transparent>false</transparent><flashing>false</flashing></attribute>
  <fontSize>adaptive</fontSize>
  <TextOverlayList size="4">
  <TextOverlay>
  <id>1</id>
  <enabled>false</enabled>
  ${at(16, 544)}
  <displayText></displayText>
  </TextOverlay>
  </TextOverlayList>
  <DateTimeOverlay>
  <enabled>true</enabled>
  ${at(0, 544)}
  <dateStyle>YYYY-MM-DD</dateStyle>
  <timeStyle>24hour</timeStyle>
  <displayWeek>true</displayWeek>
  </DateTimeOverlay>
  <channelNameOverlay>
  <enabled>true</enabled>
  ${at(512, 64)}
  </channelNameOverlay>
  </VideoOverlay>`;

const OVERLAY_CAPABILITIES = `<VideoOverlay version="2.0" xmlns="${NAMESPACE}">
  <DateTimeOverlay>
  ${words('dateStyle', 'YYYY-MM-DD', 'MM-DD-YYYY', 'DD-MM-YYYY')}
  ${words('timeStyle', '12hour', '24hour')}
  ${words('displayWeek', 'true', 'false')}
  </DateTimeOverlay>
  </VideoOverlay>`;

const corner = (x: number, y: number) => `<RegionCoordinates>\n${at(x, y)}\n</RegionCoordinates>`;

const PRIVACY_MASK = `<PrivacyMask version="2.0" xmlns="${NAMESPACE}">
  <enabled>false</enabled>
  ${SCREEN}
  <PrivacyMaskRegionList>
  <PrivacyMaskRegion>
  <id>1</id>
  <enabled>true</enabled>
  <RegionCoordinatesList>
  ${[corner(0, 288), corner(352, 288), corner(352, 576), corner(0, 576)].join('\n')}
  </RegionCoordinatesList>
  <maskType>black</maskType>
  </PrivacyMaskRegion>
  </PrivacyMaskRegionList>
  </PrivacyMask>`;
