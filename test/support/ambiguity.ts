/**
 * Finds regular expressions whose time grows faster than their input.
 *
 * A backtracking matcher is slow where one text can be read in many ways and the reading may still fail at its end. With one position
 * for each character class of the expression (Glushkov's automaton), that is so where some text leads from a position p back to p,
 * from p to another position q, and from q back to q (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991), or
 * where two ways lead from one position to the next within a loop. The search for a beginning counts as a loop of its own: `x+$` is
 * tried at each x.
 */

interface Atom {
  /** Source of one character class, escape or character. */
  readonly source: string;
}

type Tree =
  | { readonly kind: 'atom'; readonly atom: Atom }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly item: Tree; readonly min: number; readonly max: number }
  | { readonly kind: 'look'; readonly item: Tree }
  | { readonly kind: 'start' | 'condition' };

/** More repeats than these cost as much as any number of them. */
const MANY = 256;
/** Copies that stand for a repeat with bounds. */
const COPIES = 3;

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  parse(): Tree {
    const tree = this.choice();
    if (this.at < this.source.length) throw new Error(`cannot read ${this.source} at ${this.at}`);
    return tree;
  }

  private get next(): string {
    return this.source[this.at] ?? '';
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private choice(): Tree {
    const items = [this.sequence()];
    while (this.takes('|')) items.push(this.sequence());
    return items.length === 1 ? (items[0] as Tree) : { kind: 'choice', items };
  }

  private sequence(): Tree {
    const items: Tree[] = [];
    while (this.at < this.source.length && this.next !== '|' && this.next !== ')') items.push(this.repeated());
    return { kind: 'sequence', items };
  }

  private repeated(): Tree {
    const item = this.single();
    const braces = /^\{(\d+)(,?)(\d*)\}/.exec(this.source.slice(this.at));
    let bounds: [number, number];
    if (this.takes('*')) bounds = [0, Infinity];
    else if (this.takes('+')) bounds = [1, Infinity];
    else if (this.takes('?')) bounds = [0, 1];
    else if (braces !== null) {
      this.at += braces[0].length;
      const min = Number(braces[1]);
      bounds = [min, braces[2] === '' ? min : braces[3] === '' ? Infinity : Number(braces[3])];
    } else return item;
    // What is preferred changes nothing where all is tried.
    this.takes('?');
    return { kind: 'repeat', item, min: bounds[0], max: bounds[1] };
  }

  private single(): Tree {
    if (this.takes('^')) return { kind: 'start' };
    if (this.takes('$') || this.takes('\\b') || this.takes('\\B')) return { kind: 'condition' };
    if (this.takes('(?<=') || this.takes('(?<!')) {
      // It looks at what has been read already, and is short.
      const behind = this.choice();
      if (isUnbounded(behind)) throw new Error(`${this.source}: looks back without a bound`);
      this.takes(')');
      return { kind: 'condition' };
    }
    if (this.takes('(?=') || this.takes('(?!')) return this.closed((item) => ({ kind: 'look', item }));
    if (this.takes('(?:')) return this.closed((item) => item);
    if (this.takes('(?<')) this.at = this.source.indexOf('>', this.at) + 1;
    else if (!this.takes('(')) return { kind: 'atom', atom: { source: this.atom() } };
    return this.closed((item) => item);
  }

  private closed(make: (item: Tree) => Tree): Tree {
    const item = this.choice();
    if (!this.takes(')')) throw new Error(`${this.source}: a bracket is not closed`);
    return make(item);
  }

  private atom(): string {
    const rest = this.source.slice(this.at);
    if (/^\\(?:[1-9]|k<)/.test(rest)) throw new Error(`${this.source}: reads again what it has read`);
    const found =
      /^\[(?:[^\]\\]|\\[^])*\]|^\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|p\{[^}]*\}|[^])|^[^]/iu.exec(
        rest,
      )?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

function isUnbounded(tree: Tree): boolean {
  if (tree.kind === 'sequence' || tree.kind === 'choice') return tree.items.some(isUnbounded);
  if (tree.kind === 'repeat') return tree.max > MANY || isUnbounded(tree.item);
  return false;
}

