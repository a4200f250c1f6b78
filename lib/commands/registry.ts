/** The five families together, and what is derived from them: methods, names, descriptions. */
import { camera } from './camera';
import { config } from './config';
import { event } from './event';
import { recorder } from './recorder';
import { stream } from './stream';
import type { ArgumentsOf, Command, Effect, Params } from './command';
import { exampleOf } from './examples';
import { deviceClassOf, type Feature, type Features } from './features';

export const registry = { camera, recorder, stream, event, config } as const;

export type Registry = typeof registry;
export type FamilyName = keyof Registry;
/** `camera.snapshot`, ... */
export type CommandName = { [F in FamilyName]: `${F}.${keyof Registry[F] & string}` }[FamilyName];

export interface CallOptions {
  /** Needed by commands whose effect is `danger`. */
  readonly confirm?: boolean;
  /** Ends the call early; what was begun is put right first (a moving camera is told to stop). */
  readonly signal?: AbortSignal;
  /**
   * Over the command port: `text` (when not given) carries ISAPI through it, `binary` asks for the native form where the command
   * has one, with null for what that does not know.
   */
  readonly encoding?: 'text' | 'binary';
  /** Is told how far a long command is, from 0 to 1 and never backwards. */
  readonly onProgress?: (progress: number) => void;
}

/** A command as a method; its arguments may be left out when every one of them may. */
type Method<P extends Params, R> =
  Record<never, never> extends ArgumentsOf<P>
    ? (args?: ArgumentsOf<P>, options?: CallOptions) => Promise<R>
    : (args: ArgumentsOf<P>, options?: CallOptions) => Promise<R>;

/** The families as a client offers them: `client.camera.snapshot({ channel: 1 })`. */
export type Commands = {
  readonly [F in FamilyName]: {
    readonly [C in keyof Registry[F]]: Registry[F][C] extends Command<infer P, infer R> ? Method<P, R> : never;
  };
};

/** What help, editor fields, the command line and the README show of a command. */
export interface CommandDescription {
  readonly name: CommandName;
  readonly family: FamilyName;
  readonly title: string;
  readonly summary: string;
  readonly effect: Effect;
  readonly params: Params;
  readonly needs: Feature | null;
  /** The class of devices that it is for; null for cameras and recorders in general. */
  readonly deviceClass: string | null;
  /** The command port cannot carry it. */
  readonly isHttpOnly: boolean;
  /** It has a native binary form on the command port. */
  readonly isNative: boolean;
  /** Arguments that a device understands; for help and tests. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly returns: string;
  readonly source: readonly string[];
}

const commands = new Map<string, Command>();
const descriptions: CommandDescription[] = [];
for (const [family, definitions] of Object.entries(registry)) {
  for (const [short, definition] of Object.entries(definitions)) {
    const name = `${family}.${short}` as CommandName;
    // Arguments are checked against `params` before `isapi` sees them, so the general type is safe here.
    const command = definition as unknown as Command;
    commands.set(name, command);
    const { title, summary, effect, params, needs, returns, source } = command;
    descriptions.push({
      name,
      family: family as FamilyName,
      title,
      summary,
      effect,
      params,
      needs: needs ?? null,
      deviceClass: deviceClassOf(needs),
      isHttpOnly: command.httpOnly === true,
      isNative: command.commandPort !== undefined,
      example: exampleOf(command),
      returns,
      source,
    });
  }
}
Object.freeze(descriptions);

/** The definition of `camera.snapshot`; undefined for a name that is none, whatever it is. */
export function commandNamed(name: string): Command | undefined {
  return commands.get(name);
}

/** All commands, in the order of their families. */
export function commandList(): readonly CommandDescription[] {
  return descriptions;
}

/** The commands that a device may have: all but those whose feature it says it lacks. */
export function availableCommands(features: Features): readonly CommandDescription[] {
  return descriptions.filter(({ needs }) => needs === null || features[needs] !== false);
}
