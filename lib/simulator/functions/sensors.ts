/** Devices that measure: temperatures of a thermal camera, people who come and go, sounds of a speaker (isapi.md §5.3, §7.5, §7.6). */
import { element, parseXml, textAt } from '../../codec/xml';
import { JSON_TYPE, NAMESPACE, xmlAnswer, type DeviceAnswer } from '../answers';
import type { Route, RouteCall, SimulatedDevice } from '../device';
import { jsonDocument } from './json';

/* Thermal */

interface Rule {
  readonly id: number;
  readonly name: string;
  readonly kind: 'point' | 'region';
  readonly alarm: number;
  celsius: number;
}

export class Thermometer {
  private readonly rules: Rule[] = [
    { id: 1, name: 'Bearing', kind: 'region', alarm: 80, celsius: 41.5 },
    { id: 2, name: 'Fuse', kind: 'point', alarm: 70, celsius: 30.2 },
  ];

  /** Above its limit the camera warns, and says when it is over. */
  setTemperature(device: SimulatedDevice, id: number, celsius: number): void {
    const rule = this.rules.find((one) => one.id === id);
    if (rule === undefined) return;
    const was = rule.celsius > rule.alarm;
    rule.celsius = celsius;
    const is = celsius > rule.alarm;
    if (!was && !is) return;
    device.emit({
      eventType: 'TMA',
      eventState: is ? 'active' : 'inactive',
      channel: 2,
      json: {
        TMA: {
          ruleID: id,
          ruleName: rule.name,
          presetNo: 1,
          thermometryUnit: 'celsius',
          currTemperature: celsius,
          ruleTemperature: rule.alarm,
          alarmRule: 'highest temperature above',
        },
      },
    });
  }

  routes(): Route[] {
    const base = '/ISAPI/Thermal/channels/2/thermometry';
    return [
      {
        method: 'GET',
        path: new RegExp(`^${base}/realTimethermometry/rules$`, 'i'),
        run: () => this.measured(),
      },
      {
        method: 'GET',
        path: new RegExp(`^${base}/1$`, 'i'),
        run: ({ device }) =>
          xmlAnswer(
            `<ThermometryScene version="2.0" xmlns="${NAMESPACE}">
            <id>1</id>
            <ThermometryRegionList>
            ${this.rules
              .map(
                ({ id, name, kind }) => `<ThermometryRegion>
                <id>${id}</id><enabled>true</enabled><name>${name}</name><type>${kind}</type>
                <emissivity>0.96</emissivity><distance>3</distance>
                <Point><CalibratingCoordinates><positionX>500</positionX><positionY>250</positionY></CalibratingCoordinates></Point>
                </ThermometryRegion>`,
              )
              .join('\n')}
            </ThermometryRegionList>
            </ThermometryScene>`,
            device.lineEnd,
          ),
      },
      {
        method: 'GET',
        path: new RegExp(`^${base}/1/alarmRules$`, 'i'),
        run: ({ device }) =>
          xmlAnswer(
            `<ThermometryAlarmRuleList version="2.0" xmlns="${NAMESPACE}">
            ${this.rules
              .map(
                ({ id, alarm }) => `<ThermometryAlarmRule>
                <id>${id}</id><enabled>true</enabled><rule>highest temperature above</rule>
                <alert>${alarm - 10}</alert><alarm>${alarm}</alarm>
                </ThermometryAlarmRule>`,
              )
              .join('\n')}
            </ThermometryAlarmRuleList>`,
            device.lineEnd,
          ),
      },
    ];
  }

