/** Programs of the tests that somebody starts by hand. */

/** Was only help asked for? Then it has been printed. */
export function isHelpAsked(usage: string): boolean {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return false;
  process.stdout.write(`${usage.trim()}\n`);
  return true;
}
