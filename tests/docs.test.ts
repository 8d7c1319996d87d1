import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMON_OPTIONS } from "../apps/cli/command.ts";
import { allCommands } from "../apps/cli/commands.ts";
import { ROOT, read, repositoryFiles, WINGS } from "./house.ts";

const pages = repositoryFiles("*.md", "**/*.md");
const exists = (path: string): boolean => existsSync(resolve(ROOT, path));

/** What a page calls code: spans, and the lines of blocks. */
const spansOf = (page: string): string[] =>
  [...read(page).matchAll(/(?<!`)`([^`\n]+)`/g)].map(([, span]) => span as string);
const linesOf = (page: string): string[] =>
  [...read(page).matchAll(/^```(?:sh|text)?\n([\s\S]*?)^```|^ {4}(\S.*)$/gm)].flatMap(([, block, indented]) =>
    (block ?? indented ?? "").replaceAll("\\\n", " ").split("\n"),
  );

/** What `find` objects to, over every page, as "page: what". */
const objections = (find: (page: string) => readonly string[]): string[] =>
  pages.flatMap((page) => find(page).map((what) => `${page}: ${what}`));

/** The anchor that a heading has on a forge. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

/** Where the links of a page lead inside the repository: a path from the root, and a heading where one is named. */
function linksOf(
  page: string,
): { readonly target: string; readonly path: string; readonly anchor?: string }[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^https?:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? page : normalize(join(dirname(page), file));
      return { target, path, ...(anchor !== undefined && { anchor }) };
    });
}

describe("the pages", () => {
  test("every link leads to a file, and to a heading where it names one", () => {
    const dead = objections((page) =>
      linksOf(page)
        .filter(({ path, anchor }) => {
          if (!exists(path)) return true;
          if (anchor === undefined || statSync(resolve(ROOT, path)).isDirectory()) return false;
          const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
            anchorOf(text as string),
          );
          return !headings.includes(anchor);
        })
        .map(({ target }) => target),
    );
    expect(dead).toEqual([]);
  });

  test("every page can be reached from README.md", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached)
      for (const { path } of linksOf(page))
        for (const other of pages)
          if (other === path || other.startsWith(`${path.replace(/\/$/, "")}/`)) reached.add(other);
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  test("every file that is named by its path is there", () => {
    const tops = new Set(repositoryFiles().map((path) => path.split("/")[0]));
    const named = /^[\w.-]+(?:\/[\w.-]+)*\/[\w.-]+\.[a-z0-9]+$/;
    const missing = objections((page) =>
      spansOf(page).filter((span) => named.test(span) && tops.has(span.split("/")[0]) && !exists(span)),
    );
    expect(missing).toEqual([]);
  });

  test("every room stands in ARCHITECTURE.md", () => {
    const rooms = Object.values(WINGS).flatMap((folder) =>
      repositoryFiles(`${folder}/*/*.ts`).map(
        (path) => path.slice(folder.length + 1).split("/")[0] as string,
      ),
    );
    const architecture = read("ARCHITECTURE.md");
    expect(
      [...new Set(rooms)].filter((room) => room !== "testing" && !architecture.includes(`\`${room}\``)),
    ).toEqual([]);
  });

  test("every decision has its number in its title", () => {
    const wrong = pages.filter((page) => {
      const [, number] = /^docs\/adr\/0*(\d+)-/.exec(page) ?? [];
      return number !== undefined && !read(page).startsWith(`# ${number}. `);
    });
    expect(wrong).toEqual([]);
  });

  test("every script of npm is there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = objections((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)]
        .map(([, name]) => name as string)
        .filter((name) => !(name in scripts)),
    );
    expect(unknown).toEqual([]);
  });

  test("every dependency has its row, with the licence that the lockfile gives", () => {
    type Names = Readonly<Record<string, string>>;
    interface Entry {
      readonly license?: string;
      readonly dependencies?: Names;
      readonly devDependencies?: Names;
      readonly optionalDependencies?: Names;
    }
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Readonly<Record<string, Entry>>;
    };
    const declared = Object.entries(packages)
      .filter(([path]) => !path.includes("node_modules"))
      .flatMap(([, { dependencies, devDependencies, optionalDependencies }]) =>
        Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
      );
    const ofOthers = [...new Set(declared)].filter((name) => !name.startsWith("@arqon/"));
    const licences = (name: string): string =>
      `${name}: ${packages[`node_modules/${name}`]?.license?.replace(/^\((.*)\)$/, "$1")}`;
    const rows = [...read("docs/dependencies.md").matchAll(/^\| (`[^|]+`) \| ([^|]+) \|/gm)];
    const told = rows.flatMap(([, names = "", licence]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${name}: ${licence}`),
    );
    expect(told.sort()).toEqual(ofOthers.map(licences).sort());
    expect(told.filter((row) => /\bA?GPL/.test(row))).toEqual([]);
  });

  test("every command is one of the CLI, and so is every option it is shown with", async () => {
    const commands = new Map((await allCommands()).map((command) => [command.name, command]));
    const wrong = objections((page) =>
      [...spansOf(page), ...linesOf(page)].flatMap((line) => {
        const said = /^(?:.*[\s(])?(?:npx )?arqon ([a-z][a-z-]*)((?: [^#|;&]*)?)/.exec(line);
        if (!said || said[1] === "help") return [];
        const [, name = "", rest = ""] = said;
        const command = commands.get(name);
        if (!command) return [`arqon ${name}`];
        const options = [...rest.matchAll(/(?<=\s)--([a-z][a-z0-9-]*)/g)].map(
          ([, option]) => option as string,
        );
        return options
          .filter((option) => !(option in command.options) && !(option in COMMON_OPTIONS))
          .map((option) => `arqon ${name} --${option}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("every name in capitals stands in the code, or is one of PKCS#11", () => {
    // Codes of errors, verdicts, states, variables of the environment.
    const sources = repositoryFiles("*.ts", "*.py", "*.proto", "*.mjs", ".ci/*", "tests/tokens/*")
      .map(read)
      .join("\n");
    const known = new Set(sources.match(/[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+/g));
    const unknown = objections((page) =>
      [...spansOf(page), ...linesOf(page)]
        .flatMap((code) => code.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? [])
        .filter((name) => !known.has(name) && !/^CK[A-Z]_/.test(name)),
    );
    expect(unknown).toEqual([]);
  });
});
