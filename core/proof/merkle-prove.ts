/** Roots and proofs of a stored tree: only complete nodes are stored, each computed once when its last leaf arrives. */
import { EMPTY_ROOT, nodeHash, splitPoint } from "./merkle.ts";

/** One complete node: level 0 holds the leaf hashes, and node (l, i) covers leaves i·2^l up to (i+1)·2^l. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/** Reads the hash of a complete node. */
export type ReadNode = (level: number, index: number) => Uint8Array;

/**
 * The nodes that become complete when a leaf is appended to a tree of `size` leaves, the leaf's own first.
 * @param read  is asked only for nodes of the tree so far.
 */
export function appendLeaf(size: number, leaf: Uint8Array, read: ReadNode): TreeNode[] {
  const nodes: TreeNode[] = [{ level: 0, index: size, hash: leaf }];
  let index = size;
  let hash = leaf;
  for (let level = 0; index % 2 === 1; level++) {
    hash = nodeHash(read(level, index - 1), hash);
    index = (index - 1) / 2;
    nodes.push({ level: level + 1, index, hash });
  }
  return nodes;
}

function subtree(from: number, to: number, read: ReadNode): Uint8Array {
  const leaves = to - from;
  let level = 0;
  let width = 1;
  while (width < leaves) {
    width *= 2;
    level++;
  }
  if (width === leaves) return read(level, from / width);
  const k = splitPoint(leaves);
  return nodeHash(subtree(from, from + k, read), subtree(from + k, to, read));
}

function requireWithin(value: number, least: number, most: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new TypeError(`${what} ${value} is not in [${least}, ${most}]`);
}

/** Root of the first `size` leaves. @cost O(log size) reads. */
export function treeRoot(size: number, read: ReadNode): Uint8Array {
  requireWithin(size, 0, Number.MAX_SAFE_INTEGER, "size");
  return size === 0 ? EMPTY_ROOT : subtree(0, size, read);
}

/** Proof that leaf `index` is in the tree of `size` leaves. @cost O(log² size) reads. */
export function proveInclusion(index: number, size: number, read: ReadNode): Uint8Array[] {
  requireWithin(index, 0, size - 1, "index");
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      proof.push(subtree(middle, to, read));
      to = middle;
    } else {
      proof.push(subtree(from, middle, read));
      from = middle;
    }
  }
  return proof.reverse();
}

/** Proof that the tree of `oldSize` leaves is a prefix of the tree of `newSize`. @cost O(log² size) reads. */
export function proveConsistency(oldSize: number, newSize: number, read: ReadNode): Uint8Array[] {
  requireWithin(oldSize, 0, newSize, "old size");
  if (oldSize === 0 || oldSize === newSize) return [];
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = newSize;
  while (to !== oldSize) {
    const middle = from + splitPoint(to - from);
    if (oldSize <= middle) {
      proof.push(subtree(middle, to, read));
      to = middle;
    } else {
      proof.push(subtree(from, middle, read));
      from = middle;
    }
  }
  // Left edge only: the old tree is then one complete subtree, whose root the verifier already has.
  if (from !== 0) proof.push(subtree(from, to, read));
  return proof.reverse();
}
