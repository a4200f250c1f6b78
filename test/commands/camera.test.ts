import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../lib/commands/arguments';
import { camera } from '../../lib/commands/camera';
import { ConnectionLostError, DeviceBusyError, TimeoutError } from '../../lib/errors';
import {
  context,
  device,
  failureOf,
  JPEG,
  OK,
  refusal,
  reply,
  run,
  xml,
  type Responder,
  type RunOptions,
} from '../support/steps';

const MAIN = 'GET /ISAPI/Streaming/channels/101/picture';
const SIZED = `${MAIN}?videoResolutionWidth=640&videoResolutionHeight=480&snapShotImageType=JPEG`;
const PROXY = 'GET /ISAPI/ContentMgmt/StreamingProxy/channels/101/picture';
const BARE = 'GET /ISAPI/Streaming/channels/1/picture';

const picture = reply(200, JPEG, 'image/jpeg');
const unsupported = refusal(403, 4, 'Invalid Operation', 'notSupport');
const badContent = refusal(400, 6, 'Invalid XML Content', 'badXmlContent');
const busy = refusal(500, 3, 'Device Error', 'deviceError');

function snapshot(respond: Responder, given: Record<string, unknown> = {}, ctx = context()) {
  return run(camera.snapshot.isapi(checkArguments('camera.snapshot', camera.snapshot.params, given), ctx), respond);
}

describe('camera.snapshot', () => {
  it('takes the picture of the main stream', () => {
    const { result, log } = snapshot(device({ [MAIN]: picture }));
    expect(result).toEqual({ contentType: 'image/jpeg', data: JPEG });
    expect(log).toEqual([MAIN]);
  });

  it('asks for channel, stream and size', () => {
    const path =
      'GET /ISAPI/Streaming/channels/502/picture?videoResolutionWidth=640&videoResolutionHeight=480&snapShotImageType=JPEG';
    const { log } = snapshot(device({ [path]: picture }), { channel: 5, stream: 'sub', width: 640, height: 480 });
    expect(log).toEqual([path]);
  });

  it('goes on without the size, by the recorder, and by the bare channel', () => {
    const size = { width: 640, height: 480 };
    expect(snapshot(device({ [SIZED]: badContent, [MAIN]: picture }), size).log).toEqual([SIZED, MAIN]);
    expect(snapshot(device({ [MAIN]: badContent, [PROXY]: picture })).log).toEqual([MAIN, PROXY]);
    expect(snapshot(device({ [BARE]: picture }), size).log).toEqual([SIZED, MAIN, PROXY, BARE]);
  });

  it('does not pass the main stream off as another one', () => {
    const error = failureOf(() => snapshot(device({ [BARE]: picture }), { stream: 'sub' }));
    expect(error.code).toBe('HIK_UNSUPPORTED');
  });

  it('asks twice more while the device is busy', () => {
    const { log, result } = snapshot(device({ [MAIN]: [busy, busy, picture] }));
    expect(log).toEqual([MAIN, 'wait 400', MAIN, 'wait 1200', MAIN]);
    expect(result?.data).toEqual(JPEG);
  });

  it('says that the device is busy when it stays so', () => {
    const error = failureOf(() => snapshot(device({ [MAIN]: busy })));
    expect(error).toBeInstanceOf(DeviceBusyError);
  });

  it('finds the picture of old cameras that answer 500 for an id they do not know', () => {
    expect(snapshot(device({ [MAIN]: busy, [PROXY]: unsupported, [BARE]: picture })).result?.data).toEqual(JPEG);
  });

  it('does not take error documents, web pages and other bytes under 200 for a picture', () => {
    const bodies = [
      refusal(200, 4, 'Invalid Operation', 'notSupport'),
      xml('<html><body>sorry</body></html>'),
      xml('<Something/>'),
      reply(200, '', 'image/jpeg'),
      reply(200, Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'image/jpeg'),
    ];
    for (const body of bodies) {
      expect(snapshot(device({ [MAIN]: body, [PROXY]: picture })).log).toEqual([MAIN, PROXY]);
      expect(failureOf(() => snapshot(device({ [MAIN]: body }))).code).toMatch(/HIK_(UNSUPPORTED|PROTOCOL)/);
    }
  });

  it('remembers per channel what worked', () => {
    const ctx = context();
    const second = 'GET /ISAPI/Streaming/channels/201/picture';
    const respond = device({ [MAIN]: badContent, [PROXY]: picture, [second]: picture });
    expect(snapshot(respond, {}, ctx).log).toEqual([MAIN, PROXY]);
    expect(snapshot(respond, {}, ctx).log).toEqual([PROXY]);
    expect(snapshot(respond, { channel: 2 }, ctx).log).toEqual([second]);
  });

  it('starts the order again when what was remembered stops working', () => {
    const ctx = context();
    snapshot(device({ [MAIN]: badContent, [PROXY]: picture }), {}, ctx);
    expect(snapshot(device({ [MAIN]: picture, [PROXY]: unsupported }), {}, ctx).log).toEqual([PROXY, MAIN]);
    expect(snapshot(device({ [MAIN]: picture }), {}, ctx).log).toEqual([MAIN]);
  });

  it('remembers a size that was refused, and tries another one', () => {
    const ctx = context();
    const respond = device({ [SIZED]: unsupported, [MAIN]: picture });
    const size = { width: 640, height: 480 };
    expect(snapshot(respond, size, ctx).log).toEqual([SIZED, MAIN]);
    expect(snapshot(respond, size, ctx).log).toEqual([MAIN]);
    expect(snapshot(respond, { width: 320, height: 240 }, ctx).log).toHaveLength(2);
    expect(ctx.memory.size).toBe(2);
  });

  it('tells the missing right before the paths that do not exist', () => {
    const error = failureOf(() => snapshot(device({ [MAIN]: refusal(403, 4, 'Invalid Operation', 'lowPrivilege') })));
    expect(error.code).toBe('HIK_PERMISSION');
  });

  it('does not go on after a time-out or a refused password', () => {
    for (const failure of [new TimeoutError('no answer'), reply(401)]) {
      const log: string[] = [];
      failureOf(() =>
        snapshot((request) => {
          log.push(request.path);
          return failure;
        }),
      );
      expect(log).toHaveLength(1);
    }
  });

  it('wants both sides of a size', () => {
    expect(failureOf(() => snapshot(device({}), { width: 640 })).message).toContain('both width and height');
    expect(failureOf(() => snapshot(device({}), { height: 640 })).code).toBe('HIK_ARGUMENT');
  });
});

