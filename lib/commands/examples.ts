/** Arguments to show and to try: those of the definition, else what follows from the kinds of the parameters. */
import type { Command, Param } from './command';

/**
 * All that a command needs, and what its definition adds. Parameters that may be left out are left out, because what they stand
 * for differs from device to device.
 */
export function exampleOf({ params, example }: Pick<Command, 'params' | 'example'>): Readonly<Record<string, unknown>> {
  const needed = Object.entries(params).filter(([, param]) => param.default === undefined && param.optional !== true);
  return { ...Object.fromEntries(needed.map(([parameter, param]) => [parameter, valueOf(param)])), ...example };
}

function valueOf(param: Param): unknown {
  switch (param.kind) {
    case 'integer':
    case 'number':
      return Math.max(param.min, Math.min(1, param.max));
    case 'text':
      return 'example'.slice(0, param.maxLength);
    case 'boolean':
      return true;
    case 'choice':
      return param.choices[0];
    case 'time':
      return '2024-05-01T12:30:00';
    case 'json':
      return {};
  }
}