/** How a part of an expression begins and ends. */
interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Of the last ones those behind which nothing is looked at any more. */
  readonly freeLast: readonly number[];
  /** It may be nothing at all. */
  readonly nullable: boolean;
  /** It may be nothing at all without a look at what stands there. */
  readonly free: boolean;
}

const NOTHING: Part = { first: [], last: [], freeLast: [], nullable: true, free: true };
/** What cannot be there: a beginning in the middle. */
const NEVER: Part & { readonly dead: true } = { ...NOTHING, nullable: false, free: false, dead: true };

/** Positions, and which may stand behind which. */
class Automaton {
  readonly atoms: Atom[] = [];
  /** Each way from a position to the next one; two equal entries are two ways. */
  readonly follow: number[][] = [];
  /** Behind these nothing can fail any more. */
  readonly free = new Set<number>();
  /** `^` holds. */
  private atStart = true;

  constructor(
    tree: Tree,
    private readonly everyLine: boolean,
    isSticky: boolean,
  ) {
    const whole = this.build(tree);
    this.accept(whole);
    if (isSticky) return;
    // The search for a beginning: any character, again and again, before the whole.
    this.atStart = false;
    const search = this.position({ source: '[^]' });
    this.follow[search]?.push(search);
    const later = this.build(tree);
    this.accept(later);
    this.join([search], later.first);
  }

  private accept({ freeLast }: Part): void {
    for (const position of freeLast) this.free.add(position);
  }

  private position(atom: Atom): number {
    this.follow.push([]);
    return this.atoms.push(atom) - 1;
  }

  private join(from: readonly number[], to: readonly number[]): void {
    for (const position of from) this.follow[position]?.push(...to);
  }

  private build(tree: Tree): Part & { readonly dead?: boolean } {
    switch (tree.kind) {
      case 'atom': {
        const position = this.position(tree.atom);
        return { first: [position], last: [position], freeLast: [position], nullable: false, free: false };
      }
      case 'start':
        return this.atStart || this.everyLine ? { ...NOTHING, free: false } : NEVER;
      case 'condition':
        return { ...NOTHING, free: false };
      case 'look': {
        // Read like anything else, and nothing comes behind it.
        const inner = this.build(tree.item);
        this.accept(inner);
        return { ...NOTHING, first: inner.first, free: false };
      }
      case 'choice': {
        const parts = tree.items.map((item) => this.build(item)).filter(({ dead }) => dead !== true);
        return {
          first: parts.flatMap(({ first }) => first),
          last: parts.flatMap(({ last }) => last),
          freeLast: parts.flatMap(({ freeLast }) => freeLast),
          nullable: parts.some(({ nullable }) => nullable),
          free: parts.some(({ free }) => free),
          ...(parts.length === 0 ? { dead: true } : {}),
        };
      }
      case 'sequence':
        return tree.items.reduce<Part & { dead?: boolean }>(
          (before, item) => (before.dead === true ? before : this.sequence(before, this.build(item))),
          NOTHING,
        );
      case 'repeat':
        return this.repeat(tree);
    }
  }

  private sequence(one: Part, other: Part & { readonly dead?: boolean }): Part & { dead?: boolean } {
    if (other.dead === true) return NEVER;
    this.join(one.last, other.first);
    return {
      first: [...one.first, ...(one.nullable ? other.first : [])],
      last: [...other.last, ...(other.nullable ? one.last : [])],
      freeLast: [...other.freeLast, ...(other.free ? one.freeLast : [])],
      nullable: one.nullable && other.nullable,
      free: one.free && other.free,
    };
  }

  private repeat({ item, min, max }: Extract<Tree, { kind: 'repeat' }>): Part & { dead?: boolean } {
    const endless = max > MANY;
    const needed = Math.min(min, COPIES);
    // Each of those that may be left out stands in the one before it: there is one way to have two of them.
    let rest: Part & { dead?: boolean } = NOTHING;
    for (let copy = endless ? needed : Math.max(Math.min(max, COPIES), needed); copy > needed; copy--) {
      const whole = this.sequence(this.build(item), rest);
      rest = whole.dead === true ? NOTHING : { ...whole, nullable: true, free: true };
    }
    if (endless) {
      const part = this.build(item);
      this.join(part.last, part.first);
      rest = part.dead === true ? NOTHING : { ...part, nullable: true, free: true };
    }
    let whole: Part & { dead?: boolean } = NOTHING;
    for (let copy = 0; copy < needed; copy++) whole = this.sequence(whole, this.build(item));
    whole = this.sequence(whole, rest);
    return whole;
  }
}

