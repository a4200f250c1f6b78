/**
 * A small, valid, grey JPEG with a label in it, for snapshots and event pictures. Every byte is made here: baseline JPEG in
 * which each block of 8 x 8 pixels has one grey value, so only DC coefficients are coded (ITU-T T.81, annex F and K).
 */

export interface PictureOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Digits, `:`, `-`, blanks and the letters A-Z; anything else is left blank. */
  readonly label: string;
}

const BLOCK_PX = 8;
const MIN_SIDE_PX = 16;
const MAX_SIDE_PX = 4_096;
const QUANTIZER = 8;

/** Letters of 3 x 5 dots, rows from the top, 3 bits each. */
// prettier-ignore -- a table
const FONT: Readonly<Record<string, string>> = {
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71717',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71122',
  '8': '75757',
  '9': '75717',
  ':': '02020',
  '-': '00700',
  A: '75755',
  B: '65656',
  C: '74447',
  D: '65556',
  E: '74647',
  F: '74644',
  G: '74557',
  H: '55755',
  I: '72227',
  J: '11157',
  K: '55655',
  L: '44447',
  M: '57755',
  N: '67555',
  O: '75557',
  P: '75744',
  Q: '75571',
  R: '75655',
  S: '74717',
  T: '72222',
  U: '55557',
  V: '55552',
  W: '55775',
  X: '55255',
  Y: '55222',
  Z: '71247',
};

/** Code lengths and values of the DC table: ITU-T T.81, table K.3. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/** @returns the JPEG; sides outside 16..4096 pixels are brought into that range. */
export function drawPicture(options: PictureOptions): Buffer {
  const widthPx = clampSide(options.widthPx);
  const heightPx = clampSide(options.heightPx);
  const columns = Math.ceil(widthPx / BLOCK_PX);
  const rows = Math.ceil(heightPx / BLOCK_PX);
  const greys = paint(columns, rows, options.label.toUpperCase());
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...new Array<number>(64).fill(QUANTIZER)]),
    segment(0xc0, [8, heightPx >> 8, heightPx & 0xff, widthPx >> 8, widthPx & 0xff, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, ...DC_COUNTS, ...DC_VALUES.slice(0, sum(DC_COUNTS))]),
    // One AC code only: `0` is the end of the block.
    segment(0xc4, [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    encodeBlocks(greys),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** One grey value (0..255) per block: a slope of light with the label in the middle, as large as it fits. */
function paint(columns: number, rows: number, label: string): number[] {
  const greys: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      greys.push(48 + Math.round((96 * (row + column)) / Math.max(1, rows + columns - 2)));
    }
  }
  const widthDots = Math.max(1, label.length * 4 - 1);
  const scale = Math.max(1, Math.min(Math.floor((columns - 2) / widthDots), Math.floor((rows - 2) / 5)));
  const left = Math.floor((columns - widthDots * scale) / 2);
  const top = Math.floor((rows - 5 * scale) / 2);
  [...label].forEach((letter, place) => {
    const shape = FONT[letter];
    if (shape === undefined) return;
    for (let dot = 0; dot < 15 * scale * scale; dot++) {
      const x = Math.floor(dot % (3 * scale));
      const y = Math.floor(dot / (3 * scale));
      const isLit = (Number(shape[Math.floor(y / scale)]) >> (2 - Math.floor(x / scale))) & 1;
      const column = left + place * 4 * scale + x;
      const row = top + y;
      if (isLit === 1 && column >= 0 && column < columns && row >= 0 && row < rows) greys[row * columns + column] = 235;
    }
  });
  return greys;
}

function encodeBlocks(greys: readonly number[]): Buffer {
  const codes = huffmanCodes();
  const bytes: number[] = [];
  let held = 0;
  let heldBits = 0;
  const put = (value: number, bits: number) => {
    for (let bit = bits - 1; bit >= 0; bit--) {
      held = (held << 1) | ((value >> bit) & 1);
      if (++heldBits < 8) continue;
      bytes.push(held);
      if (held === 0xff) bytes.push(0); // stuffed, so that it is no marker
      held = heldBits = 0;
    }
  };
  let before = 0;
  for (const grey of greys) {
    // A flat block has the DC coefficient 8 * (grey - 128), divided by the quantizer.
    const value = Math.round(((grey - 128) * 8) / QUANTIZER);
    const difference = value - before;
    before = value;
    const size = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
    const code = codes[size] ?? { value: 0, bits: 0 };
    put(code.value, code.bits);
    put(difference >= 0 ? difference : difference + (1 << size) - 1, size);
    put(0, 1);
  }
  if (heldBits > 0) put(0xff, 8 - heldBits);
  return Buffer.from(bytes);
}

function huffmanCodes(): { value: number; bits: number }[] {
  const codes: { value: number; bits: number }[] = [];
  let value = 0;
  DC_COUNTS.forEach((count, index) => {
    for (let n = 0; n < count; n++) codes.push({ value: value++, bits: index + 1 });
    value <<= 1;
  });
  return codes;
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 0xff, ...content]);
}

function clampSide(side: number): number {
  return Math.round(Math.min(MAX_SIDE_PX, Math.max(MIN_SIDE_PX, Number.isFinite(side) ? side : MIN_SIDE_PX)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
