/** A text of a dialog onto the clipboard. */

/** @param field a text field. @returns whether it is there; browsers refuse it to pages without TLS, some always. */
export async function copyText(field: JQuery): Promise<boolean> {
  const text = String(field.val() ?? '');
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The older way, which needs the text to be selected.
    field.trigger('focus').trigger('select');
    return document.execCommand('copy');
  }
}
