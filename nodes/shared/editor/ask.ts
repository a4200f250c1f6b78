/** Questions of a dialog to the runtime, with the rights of the user. */
import { ADDRESS_FIELDS } from '../checks';
import type { Translate } from './fields';

export interface Problem {
  /** A text of the locale. */
  readonly problem: string;
  readonly reason?: string;
}

/** @param button waits as long as the answer takes. @returns a problem instead of failing. */
export function askRuntime<Answer extends object>(
  path: string,
  question: object,
  button: JQuery,
): Promise<Answer | Problem> {
  button.prop('disabled', true);
  return new Promise((resolve) => {
    // The editor adds the token of the user to the questions of jQuery.
    void $.ajax({
      url: path,
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(question),
      dataType: 'json',
    }).then(
      (answer: Answer) => resolve(answer),
      (failed: JQuery.jqXHR) => {
        const problem = failed.responseJSON as Partial<Problem> | undefined;
        resolve(
          typeof problem?.problem === 'string' ? { ...problem, problem: problem.problem } : { problem: 'noAnswer' },
        );
      },
    );
  }).then((answer) => {
    button.prop('disabled', false);
    return answer as Answer | Problem;
  });
}

type ConfigInEditor = Readonly<Record<string, unknown>> & {
  readonly credentials?: { readonly user?: string; readonly password?: string; readonly has_password?: boolean };
};

/** The device a node is set to, as it stands in the editor, deployed or not; null while none is chosen. */
export function deviceQuestion(id: unknown): object | null {
  const config = (typeof id === 'string' ? RED.nodes.node(id) : null) as ConfigInEditor | null;
  if (config === null) return null;
  const fields = Object.fromEntries([...ADDRESS_FIELDS, 'allowBasic'].map((name) => [name, config[name]]));
  const { user, password } = config.credentials ?? {};
  // What was not touched is known to the runtime alone.
  return { id, fields, ...(user === undefined ? {} : { user }), ...(password ? { password } : {}) };
}

export function problemText({ problem, reason }: Problem, translate: Translate): string {
  return translate(`common.ask.${problem}`, { reason: reason ?? '' });
}
