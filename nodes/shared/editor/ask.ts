/** Questions of a dialog to the runtime, with the rights of the user. */

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
