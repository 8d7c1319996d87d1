import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { type Home, newHome } from "./cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const tutorial = (name: string) => readFileSync(join(ROOT, "docs/tutorials", `${name}.md`), "utf8");

/** The fenced blocks of a page in one language. */
const blocks = (page: string, language: string): string[] =>
  [...page.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text as string);

/** Runs every `npx arqon` line of a page and checks its exit code; those of `differs` say that something differs. */
async function follow(home: Home, page: string, differs: RegExp): Promise<string> {
  let output = "";
  for (const line of blocks(page, "sh").join("").split("\n")) {
    const [, rest] = /^npx arqon (.*)$/.exec(line) ?? [];
    if (rest === undefined) continue;
    const words = (rest.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
    const args = words.map((word) => (word.startsWith("examples/") ? join(ROOT, word) : word));
    const { code, stdout, stderr } = await home.arqon(args);
    expect([line, code], stderr + stdout).toEqual([line, differs.test(line) ? 1 : 0]);
    output += stdout;
  }
  return output;
}

test("the tutorials can be followed as they are written, by two people, and show what comes", async () => {
  using ada = newHome();
  using grace = newHome();
  const share = tutorial("share-an-experiment");
  mkdirSync(ada.path, { mode: 0o700 });
  writeFileSync(join(ada.path, "profile.json"), blocks(share, "json")[0] as string);
  const shared = await follow(ada, share, /$^/);
  const day = /\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?/g;
  const shown = (text: string) => text.replace(day, "today");
  for (const block of [...blocks(share, ""), ...blocks(share, "bibtex")])
    expect(shown(shared)).toContain(shown(block));

  for (const [from, to] of [
    [ada.file("bell.zip"), "bell.zip"],
    [join(ada.path, "trust.json"), "ada-trust.json"],
  ] as const)
    copyFileSync(from, grace.file(basename(to)));
  const replay = tutorial("replay-an-experiment");
  const replayed = await follow(grace, replay, /--seed 43/);
  for (const block of blocks(replay, "")) expect(shown(replayed)).toContain(shown(block));
  expect(replayed).toContain("1 of 1 parents verified from here");
});

test("the tutorial about noise can be followed as it is written", async () => {
  using home = newHome();
  const output = await follow(home, tutorial("simulate-with-noise"), /$^/);
  for (const words of ["engine    density", "<XXXX> = 0.9", "the same unitary, up to a phase"])
    expect(output).toContain(words);
});

test("the tutorial's TypeScript runs, and gives counts of a noisy pair", async () => {
  using home = newHome();
  const front = join(ROOT, "substrates/quantum/index.ts");
  const source = (blocks(tutorial("simulate-with-noise"), "ts")[0] as string).replace(
    '"@arqon/substrates/quantum"',
    JSON.stringify(front),
  );
  const file = home.file("noise.ts");
  writeFileSync(file, `${source}\nexport default { counts, method, reason };\n`);
  const { default: result } = (await import(file)) as {
    default: { counts: ReadonlyMap<string, number>; method: string };
  };
  expect([result.method, result.counts.values().reduce((sum, count) => sum + count, 0)]).toEqual([
    "density",
    4096,
  ]);
  expect(result.counts.get("01") ?? 0).toBeGreaterThan(20);
});
