/** What the runtime answers to the dialog of a command. Types only, for both sides. */

/** It went wrong at the device, or on the way to it. */
export interface CommandFailure {
  readonly error: { readonly code: string; readonly message: string };
}

/** The names of the commands that the device may have. */
export interface Abilities {
  readonly commands: readonly string[];
}

export interface Names {
  readonly names: readonly { readonly value: string; readonly label: string | null }[];
}

/** Nothing was sent yet: it is done when it is asked again with this effect as `confirmed`. */
export interface Unconfirmed {
  readonly confirm: 'act' | 'write' | 'danger';
}

export interface Tried {
  readonly answer: unknown;
  /** `data:image/...`; null where there is no picture, or one that is too large. */
  readonly picture: string | null;
  readonly isCut: boolean;
  readonly tookMs: number;
}

/** How far a call is, from 0 to 1; null where nobody says. */
export interface TryProgress {
  readonly progress: number | null;
}
