/** What is typed wrong is answered, whatever it is: by a code, a remedy and an exit code, never by a stack. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Json } from "@arqon/core/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPositionals, cli, parse } from "./cli.ts";
import type { Command } from "./command.ts";
import { allCommands, COMMAND_NAMES } from "./commands.ts";
import { nearest } from "./nearest.ts";
import { shellWords } from "./shell-words.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");
const folder = mkdtempSync(join(tmpdir(), "arqon-cli-"));
const before = { url: process.env["ARQON_URL"], key: process.env["ARQON_API_KEY"] };
beforeAll(() => {
  // Nobody listens there: what would need a server is told so.
  process.env["ARQON_URL"] = "ws://127.0.0.1:1";
  process.env["ARQON_API_KEY"] = "k".repeat(64);
});
afterAll(() => {
  for (const [name, value] of [
    ["ARQON_URL", before.url],
    ["ARQON_API_KEY", before.key],
  ] as const)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(folder, { recursive: true, force: true });
});

interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly answers: readonly Json[];
  readonly err: string;
}

async function type(argv: readonly string[]): Promise<Said> {
  const [out, answers, err]: [string[], Json[], string[]] = [[], [], []];
  const json = argv.includes("--json");
  const terminal: Terminal = {
    home: join(folder, "home"),
    env: { ARQON_URL: "ws://127.0.0.1:1", PATH: process.env["PATH"] },
    json,
    columns: 100,
    print: (line = "") => void (json || out.push(line)),
    answer: (value) => void (json && answers.push(value)),
    note: (line) => void err.push(line),
    progress: () => {},
    input: (async function* () {
      yield Buffer.from("from standard input");
    })(),
    invocation: "npx arqon",
  };
  return { code: await cli(argv, terminal), out, answers, err: err.join("\n") };
}

/** A generator of 32 bits, the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** These wait for somebody, so a line that is right would never end. */
const STAYING = ["serve", "demo", "witness", "tls", "replay-reality"];

function vectors(commands: readonly Command[], count: number): string[][] {
  const next = chance(7);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  const file = (name: string): string => join(folder, name);
  mkdirSync(file("folder"), { recursive: true });
  for (const [name, text] of [
    ["empty", ""],
    ["junk.json", '{"a":'],
    ["list.json", "[1,2]"],
    ["bad.qasm", "OPENQASM 2.0;\nqreg q[;"],
    ["bytes.bin", "\u0000\ufffd\u0001".repeat(99)],
    ["bad.csv", "a,b\n1\n2,3,4\n"],
    ["bad.yaml", "constraints:\n  - {kind: nothing}\n"],
    ["bad.zip", "PK\u0003\u0004 not really"],
  ] as const)
    writeFileSync(file(name), text);
  const words = [
    ...["bell.qasm", "ghz4.qasm", "ansatz.qasm", "device.json", "wine.csv", "bell-constraints.yaml"].map(
      (name) => join(EXAMPLES, name),
    ),
    ...[
      "empty",
      "junk.json",
      "list.json",
      "bad.qasm",
      "bytes.bin",
      "bad.csv",
      "bad.yaml",
      "bad.zip",
      "folder",
      "absent",
    ].map(file),
    ...[
      "",
      " ",
      "-",
      "--",
      "-1",
      "0",
      "1e999",
      "NaN",
      "0x",
      "99999999999999999999",
      "null",
      "\u0000",
      "é̂",
      "🙂",
      "../..",
      "lab.>",
    ],
    ...[
      "deadbeef",
      `sha256:${"0".repeat(64)}`,
      "01a1fe9d-7de3-7000-8000-704dc5d58c59",
      "a=b",
      "theta=0.4",
      "{}",
      '{"a":1}',
    ],
    ...[
      "list",
      "rotate",
      "show",
      "verify",
      "import",
      "export",
      "get",
      "bash",
      "x".repeat(5000),
      "$(id)",
      "';--",
    ],
  ];
  return Array.from({ length: count }, () => {
    const command = pick(commands);
    const options = Object.entries(command.options);
    const argv = [next(40) === 0 ? pick(words) : command.name];
    // Mostly as many arguments as it takes, so that it is the command itself that has to cope.
    const wanted = command.positionals.length + (next(8) === 0 ? next(3) - 1 : 0);
    for (let k = 0; k < wanted; k++) argv.push(pick(words));
    for (let k = options.length && next(4); k > 0; k--) {
      const [name, { type: kind }] = pick(options);
      if (next(20) === 0) argv.push(`--${name.slice(1)}`);
      else if (kind === "boolean") argv.push(`--${name}`);
      else argv.push(`--${name}=${pick(words)}`);
    }
    if (next(3) === 0) argv.push("--json");
    return STAYING.includes(argv[0] ?? "") ? [...argv, "--no-such-option"] : argv;
  });
}

describe("a command line", () => {
  test("of 2,000 that nobody meant, each is answered with a code of the table and a remedy, and none with a stack", async () => {
    const codes = new Map<number, number>();
    for (const argv of vectors(await allCommands(), 2000)) {
      const { code, out, answers, err } = await type(argv);
      const told = JSON.stringify({
        argv: argv.map((word) => word.slice(0, 80)),
        out: out.slice(0, 5),
        answers,
        err,
      });
      expect([0, 1, 2, 3, 4], told).toContain(code);
      expect(err, told).not.toMatch(/\[INTERNAL\]|\n\s+at |node:internal|undefined|\[object /);
      if (code > 1) expect(err, told).toMatch(/^arqon: .*\[[A-Z0-9_]+\]\n {7}\S/ms);
      if (argv.includes("--json") && code !== 0) expect(answers.length, told).toBeGreaterThan(0);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    for (const code of [0, 2, 4]) expect(codes.get(code) ?? 0, String([...codes])).toBeGreaterThan(0);
  });

  test("every example of the help is a line that its command takes", async () => {
    for (const command of await allCommands()) {
      const [program, name, ...rest] = shellWords(command.example.replace(/ >>? \S+$/, ""));
      expect([program, name], command.example).toEqual(["arqon", command.name]);
      const args = parse(command, rest);
      checkPositionals(command, args);
      const { code, out } = await type([command.name, "--help"]);
      expect(code).toBe(0);
      expect(out.at(-1)).toBe(`example: ${command.example}`);
    }
  });

  test("with --json is answered by JSON that says the same", async () => {
    for (const argv of [
      ["help"],
      ["--version"],
      ["help", "run"],
      ["run", "--help"],
      ["completions", "bash"],
      [],
    ]) {
      const { code, answers, out } = await type([...argv, "--json"]);
      expect([answers.length, out, code]).toEqual([1, [], argv[0] === undefined ? 2 : 0]);
    }
    const { answers } = await type(["runn", "--json"]);
    expect(answers).toEqual([
      {
        error: {
          code: "USAGE",
          message: 'there is no command "runn"',
          remedy: "Did you mean `arqon run`? See `arqon help`.",
        },
      },
    ]);
  });

  test("that is nearly right is told what was meant, and one that is far off nothing", async () => {
    expect((await type(["run", "a.qasm", "--shot", "5"])).err).toContain("Did you mean --shots?");
    expect((await type(["keys", "list", "--jsno"])).err).toContain("Did you mean --json?");
    expect(nearest("lineaeg", COMMAND_NAMES)).toBe("lineage");
    expect(nearest("complet", COMMAND_NAMES)).toBe("completions");
    for (const far of ["zzz", "", "x", "quantum", "e".repeat(5000)])
      expect(nearest(far, COMMAND_NAMES)).toBeUndefined();
  });
});
