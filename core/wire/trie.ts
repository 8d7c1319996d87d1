/** Finds the filters that match a topic in time that follows the topic's length, not the number of filters. */

interface Node<T> {
  children?: Map<string, Node<T>>;
  /** Values of filters that end here. */
  values?: Set<T>;
  /** Values of filters that end here with ">". */
  rest?: Set<T>;
}

/** A set of (filter, value) pairs, searched by topic. */
export class TopicTrie<T> {
  readonly #root: Node<T> = {};
  #size = 0;

  /** Number of pairs. */
  get size(): number {
    return this.#size;
  }

  /** Adds a pair; adding it twice changes nothing. The filter must be valid. */
  add(filter: string, value: T): void {
    const tokens = filter.split(".");
    const rest = tokens.at(-1) === ">";
    let node = this.#root;
    for (const token of rest ? tokens.slice(0, -1) : tokens) {
      node.children ??= new Map();
      let next = node.children.get(token);
      if (!next) {
        next = {};
        node.children.set(token, next);
      }
      node = next;
    }
    const kind = rest ? "rest" : "values";
    const set = node[kind] ?? new Set<T>();
    node[kind] = set;
    if (set.has(value)) return;
    set.add(value);
    this.#size++;
  }

  /** Removes a pair. Returns whether it was there. */
  delete(filter: string, value: T): boolean {
    const tokens = filter.split(".");
    const rest = tokens.at(-1) === ">";
    const path: [Node<T>, string][] = [];
    let node = this.#root;
    for (const token of rest ? tokens.slice(0, -1) : tokens) {
      const next = node.children?.get(token);
      if (!next) return false;
      path.push([node, token]);
      node = next;
    }
    const found = (rest ? node.rest : node.values)?.delete(value) ?? false;
    if (!found) return false;
    this.#size--;
    for (let i = path.length - 1; i >= 0; i--) {
      const [parent, token] = path[i] as [Node<T>, string];
      const child = parent.children?.get(token);
      if (!child || child.children?.size || child.values?.size || child.rest?.size) break;
      parent.children?.delete(token);
    }
    return true;
  }

  /** Every value with a filter that matches `topic`, once each, in the order found. */
  match(topic: string): Set<T> {
    const found = new Set<T>();
    const tokens = topic.split(".");
    const visit = (node: Node<T>, depth: number): void => {
      if (depth === tokens.length) {
        if (node.values) for (const value of node.values) found.add(value);
        return;
      }
      if (node.rest) for (const value of node.rest) found.add(value);
      const exact = node.children?.get(tokens[depth] as string);
      if (exact) visit(exact, depth + 1);
      const any = node.children?.get("*");
      if (any) visit(any, depth + 1);
    };
    visit(this.#root, 0);
    return found;
  }
}
