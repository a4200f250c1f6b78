/** A line on the terminal that says how far a long command is. */

const WIDTH = 40;

/** Draws over the same line again and again; only what a person sees differently is written. */
export function progressBar(write: (text: string) => void): (progress: number | null) => void {
  let shown = '';
  return (progress) => {
    const line = progress === null ? '' : lineOf(progress);
    if (line === shown) return;
    write(`\r${line.padEnd(shown.length)}${line === '' ? '\r' : ''}`);
    shown = line;
  };
}

function lineOf(progress: number): string {
  const filled = Math.round(progress * WIDTH);
  const percent = String(Math.floor(progress * 100)).padStart(3);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${percent} %`;
}
