/** Elements without markup: whatever a device says goes in as text. */

type Child = Node | string | null;

interface Properties {
  readonly class?: string;
  readonly title?: string;
  readonly hidden?: boolean;
  /** Attributes, by their names in HTML. */
  readonly [attribute: string]: string | boolean | undefined;
}

export function element<N extends keyof HTMLElementTagNameMap>(
  name: N,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[N] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(properties)) {
    if (value === true) made.setAttribute(attribute, '');
    else if (typeof value === 'string') made.setAttribute(attribute, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An element of the page itself. @throws Error for one that is not there. */
export function byId<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

/** Writes only what is new, so that nothing is read out or drawn twice. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Children in this order, moving only those that stand elsewhere: the focus and pictures stay. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}
