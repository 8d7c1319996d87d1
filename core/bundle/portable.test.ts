import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;

test("base, proof and bundle import nothing of Node and use no Buffer, so that they load in a browser", () => {
  const sources = globSync("core/{base,math,proof,bundle}/**/*.ts", { cwd: ROOT }).filter(
    (path) => !path.endsWith(".test.ts"),
  );
  expect(sources.length).toBeGreaterThan(40);
  const wrong = sources.filter((path) =>
    /(?:from|import)\s*\(?\s*["']node:|\bBuffer\b|\brequire\(/.test(readFileSync(`${ROOT}${path}`, "utf8")),
  );
  expect(wrong).toEqual([]);
});
