/** What may be commanded over MQTT, per device. Pure. */
import type { CheckedArguments, Command, Effect, Params } from '../commands/command';
import { ConfirmationError, NotAllowedError } from '../errors';

/**
 * - `nothing`: no command at all; what a device has when nobody chose.
 * - `read`: what changes nothing.
 * - `act`: also what does something now: move, open a door.
 * - `write`: also settings; and with `confirm: true` what is dangerous.
 */
export const ALLOWANCES = ['nothing', 'read', 'act', 'write'] as const;
export type Allowance = (typeof ALLOWANCES)[number];
export const DEFAULT_ALLOWANCE: Allowance = 'nothing';

const NEEDED: Readonly<Record<Effect, Allowance>> = { read: 'read', act: 'act', write: 'write', danger: 'write' };

/** A word out of a configuration; null for one that is none. */
export function allowanceFrom(word: unknown): Allowance | null {
  return ALLOWANCES.find((one) => one === word) ?? null;
}

/** Does the allowance cover this effect? What is dangerous needs a confirmation besides. */
export function allows(allowance: Allowance, effect: Effect): boolean {
  return ALLOWANCES.indexOf(allowance) >= ALLOWANCES.indexOf(NEEDED[effect]);
}

/** What a call with these arguments does; reading through `config.raw` is a reading. */
function effectOfCall(command: Command, args: CheckedArguments<Params>): Effect {
  return command.effectOf?.(args) ?? command.effect;
}

/**
 * The error that a call is refused with; null when it may go ahead.
 *
 * @param name for the message: `camera.gotoPreset`.
 * @param args checked, as `checkArguments` gives them.
 */
export function refusalOf(
  allowance: Allowance,
  name: string,
  command: Command,
  args: CheckedArguments<Params>,
  confirm: boolean,
): NotAllowedError | ConfirmationError | null {
  const effect = effectOfCall(command, args);
  if (!allows(allowance, effect)) {
    const allowed = allowance === 'nothing' ? 'no commands are allowed' : `only '${allowance}' is allowed`;
    return new NotAllowedError(`over MQTT ${allowed} for this device, and this needs '${NEEDED[effect]}'`, {
      operation: name,
    });
  }
  if (effect === 'danger' && !confirm) {
    return new ConfirmationError('interrupts the device or cannot be undone, so it needs "confirm": true', {
      operation: name,
    });
  }
  return null;
}
