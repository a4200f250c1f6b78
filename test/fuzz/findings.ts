/** Inputs that were once too much for a reader. Each is tried again as it was. */
export interface Found {
  readonly what: string;
  readonly target: string;
  readonly input: () => Buffer;
}

export const FINDINGS: readonly Found[] = [];
