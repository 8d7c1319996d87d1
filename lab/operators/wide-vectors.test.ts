import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { widenVectors } from "./wide-vectors.ts";

const script = new URL("./wide-vectors.fixture.ts", import.meta.url).pathname;
const run = (kind: string): { wide: boolean; digests: string[] } =>
  JSON.parse(execFileSync(process.execPath, [script, kind], { encoding: "utf8", timeout: 300_000 }));

test("kernels with vectors of 256 bits give the bits of those with 128: both precisions, layers and fused gates, with a crew", () => {
  const [narrow, wide] = [run("narrow"), run("wide")];
  expect(narrow.wide).toBe(false);
  // The Node that is pinned is one where vectors are widened.
  if (process.arch === "x64" && process.version === "v26.10.0") expect(wide.wide).toBe(true);
  expect(new Set(wide.digests).size).toBe(wide.digests.length);
  expect(wide.digests).toEqual(narrow.digests);
});

test("ARQON_VECTORS=128 leaves them as they are", async () => {
  expect(await widenVectors({ ARQON_VECTORS: "128" })).toBe(false);
});