const PLAIN_MOVE = 'PUT /ISAPI/PTZCtrl/channels/1/continuous';
const PROXY_MOVE = 'PUT /ISAPI/ContentMgmt/PTZCtrlProxy/channels/1/continuous';

function move(respond: Responder, given: Record<string, unknown>, ctx = context(), options: RunOptions = {}) {
  const steps = camera.move.isapi(checkArguments('camera.move', camera.move.params, given), ctx);
  return run(steps, respond, options);
}

function speeds(requests: readonly { body?: string | Buffer }[]): string[] {
  return requests.map(({ body }) => [...String(body).matchAll(/>(-?\d+)</g)].map((match) => match[1]).join(' '));
}

describe('camera.move', () => {
  it('moves, waits and stops', () => {
    const { result, log, requests } = move(device({ [PLAIN_MOVE]: OK }), { pan: 30, tilt: -20, forMs: 700 });
    expect(log).toEqual([PLAIN_MOVE, 'wait 700', PLAIN_MOVE]);
    expect(speeds(requests)).toEqual(['30 -20 0', '0 0 0']);
    expect(requests[0]?.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<PTZData><pan>30</pan><tilt>-20</tilt><zoom>0</zoom></PTZData>\n',
    );
    expect(requests[0]?.contentType).toMatch(/^application\/xml/);
    expect(result).toEqual({ channel: 1, pan: 30, tilt: -20, zoom: 0, stopped: true });
  });

  it('only sends the speeds when forMs is 0', () => {
    const { result, log } = move(device({ [PLAIN_MOVE]: OK }), { zoom: 10, forMs: 0 });
    expect(log).toEqual([PLAIN_MOVE]);
    expect(result?.stopped).toBe(false);
  });

  it('stops at once when all speeds are 0', () => {
    const { result, log } = move(device({ [PLAIN_MOVE]: OK }), {});
    expect(log).toEqual([PLAIN_MOVE]);
    expect(result?.stopped).toBe(true);
  });

  it('finds the path of a recorder, and remembers it for the stop and for later', () => {
    const ctx = context();
    const respond = device({ [PLAIN_MOVE]: unsupported, [PROXY_MOVE]: OK });
    expect(move(respond, { pan: 5 }, ctx).log).toEqual([PLAIN_MOVE, PROXY_MOVE, 'wait 500', PROXY_MOVE]);
    expect(move(respond, { pan: 5 }, ctx).log).toEqual([PROXY_MOVE, 'wait 500', PROXY_MOVE]);
  });

  it('stops when the caller gives up', () => {
    const duringWait = move(device({ [PLAIN_MOVE]: OK }), { pan: 5 }, context(), { giveUpAt: 'wait 500' });
    expect(duringWait.log).toEqual([PLAIN_MOVE, 'wait 500', PLAIN_MOVE]);
    expect(speeds(duringWait.requests)).toEqual(['5 0 0', '0 0 0']);
    const duringRequest = move(device({ [PLAIN_MOVE]: OK }), { pan: 5 }, context(), { giveUpAt: PLAIN_MOVE });
    expect(speeds(duringRequest.requests)).toEqual(['0 0 0']);
  });

  it('leaves the stop to a newer movement', () => {
    const ctx = context();
    const respond = device({ [PLAIN_MOVE]: OK });
    const inner: string[] = [];
    const older = move(respond, { pan: 5, forMs: 1_000 }, ctx, {
      during: () => inner.push(...speeds(move(respond, { pan: -9, forMs: 0 }, ctx).requests)),
    });
    expect(inner).toEqual(['-9 0 0']);
    expect(older.log).toEqual([PLAIN_MOVE, 'wait 1000']);
    expect(older.result?.stopped).toBe(false);
  });

  it('does not mind movements of other channels', () => {
    const ctx = context();
    const respond: Responder = () => OK;
    const older = move(respond, { pan: 5 }, ctx, {
      during: () => void move(respond, { channel: 2, forMs: 0, pan: 1 }, ctx),
    });
    expect(older.result?.stopped).toBe(true);
  });

  it('stops a camera that may have begun to move although no answer came', () => {
    const sent: string[] = [];
    const error = failureOf(() =>
      move(
        (request) => {
          sent.push(...speeds([request]));
          return sent.length === 1 ? new ConnectionLostError('reset') : OK;
        },
        { pan: 5 },
      ),
    );
    expect(error.code).toBe('HIK_CONNECTION_LOST');
    expect(sent).toEqual(['5 0 0', '0 0 0']);
  });

  it('does not stop a camera that refused to move', () => {
    const answers = device({ [PLAIN_MOVE]: unsupported, [PROXY_MOVE]: unsupported });
    const sent: string[] = [];
    const error = failureOf(() =>
      move(
        (request) => {
          sent.push(request.path);
          return answers(request);
        },
        { pan: 5 },
      ),
    );
    expect(error.code).toBe('HIK_UNSUPPORTED');
    expect(sent).toHaveLength(2);
  });

  it('insists on the stop while the device is busy', () => {
    const { log, result } = move(device({ [PLAIN_MOVE]: [OK, busy, busy, OK] }), { pan: 5 });
    expect(log).toEqual([PLAIN_MOVE, 'wait 500', PLAIN_MOVE, 'wait 400', PLAIN_MOVE, 'wait 1200', PLAIN_MOVE]);
    expect(result?.stopped).toBe(true);
  });

  it('says so when the stop does not get through', () => {
    let sent = 0;
    const error = failureOf(() => move(() => (sent++ === 0 ? OK : new TimeoutError('no answer')), { pan: 5 }));
    expect(error.code).toBe('HIK_TIMEOUT');
    expect(sent).toBe(5);
  });
});

