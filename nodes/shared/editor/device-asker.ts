/** What a dialog asks the chosen device while it is open: what it can do, and its names. One question at a time. */
import type { Abilities, CommandFailure, Names } from '../command-answers';
import { askRuntime, deviceQuestion, problemText, type Problem } from './ask';
import type { Translate } from './fields';
import { failureTexts } from './trying';
import type { AskNames, Fields } from './parameters';

export interface DeviceAsker {
  /** @param onAbilities is told what the device can do, null where it does not answer, and why not. */
  choose(id: unknown, onAbilities: (commands: ReadonlySet<string> | null, reason: string) => void): void;
  readonly askNames: AskNames;
  close(): void;
}

export function deviceAsker(translate: Translate): DeviceAsker {
  let device: object | null = null;
  /** Counts the devices that were chosen: an answer of another one is not looked at. */
  let chosen = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let known = new Map<string, ReturnType<AskNames>>();

  const ask = <Answer extends object>(
    path: string,
    more: object,
  ): Promise<Answer | CommandFailure | Problem | null> => {
    const asking = chosen;
    const answering = queue.then(() =>
      asking === chosen && device !== null
        ? askRuntime<Answer | CommandFailure>(`hsp/command/${path}`, { ...device, ...more }, $())
        : null,
    );
    queue = answering;
    return answering.then((answer) => (asking === chosen ? answer : null));
  };

  const reasonOf = (answer: CommandFailure | Problem): string => {
    if ('problem' in answer) return problemText(answer, translate);
    const { title, remedy } = failureTexts(answer, translate);
    return remedy === null ? title : `${title}: ${remedy}`;
  };

  const names = async (kind: string, args: Fields): ReturnType<AskNames> => {
    const answer = await ask<Names>('names', { kind, args });
    if (answer === null) return null;
    if ('names' in answer) return answer.names;
    return { reason: 'error' in answer ? failureTexts(answer, translate).title : problemText(answer, translate) };
  };

  return {
    choose: (id, onAbilities) => {
      chosen++;
      known = new Map();
      device = deviceQuestion(id);
      if (device === null) {
        onAbilities(null, '');
        return;
      }
      void ask<Abilities>('abilities', {}).then((answer) => {
        if (answer === null) return;
        if ('commands' in answer) {
          onAbilities(new Set(answer.commands), '');
          return;
        }
        // Who did not answer this, is asked nothing more: a wrong password is not tried again.
        device = null;
        onAbilities(null, reasonOf(answer));
      });
    },
    askNames: (kind, args) => {
      if (device === null) return Promise.resolve(null);
      const key = JSON.stringify([kind, args]);
      const answering = known.get(key) ?? names(kind, args);
      known.set(key, answering);
      return answering;
    },
    close: () => {
      chosen++;
      device = null;
    },
  };
}
