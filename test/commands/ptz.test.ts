/** PTZ commands beyond `move`: what goes out, what comes back, what a device may lack. */
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { registry } from '../../lib/commands/registry';
import { ConnectionLostError } from '../../lib/errors';
import {
  call,
  context,
  device,
  failureOf,
  OK,
  refusal,
  type Responder,
  type Run,
  run,
  written,
  xml,
} from '../support/steps';

const { camera } = registry;
const BASE = '/ISAPI/PTZCtrl/channels/1';
const PROXY = '/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1';
const unsupported = refusal(403, 4, 'Invalid Operation', 'notSupport');
const badContent = refusal(400, 6, 'Invalid XML Content', 'badXmlContent');
const busy = refusal(503, 2, 'Device Busy', 'deviceBusy');

const CAPABILITIES = `<PTZChanelCap version="2.0">
  <AbsolutePanTiltPositionSpace><XRange><Min>0</Min><Max>3600</Max></XRange><YRange><Min>-200</Min><Max>900</Max></YRange></AbsolutePanTiltPositionSpace>
  <AbsoluteZoomPositionSpace><ZRange><Min>10</Min><Max>420</Max></ZRange></AbsoluteZoomPositionSpace>
  <ContinuousPanTiltSpace><XRange><Min>-100</Min><Max>100</Max></XRange><YRange><Min>-100</Min><Max>100</Max></YRange></ContinuousPanTiltSpace>
  <ContinuousZoomSpace><ZRange><min>-100</min><max>100</max></ZRange></ContinuousZoomSpace>
  <maxPresetNum>256</maxPresetNum><maxPatrolNum>8</maxPatrolNum>
  <PresetNameCap><presetNameSupport>true</presetNameSupport><specialNo opt="33,34,94">1</specialNo></PresetNameCap>
  <homePostionSupport>true</homePostionSupport></PTZChanelCap>`;

/** The last document that was written. */
function lastBody(ran: Run<unknown>): string {
  return written(ran).at(-1)?.body ?? '';
}

describe('camera.stop', () => {
  it('sends speeds of 0', () => {
    const stopped = call(camera.stop, {}, device({ [`PUT ${BASE}/continuous`]: OK }));
    expect(lastBody(stopped)).toBe('<PTZData><pan>0</pan><tilt>0</tilt><zoom>0</zoom></PTZData>');
    expect(stopped.result).toMatchObject({ stopped: true });
  });
});

describe('camera.moveMomentary', () => {
  it('leaves the stopping to the camera', () => {
    const path = `PUT ${PROXY}/momentary`;
    const moved = call(camera.moveMomentary, { pan: 20, forMs: 300 }, device({ [path]: OK }));
    expect(moved.log).toEqual([`PUT ${BASE}/momentary`, path]);
    expect(lastBody(moved)).toBe(
      '<PTZData><pan>20</pan><tilt>0</tilt><zoom>0</zoom><Momentary><duration>300</duration></Momentary></PTZData>',
    );
  });

  it('says when the camera has it not', () => {
    expect(failureOf(() => call(camera.moveMomentary, { pan: 1 }, device({}))).code).toBe('HIK_UNSUPPORTED');
  });

  it('takes the channel over from an older movement, unless it is refused', () => {
    for (const [answer, stops] of [
      [OK, false],
      [unsupported, true],
    ] as const) {
      const ctx = context();
      const respond = device({ [`PUT ${BASE}/continuous`]: OK, [`PUT ${BASE}/momentary`]: answer });
      const args = checkArguments('test', camera.move.params, { pan: 5 });
      const older = run(camera.move.isapi(args, ctx), respond, {
        during: () => {
          try {
            call(camera.moveMomentary, { pan: 1 }, respond, ctx);
          } catch {
            expect(answer).toBe(unsupported);
          }
        },
      });
      expect(older.result?.stopped).toBe(stops);
    }
  });
});

describe('camera.moveRelative', () => {
  it('counts parts of the picture', () => {
    const moved = call(camera.moveRelative, { x: 50, y: -100, zoom: 10 }, device({ [`PUT ${BASE}/relative`]: OK }));
    expect(lastBody(moved)).toBe(
      '<PTZData><Relative><positionX>128</positionX><positionY>-255</positionY><relativeZoom>10</relativeZoom></Relative></PTZData>',
    );
    expect(moved.result).toEqual({ channel: 1, x: 50, y: -100, zoom: 10 });
  });
});

