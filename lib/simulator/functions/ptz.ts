/** A camera that turns: position, movement and presets of one PTZ channel, and its ISAPI paths (isapi.md §4). */
import type { Clock } from '../../clock';
import { decodeText } from '../../codec/text';
import { escapeXml, numberAt, parseXml, textAt, find, type XmlElement } from '../../codec/xml';
import { NAMESPACE, xmlAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall } from '../device';

/** Tenths of a degree, tenths of a degree, zoom times ten. */
interface Position {
  readonly azimuth: number;
  readonly elevation: number;
  readonly zoom: number;
}

interface Preset {
  readonly name: string;
  /** Null for a slot in which nothing is stored. */
  readonly position: Position | null;
}

/** Ranges of a real dome. The azimuth goes round. */
const AZIMUTH_TURN = 3_600;
const ELEVATION = { min: -200, max: 900 };
const ZOOM = { min: 10, max: 420 };
/** Change in a second at full speed. */
const PAN_PER_SECOND = 900;
const TILT_PER_SECOND = 600;
const ZOOM_PER_SECOND = 80;
const MAX_SPEED = 100;
const MAX_PRESET = 300;
const MAX_PATROL = 8;
/** How long a patrol looks at each preset. */
const PATROL_STAY_MS = 10_000;

/** What the picture shows from left to right without zoom, in tenths of a degree. */
const WIDEST_VIEW = 600;
/** Both axes of a picture are counted to this. */
const PICTURE_SPAN = 255;
const AUXILIARY = ['LIGHT', 'WIPER'] as const;
const LENS_ROOTS = { focus: 'FocusData', iris: 'IrisData' } as const;
const PARK_ACTIONS = ['autoscan', 'framescan', 'randomscan', 'patrol', 'pattern', 'preset', 'panorama', 'tilt'];

const HOME: Position = { azimuth: 0, elevation: 0, zoom: 10 };

export class Ptz {
  private readonly presets = new Map<number, Preset>([
    [1, { name: 'Gate', position: { azimuth: 450, elevation: 100, zoom: 20 } }],
    [2, { name: 'Car park', position: { azimuth: 1_800, elevation: 250, zoom: 50 } }],
    [3, { name: 'Front door', position: { azimuth: 2_700, elevation: 50, zoom: 10 } }],
    [4, { name: 'preset 4', position: null }],
    // A number with a function: back to the start.
    [34, { name: 'Back to origin', position: HOME }],
  ]);
  private home = HOME;
  private position = HOME;
  private speed = { pan: 0, tilt: 0, zoom: 0 };
  private movesSinceMs = 0;
  private movesUntilMs = Infinity;
  private auxiliary = { LIGHT: 'off', WIPER: 'off' };
  /** Speeds of focus and iris; there is nothing to be seen of them but that. */
  private readonly lens = { focus: 0, iris: 0 };
  private park = { enabled: 'false', seconds: 300, action: 'preset', number: 1 };
  /** A patrol that runs, with its start. All of them visit the stored presets in order. */
  private patrol: { readonly number: number; readonly sinceMs: number } | null = null;

  /** Where it looks now, a movement under way included. */
  positionAt(clock: Clock): Position {
    const visited = this.visitedAt(clock);
    if (visited !== null) return visited;
    const seconds = Math.max(0, Math.min(clock.monotonic(), this.movesUntilMs) - this.movesSinceMs) / 1_000;
    const moved = (rate: number, speed: number) => (rate * seconds * speed) / MAX_SPEED;
    return bounded({
      azimuth: this.position.azimuth + moved(PAN_PER_SECOND, this.speed.pan),
      elevation: this.position.elevation + moved(TILT_PER_SECOND, this.speed.tilt),
      zoom: this.position.zoom + moved(ZOOM_PER_SECOND, this.speed.zoom),
    });
  }

  private visitedAt(clock: Clock): Position | null {
    if (this.patrol === null) return null;
    const stops = [...this.presets.values()].flatMap(({ position }) => (position === null ? [] : [position]));
    const stop = Math.floor((clock.monotonic() - this.patrol.sinceMs) / PATROL_STAY_MS);
    return stops[stop % Math.max(1, stops.length)] ?? null;
  }

