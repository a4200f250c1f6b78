/** The figures of one run as a table in the README of the bench. */
import { marked, tableOf } from '../support/marked';
import { ratio, type Figure } from './figure';

/** The text with the table in place of the one before. @throws where it has no place for it. */
export function tableIn(text: string, figures: readonly Figure[]): string {
  return marked(text, 'figures', table(figures));
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
  return tableOf([heads, ...rows]);
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