describe('camera.moveAbsolute', () => {
  const HIGH =
    '<PTZStatus><AbsoluteHigh><elevation>121</elevation><azimuth>1117</azimuth><absoluteZoom>209</absoluteZoom></AbsoluteHigh></PTZStatus>';

  it('sends tenths, and reads what was left out', () => {
    const respond = device({ [`${BASE}/status`]: HIGH, [`PUT ${BASE}/absolute`]: OK });
    const moved = call(camera.moveAbsolute, { azimuth: 90.5 }, respond);
    expect(lastBody(moved)).toBe(
      '<PTZData><AbsoluteHigh><elevation>121</elevation><azimuth>905</azimuth><absoluteZoom>209</absoluteZoom></AbsoluteHigh></PTZData>',
    );
    expect(moved.result).toEqual({ channel: 1, azimuthDegrees: 90.5, elevationDegrees: 12.1, zoomFactor: 20.9 });
  });

  it('uses the finer form for what is finer, and says what it sent where there is none', () => {
    const aim = { azimuth: 90.25, elevation: 10, zoom: 2 };
    const fine = call(camera.moveAbsolute, aim, device({ [`PUT ${BASE}/absoluteEx`]: OK }));
    expect(lastBody(fine)).toBe(
      '<PTZAbsoluteEx><elevation>10.000</elevation><azimuth>90.250</azimuth><absoluteZoom>2.000</absoluteZoom></PTZAbsoluteEx>',
    );
    const coarse = call(camera.moveAbsolute, aim, device({ [`PUT ${BASE}/absolute`]: OK }));
    expect(coarse.result?.azimuthDegrees).toBe(90.3);
  });

  it('names the range of the camera, which is read once', () => {
    const ctx = context();
    const respond = device({ [`${BASE}/capabilities`]: CAPABILITIES, [`PUT ${BASE}/absolute`]: OK });
    const error = failureOf(() => call(camera.moveAbsolute, { elevation: 100, zoom: 50, azimuth: 1 }, respond, ctx));
    expect(error.code).toBe('HIK_ARGUMENT');
    expect(error.message).toMatch(/elevation.*from -20 to 90.*zoom.*from 1 to 42/);
    const { log } = call(camera.moveAbsolute, { azimuth: 1, elevation: 1, zoom: 1 }, respond, ctx);
    expect(log).toEqual([`PUT ${BASE}/absolute`]);
  });

  it('wants something to do, and a position where the camera does not tell it', () => {
    expect(failureOf(() => call(camera.moveAbsolute, {}, device({}))).code).toBe('HIK_ARGUMENT');
    const empty = device({ [`${BASE}/status`]: '<PTZStatus><AbsoluteHigh/></PTZStatus>' });
    expect(failureOf(() => call(camera.moveAbsolute, { zoom: 2 }, empty)).message).toMatch(/azimuth.*elevation/);
  });
});