  /** @param base start of its paths, as a regular expression without anchors. */
  routes(base: string): Route[] {
    const route = (method: Route['method'], path: string, run: Route['run']): Route => ({
      method,
      path: new RegExp(`^${base}${path}$`, 'i'),
      run,
    });
    const preset = '/presets/(\\d{1,5})';
    return [
      route('GET', '/capabilities', (call) => xmlAnswer(CAPABILITIES, call.device.lineEnd)),
      route('GET', '/status', (call) => this.status(call)),
      route('PUT', '/continuous', (call) => this.withBody(call, 'PTZData', (body) => this.continuous(call, body))),
      route('PUT', '/momentary', (call) => this.withBody(call, 'PTZData', (body) => this.momentary(call, body))),
      route('PUT', '/relative', (call) => this.withBody(call, 'PTZData', (body) => this.relative(call, body))),
      route('PUT', '/absolute', (call) => this.withBody(call, 'PTZData', (body) => this.absolute(call, body))),
      route('GET', '/absoluteEx', (call) => this.readFine(call)),
      route('PUT', '/absoluteEx', (call) => this.withBody(call, 'PTZAbsoluteEx', (body) => this.fine(call, body))),
      route('PUT', '/position3D', (call) => this.withBody(call, 'position3D', (body) => this.lookAt(call, body))),
      route('GET', '/auxcontrols', (call) => this.listAuxiliary(call)),
      route('PUT', '/auxcontrols/(\\d{1,2})', (call) => this.withBody(call, 'PTZAux', (body) => this.turn(call, body))),
      route('PUT', '/onepushfoucs/(?:start|reset)', (call) => call.status('ok')),
      route('GET', '/parkaction/capabilities', (call) => xmlAnswer(PARK_CAPABILITIES, call.device.lineEnd)),
      route('GET', '/parkaction', (call) => this.readPark(call)),
      route('PUT', '/parkaction', (call) => this.withBody(call, 'ParkAction', (body) => this.writePark(call, body))),
      route('GET', '/patrols', (call) => this.listPatrols(call)),
      route('GET', '/presets', (call) => this.listPresets(call)),
      route('GET', preset, (call) => this.readPreset(call)),
      route('PUT', preset, (call) => this.withBody(call, 'PTZPreset', (body) => this.storePreset(call, body))),
      route('DELETE', preset, (call) => this.deletePreset(call)),
      route('PUT', `${preset}/goto`, (call) => this.gotoPreset(call)),
      route('PUT', '/patrols/(\\d{1,3})/start', (call) => this.startPatrol(call)),
      route('PUT', '/patrols/(\\d{1,3})/stop', (call) => this.stopPatrol(call)),
      route('PUT', '/homeposition', (call) => {
        this.home = this.positionAt(call.clock);
        return call.status('ok');
      }),
      route('PUT', '/homeposition/goto', (call) => this.stopAt(this.home, call)),
    ];
  }

  /** Focus and iris, which have places of their own. @param base start of their paths. */
  lensRoutes(base: string): Route[] {
    return (['focus', 'iris'] as const).flatMap((name): Route[] => [
      {
        method: 'PUT',
        path: new RegExp(`^${base}/${name}$`, 'i'),
        run: (call) => this.withBody(call, `${name}Data`, (body) => this.drive(call, name, body)),
      },
      {
        method: 'GET',
        path: new RegExp(`^${base}/${name}$`, 'i'),
        run: (call) =>
          xmlAnswer(
            `<${LENS_ROOTS[name]}><${name}>${this.lens[name]}</${name}></${LENS_ROOTS[name]}>`,
            call.device.lineEnd,
          ),
      },
    ]);
  }

  private drive(call: RouteCall, name: 'focus' | 'iris', body: XmlElement): DeviceAnswer {
    const speed = numberAt(body, name);
    if (speed === null || Math.abs(speed) > MAX_SPEED) return call.status('badParameters', name);
    this.lens[name] = speed;
    return call.status('ok');
  }

  private listAuxiliary(call: RouteCall): DeviceAnswer {
    const entries = AUXILIARY.map(
      (type, index) =>
        `<PTZAux>\n<id>${index + 1}</id>\n<type>${type}</type>\n<status>${this.auxiliary[type]}</status>\n</PTZAux>`,
    );
    return xmlAnswer(
      `<PTZAuxList version="2.0" xmlns="${NAMESPACE}">\n${entries.join('\n')}\n</PTZAuxList>`,
      call.device.lineEnd,
    );
  }

  private turn(call: RouteCall, body: XmlElement): DeviceAnswer {
    const type = AUXILIARY[presetNumber(call) - 1];
    const status = textAt(body, 'status');
    if (type === undefined) return call.status('invalidOperation');
    // A namespace is what at least one camera trips over (isapi.md §4.4).
    if (body.attributes.xmlns !== undefined) return call.status('badXmlContent');
    if (textAt(body, 'type') !== type || (status !== 'on' && status !== 'off')) return call.status('badParameters');
    this.auxiliary[type] = status;
    return call.status('ok');
  }

