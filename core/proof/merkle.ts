/** Merkle trees of RFC 6962 and the verification of their proofs (RFC 9162), for sizes up to 2^53 - 1. */
import { equalBytes, sha256 } from "../base/index.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Root of the empty tree. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

/** Hash of a leaf's data. */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(LEAF, data);
}

/** Hash of an inner node. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== 32 || right.length !== 32) return sha256(NODE, left, right);
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** What an inner node is the hash of, written anew each time: a log computes millions. */
const pair = new Uint8Array(65);
pair.set(NODE);

/** Largest power of two smaller than `n`, for n > 1. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root over leaf hashes by the definition itself: the oracle of this room. */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const k = splitPoint(leaves.length);
  return nodeHash(rootOfLeaves(leaves.slice(0, k)), rootOfLeaves(leaves.slice(k)));
}

// Shifts would cut to 32 bits.
const half = (x: number): number => Math.floor(x / 2);
const odd = (x: number): boolean => x % 2 === 1;
const isCount = (x: number): boolean => Number.isSafeInteger(x) && x >= 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((hash) => hash.length === 32);

/** Whether `proof` shows that the leaf with this hash stands at `index` in the tree of `size` leaves under `root`. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (!areHashes([leaf, root, ...proof])) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (odd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!odd(at) && at > 0) {
        at = half(at);
        last = half(last);
      }
    } else hash = nodeHash(hash, sibling);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(hash, root);
}

/** Whether `proof` shows that the tree of `oldSize` leaves under `oldRoot` is a prefix of the newer one. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): boolean {
  if (!isCount(oldSize) || !isCount(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, EMPTY_ROOT);
  let at = oldSize - 1;
  let last = newSize - 1;
  while (odd(at)) {
    at = half(at);
    last = half(last);
  }
  // The old tree is complete exactly when nothing of it is left to climb; its root then starts the proof.
  const path = at === 0 ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (!first) return false;
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (odd(at) || at === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (!odd(at) && at > 0) {
        at = half(at);
        last = half(last);
      }
    } else newHash = nodeHash(newHash, sibling);
    at = half(at);
    last = half(last);
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot);
}