describe('camera.position', () => {
  it('is read in degrees', () => {
    const status =
      '<PTZStatus><AbsoluteHigh><elevation>-35</elevation><azimuth> 3599</azimuth><absoluteZoom/></AbsoluteHigh></PTZStatus>';
    expect(call(camera.position, {}, device({ [`${PROXY}/status`]: status })).result).toEqual({
      channel: 1,
      azimuthDegrees: 359.9,
      elevationDegrees: -3.5,
      zoomFactor: null,
    });
  });

  it('is read by the finer form where the status has none', () => {
    const fine =
      '<PTZAbsoluteEx><elevation>12.1</elevation><azimuth>111.7</azimuth><absoluteZoom>20.9</absoluteZoom></PTZAbsoluteEx>';
    const respond = device({ [`${BASE}/status`]: '<PTZStatus/>', [`${BASE}/absoluteEx`]: fine });
    expect(call(camera.position, {}, respond).result?.azimuthDegrees).toBe(111.7);
  });

  it('is missing on a fixed camera', () => {
    expect(failureOf(() => call(camera.position, {}, device({ [`${BASE}/status`]: '<PTZStatus/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
    expect(failureOf(() => call(camera.position, {}, device({ [`${BASE}/status`]: busy }))).code).toBe('HIK_BUSY');
  });
});

describe('camera.ptzCapabilities', () => {
  it('are ranges, counts and reserved numbers', () => {
    expect(call(camera.ptzCapabilities, {}, device({ [`${BASE}/capabilities`]: CAPABILITIES })).result).toEqual({
      channel: 1,
      moves: true,
      azimuthDegrees: { min: 0, max: 360 },
      elevationDegrees: { min: -20, max: 90 },
      zoomFactor: { min: 1, max: 42 },
      panSpeed: { min: -100, max: 100 },
      tiltSpeed: { min: -100, max: 100 },
      zoomSpeed: { min: -100, max: 100 },
      presets: 256,
      patrols: 8,
      patterns: null,
      presetNames: true,
      reservedPresets: [33, 34, 94],
      home: true,
      position3D: null,
    });
  });

  it('of a fixed camera say that it does not move', () => {
    const zeros = `<PTZChannelCap><ContinuousPanTiltSpace><XRange><Min>0</Min><Max>0</Max></XRange></ContinuousPanTiltSpace><maxPresetNum>0</maxPresetNum></PTZChannelCap>`;
    const { result } = call(camera.ptzCapabilities, {}, device({ [`${BASE}/capabilities`]: zeros }));
    expect(result).toMatchObject({ moves: false, panSpeed: null, presets: 0 });
    expect(result?.reservedPresets).toHaveLength(27);
  });

  it('are not another document', () => {
    const wrong = device({ [`${BASE}/capabilities`]: '<DeviceCap/>' });
    expect(failureOf(() => call(camera.ptzCapabilities, {}, wrong)).message).toContain('DeviceCap');
  });
});

describe('places in the picture', () => {
  const path = `PUT ${BASE}/position3D`;
  const points = (x1: number, y1: number, x2: number, y2: number) =>
    `<StartPoint><positionX>${x1}</positionX><positionY>${y1}</positionY></StartPoint>` +
    `<EndPoint><positionX>${x2}</positionX><positionY>${y2}</positionY></EndPoint>`;

  it('are counted by the device from the lower left corner', () => {
    const centered = call(camera.centerOn, { x: 100, y: 0 }, device({ [path]: OK }));
    expect(lastBody(centered)).toBe(`<position3D>${points(255, 255, 255, 255)}</position3D>`);
    const zoomed = call(camera.zoomToArea, { left: 0, top: 20, right: 40, bottom: 100 }, device({ [path]: OK }));
    expect(lastBody(zoomed)).toBe(`<position3D>${points(0, 204, 102, 0)}</position3D>`);
  });

  it('are sent by another name where the camera wants that, and remembered', () => {
    const ctx = context();
    const sent: string[] = [];
    const respond: Responder = ({ body }) => {
      const root = /<(\w+)>/.exec(String(body))?.[1] ?? '';
      sent.push(root);
      return root === 'PTZData' ? OK : badContent;
    };
    call(camera.centerOn, { x: 50, y: 50 }, respond, ctx);
    call(camera.centerOn, { x: 50, y: 50 }, respond, ctx);
    expect(sent).toEqual(['position3D', 'Position3D', 'PTZData', 'PTZData']);
  });

  it('are a rectangle the right way round', () => {
    const error = failureOf(() => call(camera.zoomToArea, { left: 50, top: 0, right: 50, bottom: 9 }, device({})));
    expect(error.message).toContain('right: expected more than 50');
  });
});

describe('storing and deleting presets', () => {
  const list = (name: string) =>
    xml(
      `<PTZPresetList><PTZPreset><id>9</id><presetName>${name}</presetName><enabled>true</enabled></PTZPreset></PTZPresetList>`,
    );

  it('keeps the name that is there', () => {
    const respond = device({ [`${BASE}/presets`]: list('Tor &amp; Weg'), [`PUT ${BASE}/presets/9`]: OK });
    const stored = call(camera.storePreset, { preset: 9 }, respond);
    expect(lastBody(stored)).toBe('<PTZPreset><id>9</id><presetName>Tor &amp; Weg</presetName></PTZPreset>');
    expect(stored.result).toEqual({ preset: 9, name: 'Tor & Weg', enabled: true, reserved: false });
  });

  it('says what the device made of a name', () => {
    const respond = device({ [`${BASE}/presets`]: list('Door'), [`PUT ${BASE}/presets/9`]: OK });
    expect(call(camera.storePreset, { preset: 9, name: 'Door to the garden' }, respond).result?.name).toBe('Door');
  });

  it('does not say that it is stored when it is not', () => {
    const respond = device({ [`${BASE}/presets`]: '<PTZPresetList/>', [`PUT ${BASE}/presets/9`]: OK });
    expect(failureOf(() => call(camera.storePreset, { preset: 9 }, respond)).code).toBe('HIK_NOT_FOUND');
  });

  it('refuses numbers that are functions, by the word of the device first', () => {
    const store = (preset: number, respond: Responder) => call(camera.storePreset, { preset }, respond);
    const forget = (preset: number, respond: Responder) => call(camera.deletePreset, { preset }, respond);
    for (const act of [store, forget]) {
      const ask = (preset: number, respond: Responder) => failureOf(() => act(preset, respond));
      expect(ask(40, device({})).code).toBe('HIK_ARGUMENT');
      const said = device({ [`${BASE}/capabilities`]: CAPABILITIES });
      expect(ask(34, said).code).toBe('HIK_ARGUMENT');
      expect(ask(40, said).code).toBe('HIK_UNSUPPORTED');
      expect(ask(257, said).message).toContain('from 1 to 256');
    }
  });

  it('refuses a name where presets have none', () => {
    const nameless = CAPABILITIES.replace('<presetNameSupport>true', '<presetNameSupport>false');
    const respond = device({ [`${BASE}/capabilities`]: nameless });
    expect(failureOf(() => call(camera.storePreset, { preset: 1, name: 'x' }, respond)).message).toContain('name');
  });

  it('deletes', () => {
    const path = `DELETE ${BASE}/presets/9`;
    expect(call(camera.deletePreset, { preset: 9 }, device({ [path]: OK })).result).toEqual({ channel: 1, preset: 9 });
    const missing = device({ [path]: refusal(403, 4, 'Invalid Operation', 'IDNotexist') });
    expect(failureOf(() => call(camera.deletePreset, { preset: 9 }, missing)).code).toBe('HIK_NOT_FOUND');
  });
});

describe('patrols', () => {
  it('are listed with their stops', () => {
    const patrols = `<PTZPatrolList><PTZPatrol><id>1</id><patrolName>Night</patrolName><PatrolSequenceList>
      <PatrolSequence><presetID>3</presetID><delay>10</delay><seqSpeed>30</seqSpeed></PatrolSequence>
      <PatrolSequence><presetID>4</presetID><dwellTime>5</dwellTime></PatrolSequence>
      <PatrolSequence><presetID>0</presetID></PatrolSequence></PatrolSequenceList></PTZPatrol>
      <PTZPatrol><id>2</id><patrolName/></PTZPatrol><PTZPatrol/></PTZPatrolList>`;
    expect(call(camera.listPatrols, {}, device({ [`${BASE}/patrols`]: patrols })).result).toEqual([
      {
        patrol: 1,
        name: 'Night',
        enabled: null,
        stops: [
          { preset: 3, staySeconds: 10, speed: 30 },
          { preset: 4, staySeconds: 5, speed: null },
        ],
      },
      { patrol: 2, name: null, enabled: null, stops: [] },
    ]);
    expect(call(camera.listPatrols, {}, device({ [`${BASE}/patrols`]: '<PTZPatrolList/>' })).result).toEqual([]);
  });

  it('are started and stopped', () => {
    for (const [command, verb] of [
      [camera.startPatrol, 'start'],
      [camera.stopPatrol, 'stop'],
    ] as const) {
      const path = `PUT ${PROXY}/patrols/2/${verb}`;
      expect(call(command, { patrol: 2 }, device({ [path]: OK })).log.at(-1)).toBe(path);
      expect(failureOf(() => call(command, { patrol: 2 }, device({}))).code).toBe('HIK_UNSUPPORTED');
    }
  });
});

describe('the lens', () => {
  const focus = 'PUT /ISAPI/System/Video/inputs/channels/1/focus';
  const focusBehind = 'PUT /ISAPI/ContentMgmt/InputProxy/channels/1/video/focus';

  it('focuses at a speed and stops', () => {
    const sent = call(camera.focus, { speed: -30, forMs: 200 }, device({ [focus]: OK }));
    expect(sent.log).toEqual([focus, 'wait 200', focus]);
    expect(sent.requests.map(({ body }) => /<focus>(-?\d+)/.exec(String(body))?.[1])).toEqual(['-30', '0']);
    expect(lastBody(sent)).toBe('<FocusData><focus>0</focus></FocusData>');
    expect(sent.result).toEqual({ channel: 1, speed: -30, stopped: true });
  });

  it('focuses behind a recorder, and stops there at once', () => {
    expect(call(camera.focus, { speed: 0 }, device({ [focusBehind]: OK })).log).toEqual([focus, focusBehind]);
  });

  it('stops the iris even when the answer to its start was lost', () => {
    const bodies: string[] = [];
    const error = failureOf(() =>
      call(camera.iris, { speed: 10 }, ({ body }) => {
        bodies.push(String(body));
        return bodies.length === 1 ? new ConnectionLostError('reset') : OK;
      }),
    );
    expect(error.code).toBe('HIK_CONNECTION_LOST');
    expect(bodies.at(-1)).toContain('<IrisData><iris>0</iris></IrisData>');
  });

  it('zooms as a movement', () => {
    const sent = call(camera.zoom, { speed: 40, forMs: 100 }, device({ [`PUT ${BASE}/continuous`]: OK }));
    expect(String(sent.requests[0]?.body)).toContain('<pan>0</pan><tilt>0</tilt><zoom>40</zoom>');
    expect(sent.result).toEqual({ channel: 1, speed: 40, stopped: true });
  });

  it('focuses once by itself, and is initialized', () => {
    const respond = device({ [`PUT ${BASE}/onepushfoucs/start`]: OK, [`PUT ${BASE}/onepushfoucs/reset`]: OK });
    expect(call(camera.autofocus, {}, respond).result).toEqual({ channel: 1 });
    expect(call(camera.initializeLens, {}, respond).result).toEqual({ channel: 1 });
    expect(failureOf(() => call(camera.autofocus, {}, device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('lamp and wiper', () => {
  it('are switched without a namespace, under the number that the device gives them', () => {
    const list = '<PTZAuxList><PTZAux><id>4</id><type>wiper</type></PTZAux></PTZAuxList>';
    const respond = device({ [`${BASE}/auxcontrols`]: list, [`PUT ${BASE}/auxcontrols/4`]: OK });
    const switched = call(camera.switchWiper, { on: true }, respond);
    expect(lastBody(switched)).toBe('<PTZAux><id>4</id><type>WIPER</type><status>on</status></PTZAux>');
    const lamp = call(camera.switchLamp, { on: false }, device({ [`PUT ${BASE}/auxcontrols/1`]: OK }));
    expect(lastBody(lamp)).toBe('<PTZAux><id>1</id><type>LIGHT</type><status>off</status></PTZAux>');
    expect(failureOf(() => call(camera.switchLamp, { on: true }, device({}))).code).toBe('HIK_UNSUPPORTED');
  });
});

describe('home and park action', () => {
  it('are gone to and stored', () => {
    const respond = device({ [`PUT ${BASE}/homeposition`]: OK, [`PUT ${BASE}/homeposition/goto`]: OK });
    expect(call(camera.storeHome, {}, respond).log).toEqual([`PUT ${BASE}/homeposition`]);
    expect(call(camera.gotoHome, {}, respond).log).toEqual([`PUT ${BASE}/homeposition/goto`]);
    expect(failureOf(() => call(camera.gotoHome, {}, device({}))).code).toBe('HIK_UNSUPPORTED');
  });

  const PARK =
    '<ParkAction version="2.0" xmlns="urn:x"><enabled>false</enabled><Parktime>300</Parktime><Action><ActionType>preset</ActionType><ActionNum>1</ActionNum></Action><other>7</other></ParkAction>';

  it('keep what was not asked for', () => {
    const path = `${BASE}/parkaction`;
    const respond = device({ [`GET ${path}`]: PARK, [`PUT ${path}`]: OK });
    const set = call(camera.setParkAction, { enabled: true, afterSeconds: 60 }, respond);
    expect(lastBody(set)).toBe(PARK.replace('false', 'true').replace('300', '60'));
    expect(set.result).toEqual({
      channel: 1,
      enabled: false,
      afterSeconds: 300,
      action: 'preset',
      number: 1,
      rebootRequired: false,
    });
    expect(call(camera.getParkAction, {}, respond).result?.action).toBe('preset');
  });

  it('name what the device allows', () => {
    const path = `${BASE}/parkaction`;
    const caps =
      '<ParkAction><Parktime min="5" max="720"/><Action><ActionType opt="preset,Patrol"/></Action></ParkAction>';
    const respond = device({ [`GET ${path}`]: PARK, [`PUT ${path}`]: OK, [`${path}/capabilities`]: caps });
    const given = { enabled: true, afterSeconds: 1, action: 'sleep' };
    expect(failureOf(() => call(camera.setParkAction, given, respond)).message).toMatch(
      /from 5 to 720.*one of preset, Patrol/,
    );
    expect(lastBody(call(camera.setParkAction, { enabled: true, action: 'patrol' }, respond))).toContain('>Patrol<');
    expect(failureOf(() => call(camera.getParkAction, {}, device({ [path]: '<Other/>' }))).code).toBe(
      'HIK_UNSUPPORTED',
    );
  });
});