describe('presets', () => {
  const call = (respond: Responder, preset: number) =>
    run(camera.gotoPreset.isapi({ channel: 3, preset }, context()), respond);

  it('are gone to', () => {
    const path = 'PUT /ISAPI/PTZCtrl/channels/3/presets/7/goto';
    const { result, requests } = call(device({ [path]: OK }), 7);
    expect(result).toEqual({ channel: 3, preset: 7 });
    expect(requests[0]?.body).toBeUndefined();
  });

  it('are gone to through a recorder', () => {
    const path = 'PUT /ISAPI/ContentMgmt/PTZCtrlProxy/channels/3/presets/7/goto';
    expect(call(device({ [path]: OK }), 7).log).toEqual(['PUT /ISAPI/PTZCtrl/channels/3/presets/7/goto', path]);
  });

  it('that do not exist are told apart from a missing function', () => {
    const path = 'PUT /ISAPI/PTZCtrl/channels/3/presets/9/goto';
    const error = failureOf(() =>
      call(device({ [path]: refusal(403, 4, 'Invalid Operation', 'invalidOperation') }), 9),
    );
    expect(error.code).toBe('HIK_REFUSED');
  });

  it('are listed by number, those that are functions marked', () => {
    const list = `<PTZPresetList>
      <PTZPreset><enabled>false</enabled><id>95</id><presetName>Menu</presetName></PTZPreset>
      <PTZPreset><id>2</id><presetName>Tor &amp; Weg</presetName></PTZPreset>
      <PTZPreset><enabled>true</enabled><id>1</id><presetName></presetName></PTZPreset>
      <PTZPreset><id></id></PTZPreset>
      <PTZPreset><id>33</id></PTZPreset></PTZPresetList>`;
    const respond = device({ '/ISAPI/PTZCtrl/channels/1/presets': list });
    expect(run(camera.listPresets.isapi({ channel: 1 }, context()), respond).result).toEqual([
      { preset: 1, name: null, enabled: true, reserved: false },
      { preset: 2, name: 'Tor & Weg', enabled: null, reserved: false },
      { preset: 33, name: null, enabled: null, reserved: true },
      { preset: 95, name: 'Menu', enabled: false, reserved: true },
    ]);
  });

  it('may be none', () => {
    const respond = device({ '/ISAPI/PTZCtrl/channels/1/presets': '<PTZPresetList version="2.0"/>' });
    expect(run(camera.listPresets.isapi({ channel: 1 }, context()), respond).result).toEqual([]);
  });
});