  /** Two rounds of parts; a real camera goes on for ever. */
  private measured(): DeviceAnswer {
    const parts = [...this.rules, ...this.rules].map((rule) => {
      const body = `${JSON.stringify({ ThermometryUploadList: { ThermometryUpload: [uploadOf(rule)] } }, null, '\t')}\r\n`;
      return `--boundary\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    });
    return { status: 200, contentType: 'multipart/mixed; boundary=boundary', body: Buffer.from(parts.join('')) };
  }
}

function uploadOf({ id, name, kind, celsius }: Rule) {
  return {
    ruleName: name,
    ruleID: id,
    presetNo: 1,
    thermometryUnit: 0,
    dataType: 0,
    ...(kind === 'point'
      ? { PointThermCfg: { temperature: celsius } }
      : {
          LinePolygonThermCfg: {
            MaxTemperature: celsius,
            MinTemperature: celsius - 9,
            AverageTemperature: celsius - 4,
          },
        }),
  };
}

/* People */

export class PeopleCounter {
  private enter = 0;
  private exit = 0;

  /** Somebody comes or goes; the camera tells what it has counted since the last reset. */
  pass(device: SimulatedDevice, entered: number, left: number): void {
    this.enter += entered;
    this.exit += left;
    device.emit({
      eventType: 'PeopleCounting',
      description: 'peopleCounting alarm',
      objects: [
        element('peopleCounting', [
          element('statisticalMethods', 'realTime'),
          element('RealTime', [element('time', device.timestamp(device.clock))]),
          element('enter', this.enter),
          element('exit', this.exit),
          element('regionsID', 1),
        ]),
        element('childCounting', [element('enter', 0), element('exit', 0)]),
      ],
    });
  }

  routes(): Route[] {
    const path = (end: string) => new RegExp(`^/ISAPI/System/Video/inputs/channels/1/counting${end}$`, 'i');
    return [
      {
        method: 'GET',
        path: path(''),
        run: ({ device }) =>
          xmlAnswer(`<Counting xmlns="${NAMESPACE}"><enabled>true</enabled></Counting>`, device.lineEnd),
      },
      {
        method: 'GET',
        path: path('/status'),
        run: ({ device }) =>
          xmlAnswer(`<CountingStatus xmlns="${NAMESPACE}"><status>counting</status></CountingStatus>`, device.lineEnd),
      },
      { method: 'POST', path: path('/search'), run: (call) => this.search(call) },
      {
        method: 'PUT',
        path: path('/resetCount'),
        run: ({ status }) => {
          this.enter = this.exit = 0;
          return status('ok');
        },
      },
    ];
  }

  /** What was counted since the last reset belongs to this hour; before it nobody came. */
  private search({ request, device, clock, status }: RouteCall): DeviceAnswer {
    let asked;
    try {
      asked = parseXml(request.body);
    } catch {
      return status('badXmlFormat');
    }
    const report = textAt(asked, 'reportType') ?? '';
    const from = textAt(asked, 'timeSpanList/timeSpan/startTime');
    const to = textAt(asked, 'timeSpanList/timeSpan/endTime');
    const length = new Map([
      ['daily', 13],
      ['monthly', 10],
      ['yearly', 7],
    ]).get(report);
    if (length === undefined) return status('badParameters', 'reportType');
    if (from === null || to === null) return status('MessageParametersLack', 'timeSpan');
    const now = device.timestamp(clock).slice(0, 19);
    const isNow = from <= now && now <= to;
    const start = now.slice(0, length) + '0000-01-01T00:00:00'.slice(length);
    const matches = isNow
      ? `<matchElement>
        <timeSpan><startTime>${start}</startTime><endTime>${now}</endTime></timeSpan>
        <enterCount>${this.enter}</enterCount><exitCount>${this.exit}</exitCount>
        </matchElement>`
      : '';
    return xmlAnswer(
      `<CountingStatisticsResult version="2.0" xmlns="${NAMESPACE}">
      <responseStatus>true</responseStatus>
      <responseStatusStrg>OK</responseStatusStrg>
      <numOfMatches>${isNow ? 1 : 0}</numOfMatches>
      <matchList>${matches}</matchList>
      </CountingStatisticsResult>`,
      device.lineEnd,
    );
  }
}

/* Sounds */

const SOUNDS = ['Chime', 'Please leave', 'Evacuation'];

export class Speaker {
  /** What it plays; null while it is quiet. */
  playing: { readonly sound: number; readonly volume: number; readonly loops: number } | null = null;

  routes(): Route[] {
    const base = '/ISAPI/AccessControl/EventCardLinkageCfg/CustomAudio';
    return [
      jsonDocument(new RegExp(`^${base}$`, 'i'), () => ({
        CustomAudioInfoList: SOUNDS.map((name, index) => ({ customAudioID: index + 1, customAudioName: name })),
      })),
      {
        method: 'PUT',
        path: /^\/ISAPI\/Event\/triggers\/notifications\/AudioAlarm\/AudioOut\/1\/PlayCustomAudioFile$/i,
        run: ({ request, status }) => {
          const number = (name: string, otherwise: number) => Number(request.query.get(name) ?? otherwise);
          const sound = number('customAudioID', 0);
          if (!(sound >= 1 && sound <= SOUNDS.length)) return status('badParameters', 'customAudioID');
          if (this.playing !== null) return status('audioIsPlayingPleaseWait');
          this.playing = { sound, volume: number('audioVolume', 5), loops: number('loopPlaybackTimes', 1) };
          return status('ok');
        },
      },
      {
        method: 'PUT',
        path: new RegExp(`^${base}/(\\d{1,5})/stop$`, 'i'),
        run: ({ groups, status }) => {
          if (this.playing?.sound !== Number(groups[0])) return status('invalidOperation');
          this.playing = null;
          return status('ok');
        },
      },
    ];
  }
}