  private readPark(call: RouteCall): DeviceAnswer {
    const { enabled, seconds, action, number } = this.park;
    return xmlAnswer(
      `<ParkAction version="2.0" xmlns="${NAMESPACE}">
      <enabled>${enabled}</enabled>
      <Parktime>${seconds}</Parktime>
      <Action>
      <ActionType>${action}</ActionType>
      <ActionNum>${number}</ActionNum>
      </Action>
      </ParkAction>`,
      call.device.lineEnd,
    );
  }

  private writePark(call: RouteCall, body: XmlElement): DeviceAnswer {
    const enabled = textAt(body, 'enabled');
    const seconds = numberAt(body, 'Parktime');
    const action = textAt(body, 'Action/ActionType');
    const number = numberAt(body, 'Action/ActionNum');
    if (enabled === null || seconds === null || action === null || number === null) {
      return call.status('MessageParametersLack');
    }
    if (seconds < 5 || seconds > 720 || !PARK_ACTIONS.includes(action)) return call.status('badParameters');
    this.park = { enabled: enabled === 'true' ? 'true' : 'false', seconds, action, number };
    return call.status('ok');
  }

  /** All patrols visit the stored presets in order. */
  private listPatrols(call: RouteCall): DeviceAnswer {
    const stops = [...this.presets].flatMap(([id, { position }]) =>
      position === null
        ? []
        : `<PatrolSequence>
          <presetID>${id}</presetID>
          <delay>${PATROL_STAY_MS / 1_000}</delay>
          <seqSpeed>30</seqSpeed>
          </PatrolSequence>`,
    );
    const entries = Array.from(
      { length: MAX_PATROL },
      (_, index) => `<PTZPatrol>
      <id>${index + 1}</id>
      <patrolName>Patrol ${index + 1}</patrolName>
      <PatrolSequenceList>\n${stops.join('\n')}\n</PatrolSequenceList>
      </PTZPatrol>`,
    );
    return xmlAnswer(
      `<PTZPatrolList version="2.0" xmlns="${NAMESPACE}">\n${entries.join('\n')}\n</PTZPatrolList>`,
      call.device.lineEnd,
    );
  }

  private readFine(call: RouteCall): DeviceAnswer {
    const { azimuth, elevation, zoom } = this.positionAt(call.clock);
    const fine = (name: string, value: number) => `<${name}>${(value / 10).toFixed(3)}</${name}>`;
    return xmlAnswer(
      `<PTZAbsoluteEx version="2.0" xmlns="${NAMESPACE}">
      ${fine('elevation', elevation)}
      ${fine('azimuth', azimuth)}
      ${fine('absoluteZoom', zoom)}
      </PTZAbsoluteEx>`,
      call.device.lineEnd,
    );
  }

  private fine(call: RouteCall, body: XmlElement): DeviceAnswer {
    const [azimuth, elevation, zoom] = ['azimuth', 'elevation', 'absoluteZoom'].map((name) => numberAt(body, name));
    if (typeof azimuth !== 'number' || typeof elevation !== 'number' || typeof zoom !== 'number') {
      return call.status('badParameters');
    }
    return this.stopAt({ azimuth: azimuth * 10, elevation: elevation * 10, zoom: zoom * 10 }, call);
  }

  /** The middle of the rectangle comes to the middle of the picture, its width fills it. */
  private lookAt(call: RouteCall, body: XmlElement): DeviceAnswer {
    const corners = ['StartPoint', 'EndPoint'].flatMap((point) => [
      numberAt(body, `${point}/positionX`),
      numberAt(body, `${point}/positionY`),
    ]);
    const [x1, y1, x2, y2] = corners.filter((value) => value !== null && value >= 0 && value <= PICTURE_SPAN);
    if (typeof x1 !== 'number' || typeof y1 !== 'number' || typeof x2 !== 'number' || typeof y2 !== 'number') {
      return call.status('badParameters');
    }
    const now = this.positionAt(call.clock);
    const view = WIDEST_VIEW / (now.zoom / ZOOM.min);
    const off = (a: number, b: number) => (a + b) / 2 / PICTURE_SPAN - 0.5;
    const width = Math.abs(x2 - x1) / PICTURE_SPAN;
    return this.stopAt(
      {
        azimuth: now.azimuth + off(x1, x2) * view,
        // Counted from the bottom of the picture; elevation grows downwards.
        elevation: now.elevation - off(y1, y2) * view,
        zoom: width === 0 ? now.zoom : now.zoom / width,
      },
      call,
    );
  }

