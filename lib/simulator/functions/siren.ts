/** The siren and the flashing light of a camera (isapi.md §5.3). */
import { jsonAnswer } from '../answers';
import type { Model } from '../models/model';

const SOUNDS = [
  { audioID: 1, audioDescription: 'Siren' },
  { audioID: 2, audioDescription: 'Warning, this is a restricted area' },
  { audioID: 3, audioDescription: 'Attention please, you are under surveillance' },
];

/** @param base start of the paths: of the device, or of a channel. */
export function addSiren(model: Model, base: string): void {
  const audio = `${base}/AudioAlarm`;
  model.document(
    audio,
    jsonAnswer({
      AudioAlarm: { audioID: 1, audioClass: 'alertAudio', alertAudioID: 1, audioVolume: 80, alarmTimes: 3 },
    }),
  );
  model.document(
    `${audio}/capabilities`,
    jsonAnswer({
      AudioAlarmCap: {
        audioTypeListCap: SOUNDS,
        audioVolume: { '@min': 1, '@max': 100 },
        alarmTimes: { '@min': 1, '@max': 50 },
      },
    }),
  );
  // Played at once; nothing of it can be read back.
  model.routes.push({
    method: 'PUT',
    path: new RegExp(`^${audio}/(\\d{1,4})/test$`, 'i'),
    run: ({ groups, status }) =>
      status(SOUNDS.some(({ audioID }) => audioID === Number(groups[0])) ? 'ok' : 'badParameters', 'audioID'),
  });
  const light = `${base}/whiteLightAlarm`;
  model.document(light, jsonAnswer({ WhiteLightAlarm: { durationTime: 5, frequency: 'medium' } }));
  model.document(
    `${light}/capabilities`,
    jsonAnswer({
      WhiteLightAlarmCap: {
        durationTime: { '@min': 1, '@max': 60 },
        frequency: { '@opt': 'high,medium,low,normallyOn' },
      },
    }),
  );
}
