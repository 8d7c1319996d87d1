import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalBytes, fromHex, sha256, toHex, utf8 } from "../base/index.ts";
import {
  appendLeaf,
  EMPTY_ROOT,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  rootOfLeaves,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from "./index.ts";

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(utf8(`entry ${i}`)));
const store = new Map<string, Uint8Array>();
const read = (level: number, index: number): Uint8Array => {
  const hash = store.get(`${level}/${index}`);
  if (!hash) throw new TypeError(`node ${level}/${index} is not complete`);
  return hash;
};
leaves.forEach((leaf, size) => {
  for (const node of appendLeaf(size, leaf, read)) store.set(`${node.level}/${node.index}`, node.hash);
});
const roots = Array.from({ length: leaves.length + 1 }, (_, n) => rootOfLeaves(leaves.slice(0, n)));
const leafOf = (i: number): Uint8Array => leaves[i] as Uint8Array;
const rootOf = (n: number): Uint8Array => roots[n] as Uint8Array;
const flip = (hash: Uint8Array): Uint8Array => hash.map((byte, i) => (i === 5 ? byte ^ 1 : byte));

describe("a Merkle tree", () => {
  test("has the hashes of RFC 6962", () => {
    expect(toHex(EMPTY_ROOT)).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(toHex(leafHash(new Uint8Array()))).toBe(
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    );
    const whole = sha256(Uint8Array.of(1), leafOf(0), leafOf(1));
    expect(nodeHash(leafOf(0), leafOf(1))).toEqual(whole);
  });

  test("has the roots of the certificate-transparency project's eight test leaves", () => {
    const inputs = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ];
    const hashes = inputs.map((hex) => leafHash(fromHex(hex)));
    const known = [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    expect(known.map((_, n) => toHex(rootOfLeaves(hashes.slice(0, n + 1))))).toEqual(known);
  });

  test("from stored nodes has the root of its definition at every size", () => {
    for (let n = 0; n <= leaves.length; n++) expect(treeRoot(n, read)).toEqual(rootOf(n));
  });

  test("stores every node once", () => {
    expect(store.size).toBe(70 + 35 + 17 + 8 + 4 + 2 + 1);
  });
});

describe("an inclusion proof", () => {
  test("holds for every leaf of every size, and for no neighbour, other size, root or order", () => {
    for (let n = 1; n <= leaves.length; n++)
      for (let i = 0; i < n; i++) {
        const proof = proveInclusion(i, n, read);
        expect(verifyInclusion(i, n, leafOf(i), proof, rootOf(n))).toBe(true);
        expect(verifyInclusion(i, n, leafOf((i + 1) % 70), proof, rootOf(n))).toBe(false);
        if (n > 1) expect(verifyInclusion((i + 1) % n, n, leafOf(i), proof, rootOf(n))).toBe(false);
        expect(verifyInclusion(i, n, leafOf(i), proof, rootOf(n - 1))).toBe(false);
        expect(verifyInclusion(i, n, leafOf(i), [...proof, leafOf(0)], rootOf(n))).toBe(false);
        if (proof.length > 0) expect(verifyInclusion(i, n, leafOf(i), proof.slice(1), rootOf(n))).toBe(false);
        if (proof.length > 0)
          expect(verifyInclusion(i, n, leafOf(i), proof.slice(0, -1), rootOf(n))).toBe(false);
        proof.forEach((hash, at) => {
          expect(verifyInclusion(i, n, leafOf(i), proof.with(at, flip(hash)), rootOf(n))).toBe(false);
        });
      }
  });

  test("with an index or size that is no place in a tree is refused", () => {
    for (const [i, n] of [
      [1, 1],
      [-1, 1],
      [0, 0],
      [0.5, 1],
      [0, Number.POSITIVE_INFINITY],
      [2 ** 53, 2 ** 54],
    ] as const)
      expect(verifyInclusion(i, n, leafOf(0), [], leafOf(0))).toBe(false);
    expect(verifyInclusion(0, 1, leafOf(0), [], leafOf(0))).toBe(true);
    expect(verifyInclusion(0, 2, leafOf(0), [new Uint8Array(31)], leafOf(0))).toBe(false);
  });

  test("works far beyond 2^32 leaves", () => {
    // A tree of 2^40 + 1 leaves whose left half is a made-up complete subtree.
    const left = sha256(utf8("a subtree of 2^40 leaves"));
    const root = nodeHash(left, leafOf(3));
    expect(verifyInclusion(2 ** 40, 2 ** 40 + 1, leafOf(3), [left], root)).toBe(true);
    expect(verifyInclusion(2 ** 40 - 2 ** 32, 2 ** 40 + 1, leafOf(3), [left], root)).toBe(false);
    const wide = (level: number, index: number) => (level === 0 && index === 2 ** 40 ? leafOf(3) : left);
    expect(proveInclusion(2 ** 40, 2 ** 40 + 1, wide)).toEqual([left]);
    expect(verifyConsistency(2 ** 40, 2 ** 40 + 1, [leafOf(3)], left, root)).toBe(true);
    expect(verifyConsistency(2 ** 40, 2 ** 40 + 1, [leafOf(4)], left, root)).toBe(false);
  });
});

describe("a consistency proof", () => {
  test("holds between every two sizes, and for no other root", () => {
    for (let n = 0; n <= leaves.length; n++)
      for (let m = 0; m <= n; m++) {
        const proof = proveConsistency(m, n, read);
        expect(verifyConsistency(m, n, proof, rootOf(m), rootOf(n))).toBe(true);
        expect(verifyConsistency(m, n, proof, flip(rootOf(m)), rootOf(n))).toBe(false);
        if (m > 0) expect(verifyConsistency(m, n, proof, rootOf(m), flip(rootOf(n)))).toBe(false);
        if (m > 0 && m < n)
          expect(verifyConsistency(m, n, [...proof, leafOf(0)], rootOf(m), rootOf(n))).toBe(false);
        if (proof.length > 0)
          expect(verifyConsistency(m, n, proof.slice(1), rootOf(m), rootOf(n))).toBe(false);
        proof.forEach((hash, at) => {
          expect(verifyConsistency(m, n, proof.with(at, flip(hash)), rootOf(m), rootOf(n))).toBe(false);
        });
      }
  });

  test("from a larger tree to a smaller one does not exist", () => {
    expect(verifyConsistency(3, 2, [], rootOf(3), rootOf(2))).toBe(false);
    expect(() => proveConsistency(3, 2, read)).toThrow(TypeError);
  });

  test("does not hold for a log that rewrote an entry", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 69 }), fc.nat(), fc.nat(), (m, extra, at) => {
        const n = m + 1 + (extra % (70 - m));
        const forged = leaves.slice(0, n).map((leaf, i) => (i === at % m ? flip(leaf) : leaf));
        const nodes = new Map<string, Uint8Array>();
        const readForged = (level: number, index: number) => nodes.get(`${level}/${index}`) as Uint8Array;
        forged.forEach((leaf, size) => {
          for (const node of appendLeaf(size, leaf, readForged))
            nodes.set(`${node.level}/${node.index}`, node.hash);
        });
        const proof = proveConsistency(m, n, readForged);
        expect(equalBytes(treeRoot(n, readForged), rootOf(n))).toBe(false);
        expect(verifyConsistency(m, n, proof, rootOf(m), treeRoot(n, readForged))).toBe(false);
      }),
    );
  });
});