  private withBody(call: RouteCall, root: string, run: (body: XmlElement) => DeviceAnswer): DeviceAnswer {
    let body;
    try {
      body = parseXml(decodeText(call.request.body));
    } catch {
      return call.status('badXmlFormat');
    }
    return body.name.toLowerCase() === root.toLowerCase() ? run(body) : call.status('badXmlContent');
  }

  private move(call: RouteCall, speed: { pan: number; tilt: number; zoom: number }, forMs: number): DeviceAnswer {
    this.position = this.positionAt(call.clock);
    this.patrol = null;
    this.speed = speed;
    this.movesSinceMs = call.clock.monotonic();
    this.movesUntilMs = this.movesSinceMs + forMs;
    return call.status('ok');
  }

  private stopAt(position: Position, call: RouteCall): DeviceAnswer {
    this.position = bounded(position);
    this.patrol = null;
    this.speed = { pan: 0, tilt: 0, zoom: 0 };
    this.movesSinceMs = call.clock.monotonic();
    this.movesUntilMs = this.movesSinceMs;
    return call.status('ok');
  }

  private startPatrol(call: RouteCall): DeviceAnswer {
    const number = presetNumber(call);
    if (number < 1 || number > MAX_PATROL) return call.status('badParameters', 'id');
    this.stopAt(this.positionAt(call.clock), call);
    this.patrol = { number, sinceMs: call.clock.monotonic() };
    return call.status('ok');
  }

  private stopPatrol(call: RouteCall): DeviceAnswer {
    if (this.patrol?.number !== presetNumber(call)) return call.status('invalidOperation');
    return this.stopAt(this.positionAt(call.clock), call);
  }

  private continuous(call: RouteCall, body: XmlElement): DeviceAnswer {
    const speed = speedOf(body);
    // Never stops by itself: that is up to the client.
    return speed === null ? call.status('badParameters') : this.move(call, speed, Infinity);
  }

  private momentary(call: RouteCall, body: XmlElement): DeviceAnswer {
    const speed = speedOf(body);
    const durationMs = numberAt(body, 'Momentary/duration');
    if (speed === null || durationMs === null || durationMs < 0) return call.status('badParameters');
    return this.move(call, speed, durationMs);
  }

  private relative(call: RouteCall, body: XmlElement): DeviceAnswer {
    const x = numberAt(body, 'Relative/positionX');
    const y = numberAt(body, 'Relative/positionY');
    const zoom = numberAt(body, 'Relative/relativeZoom') ?? 0;
    if (x === null || y === null || Math.abs(x) > 255 || Math.abs(y) > 255) return call.status('badParameters');
    const now = this.positionAt(call.clock);
    return this.stopAt({ azimuth: now.azimuth + x, elevation: now.elevation - y, zoom: now.zoom + zoom }, call);
  }

  private absolute(call: RouteCall, body: XmlElement): DeviceAnswer {
    const azimuth = numberAt(body, 'AbsoluteHigh/azimuth');
    const elevation = numberAt(body, 'AbsoluteHigh/elevation');
    const zoom = numberAt(body, 'AbsoluteHigh/absoluteZoom');
    if (azimuth === null || elevation === null || zoom === null) return call.status('badParameters');
    return this.stopAt({ azimuth, elevation, zoom }, call);
  }

  private status(call: RouteCall): DeviceAnswer {
    return xmlAnswer(
      `<PTZStatus version="2.0" xmlns="${NAMESPACE}">\n${absoluteHigh(this.positionAt(call.clock))}\n</PTZStatus>`,
      call.device.lineEnd,
    );
  }

  private listPresets(call: RouteCall): DeviceAnswer {
    const entries = [...this.presets].map(([id, preset]) => presetElement(id, preset));
    return xmlAnswer(
      `<PTZPresetList version="2.0" xmlns="${NAMESPACE}">\n${entries.join('\n')}\n</PTZPresetList>`,
      call.device.lineEnd,
    );
  }

  private readPreset(call: RouteCall): DeviceAnswer {
    const id = presetNumber(call);
    const preset = this.presets.get(id);
    if (preset === undefined) return call.status('IDNotexist', 'id');
    return xmlAnswer(presetElement(id, preset, ` version="2.0" xmlns="${NAMESPACE}"`), call.device.lineEnd);
  }

