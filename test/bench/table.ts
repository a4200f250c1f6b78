/** The figures of one run as a table in the README of the bench. */
import { ratio, type Figure } from './figure';

const BEGIN = '<!-- figures: written by `npm run bench -- --write` -->';
const END = '<!-- end of figures -->';

/** The text with the table in place of the one before. @throws where it has no place for it. */
export function tableIn(text: string, figures: readonly Figure[]): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('the README of the bench has no place for the figures');
  return `${text.slice(0, begin + BEGIN.length)}\n\n${table(figures)}\n\n${text.slice(end)}`;
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, about, unit, ours, peer, peerName, floor, floorName, isLowerBetter } = figure;
    const unitText = isLowerBetter === true ? `${unit} (less is better)` : unit;
    return [
      `\`${name}\``,
      about,
      unitText,
      number(ours),
      peer === null ? (peerName ?? '') : `${number(peer)}: ${peerName}`,
      ratio(ours, peer)?.toString() ?? '',
      floor === null ? '' : `${number(floor)}: ${floorName}`,
      ratio(ours, floor)?.toString() ?? '',
    ];
  });
  const heads = ['figure', 'measured on', 'unit', 'ours', 'peer', 'ours / peer', 'floor', 'ours / floor'];
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
