/** At most so many at a time; the others wait for a place, in order. */
export class AtMost {
  private readonly inside = new Set<object>();
  private readonly waiting = new Map<object, () => void>();

  constructor(private readonly most: number) {}

  /** @param begin is called when there is a place, at once where there is. @returns leaves, whether it has begun or not. */
  enter(begin: () => void): () => void {
    const place = {};
    if (this.inside.size < this.most) {
      this.inside.add(place);
      begin();
    } else this.waiting.set(place, begin);
    return () => {
      this.waiting.delete(place);
      if (this.inside.delete(place)) this.next();
    };
  }

  private next(): void {
    for (const [place, begin] of this.waiting) {
      this.waiting.delete(place);
      this.inside.add(place);
      begin();
      return;
    }
  }
}
