/** Files of the caller as parameters. */
import type { TextParam } from './command';

/** A path on the machine that runs this; what the device says never becomes one. */
export function fileParam(description: string): { readonly [N in keyof TextParam]: TextParam[N] } & {
  readonly kind: 'text';
} {
  return {
    kind: 'text',
    title: 'File',
    description,
    maxLength: 4_096,
    pattern: { expression: /^[^\0]+$/, meaning: 'the path of a file' },
  };
}