/** Characters that stand for all others. */
const CHARACTERS = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)), ...'é\u0301\u200b\u2028中'];

/** Why an expression is not linear: a text to repeat; null for one that is. @throws Error for what cannot be judged. */
export function ambiguityOf(expression: RegExp): string | null {
  const automaton = new Automaton(new Parser(expression.source).parse(), expression.multiline, expression.sticky);
  const flags = expression.flags.replace(/[gym]/g, '');
  const matchers = new Map<string, RegExp>();
  const matches = ({ source }: Atom, character: string): boolean => {
    let matcher = matchers.get(source);
    if (matcher === undefined) matchers.set(source, (matcher = new RegExp(`^(?:${source})$`, flags)));
    return matcher.test(character);
  };
  // Characters that no class tells apart are one.
  const letters = [
    ...new Map(
      CHARACTERS.map((letter) => [automaton.atoms.map((atom) => (matches(atom, letter) ? 1 : 0)).join(''), letter]),
    ).values(),
  ];
  const taken = automaton.atoms.map((atom) => letters.map((letter) => matches(atom, letter)));
  const { follow, free } = automaton;
  const loops = componentsOf(follow);
  const isLoop = (position: number) => follow[position]?.some((next) => loops[next] === loops[position]) === true;

  for (const [from, nexts] of follow.entries()) {
    const twice = nexts.find((next, at) => loops[next] === loops[from] && nexts.indexOf(next) !== at);
    if (twice !== undefined && !free.has(twice)) return `two ways through ${automaton.atoms[twice]?.source}`;
  }
  const step = (position: number, letter: number, within: number | null): number[] =>
    (follow[position] ?? []).filter(
      (next) => taken[next]?.[letter] === true && (within === null || loops[next] === within),
    );
  const looping = follow.flatMap((_, position) => (isLoop(position) ? [position] : []));
  for (const p of looping) {
    const reached = reachableFrom(p, follow);
    for (const q of looping) {
      if (q === p || !reached.has(q) || free.has(q)) continue;
      const text = pumped(p, q, letters, (position, letter, loop) => step(position, letter, loop), loops);
      if (text !== null) return text;
    }
  }
  return null;
}

/** A text that leads from p to p, from p to q and from q to q. */
function pumped(
  p: number,
  q: number,
  letters: readonly string[],
  step: (position: number, letter: number, within: number | null) => readonly number[],
  loops: readonly number[],
): string | null {
  const seen = new Set<string>([`${p},${p},${q}`]);
  const waiting: [first: number, middle: number, last: number, text: string][] = [[p, p, q, '']];
  for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
    const [first, middle, last, text] = state;
    for (const [index, letter] of letters.entries()) {
      for (const one of step(first, index, loops[p] ?? null)) {
        for (const two of step(middle, index, null)) {
          for (const three of step(last, index, loops[q] ?? null)) {
            if (one === p && two === q && three === q) return text + letter;
            const key = `${one},${two},${three}`;
            if (seen.has(key)) continue;
            seen.add(key);
            waiting.push([one, two, three, text + letter]);
          }
        }
      }
    }
  }
  return null;
}

function reachableFrom(from: number, follow: readonly (readonly number[])[]): Set<number> {
  const reached = new Set<number>();
  const waiting = [...(follow[from] ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(follow[next] ?? []));
  }
  return reached;
}

/** The loop that each position belongs to. */
function componentsOf(follow: readonly (readonly number[])[]): number[] {
  const reached = follow.map((_, position) => reachableFrom(position, follow));
  return follow.map((_, position) => {
    const first = follow.findIndex(
      (__, other) =>
        other === position || (reached[position]?.has(other) === true && reached[other]?.has(position) === true),
    );
    return first;
  });
}