  private storePreset(call: RouteCall, body: XmlElement): DeviceAnswer {
    const id = presetNumber(call);
    const given = numberAt(body, 'id');
    if (id < 1 || id > MAX_PRESET || (given !== null && given !== id)) return call.status('badParameters', 'id');
    const name = textAt(body, 'presetName')?.slice(0, 64) ?? this.presets.get(id)?.name ?? `preset ${id}`;
    this.presets.set(id, { name, position: this.positionAt(call.clock) });
    return call.status('ok');
  }

  private deletePreset(call: RouteCall): DeviceAnswer {
    return call.status(this.presets.delete(presetNumber(call)) ? 'ok' : 'IDNotexist', 'id');
  }

  private gotoPreset(call: RouteCall): DeviceAnswer {
    const position = this.presets.get(presetNumber(call))?.position;
    return position === null || position === undefined ? call.status('IDNotexist', 'id') : this.stopAt(position, call);
  }
}

function presetNumber(call: RouteCall): number {
  return Number(call.groups[call.groups.length - 1]);
}

/** Null when one of them is no number from -100 to 100; a missing one is 0. */
function speedOf(body: XmlElement): { pan: number; tilt: number; zoom: number } | null {
  const read = (name: string) => (find(body, name) === undefined ? 0 : numberAt(body, name));
  const [pan, tilt, zoom] = [read('pan'), read('tilt'), read('zoom')];
  if (pan === null || tilt === null || zoom === null) return null;
  return [pan, tilt, zoom].some((speed) => Math.abs(speed) > MAX_SPEED) ? null : { pan, tilt, zoom };
}

function bounded(position: Position): Position {
  const within = (value: number, range: { min: number; max: number }) =>
    Math.round(Math.min(range.max, Math.max(range.min, value)));
  const turned = Math.round(position.azimuth) % AZIMUTH_TURN;
  return {
    azimuth: turned < 0 ? turned + AZIMUTH_TURN : turned,
    elevation: within(position.elevation, ELEVATION),
    zoom: within(position.zoom, ZOOM),
  };
}

function absoluteHigh(position: Position): string {
  return `<AbsoluteHigh>
  <elevation>${position.elevation}</elevation>
  <azimuth>${position.azimuth}</azimuth>
  <absoluteZoom>${position.zoom}</absoluteZoom>
  </AbsoluteHigh>`;
}

function presetElement(id: number, preset: Preset, attributes = ''): string {
  return `<PTZPreset${attributes}>
  <enabled>${preset.position !== null}</enabled>
  <id>${id}</id>
  <presetName>${escapeXml(preset.name)}</presetName>
  ${preset.position === null ? '' : absoluteHigh(preset.position)}
  </PTZPreset>`;
}

const range = (name: string, min: number, max: number) => `<${name}><Min>${min}</Min><Max>${max}</Max></${name}>`;

// "Chanel" with one n is how devices write it.
const CAPABILITIES = `<PTZChanelCap version="2.0" xmlns="${NAMESPACE}">
<AbsolutePanTiltPositionSpace>
${range('XRange', 0, AZIMUTH_TURN)}
${range('YRange', ELEVATION.min, ELEVATION.max)}
</AbsolutePanTiltPositionSpace>
<AbsoluteZoomPositionSpace>${range('ZRange', ZOOM.min, ZOOM.max)}</AbsoluteZoomPositionSpace>
<ContinuousPanTiltSpace>
${range('XRange', -MAX_SPEED, MAX_SPEED)}
${range('YRange', -MAX_SPEED, MAX_SPEED)}
</ContinuousPanTiltSpace>
<ContinuousZoomSpace>${range('ZRange', -MAX_SPEED, MAX_SPEED)}</ContinuousZoomSpace>
<maxPresetNum>${MAX_PRESET}</maxPresetNum>
<maxPatrolNum>${MAX_PATROL}</maxPatrolNum>
<maxPatternNum>0</maxPatternNum>
<PresetNameCap>
<presetNameSupport>true</presetNameSupport>
<specialNo opt="33,34,35,36,37,38,39,40,41,42,43,44,45,92,93,94,95,96,97,98,99,100,101,102,103,104,105">1</specialNo>
</PresetNameCap>
<homePostionSupport>true</homePostionSupport>
<isSupportPosition3D>true</isSupportPosition3D>
</PTZChanelCap>`;

const PARK_CAPABILITIES = `<ParkAction version="2.0" xmlns="${NAMESPACE}">
<enabled opt="true,false">true</enabled>
<Parktime min="5" max="720">300</Parktime>
<Action><ActionType opt="${PARK_ACTIONS.join(',')}">preset</ActionType><ActionNum min="0" max="${MAX_PRESET}">1</ActionNum></Action>
</ParkAction>`;
