import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSurroundings } from "./home.ts";

const NAMES = ["ARQON_HOME", "ARQON_URL", "ARQON_API_KEY"];
let home: string;
let before: (string | undefined)[];

beforeEach(() => {
  before = NAMES.map((name) => process.env[name]);
  home = mkdtempSync(join(tmpdir(), "arqon-home-"));
  for (const name of NAMES) delete process.env[name];
  process.env["ARQON_HOME"] = home;
});
afterEach(() => {
  for (const [i, name] of NAMES.entries()) {
    delete process.env[name];
    if (before[i] !== undefined) process.env[name] = before[i];
  }
  rmSync(home, { recursive: true });
});

const write = (name: string, value: unknown): void =>
  writeFileSync(join(home, name), typeof value === "string" ? value : JSON.stringify(value));

test("an empty home says nothing", () => {
  expect(readSurroundings({})).toEqual({});
});

test("the files of the home name its server and key", () => {
  write("server.json", { url: "ws://127.0.0.1:1", pid: 1 });
  write("client.json", { url: "ws://127.0.0.1:9", apiKey: "k" });
  expect(readSurroundings({})).toEqual({ url: "ws://127.0.0.1:1", apiKey: "k" });
});

test("the environment goes before the files, and what was asked for before both", () => {
  write("server.json", { url: "ws://127.0.0.1:1" });
  write("client.json", { apiKey: "k" });
  process.env["ARQON_URL"] = "ws://127.0.0.1:2";
  process.env["ARQON_API_KEY"] = "e";
  expect(readSurroundings({})).toEqual({ url: "ws://127.0.0.1:2", apiKey: "e" });
  expect(readSurroundings({ url: "ws://127.0.0.1:3" })).toEqual({ url: "ws://127.0.0.1:3", apiKey: "e" });
});

test("a key from a file is not offered to another server", () => {
  write("server.json", { url: "ws://127.0.0.1:1" });
  write("client.json", { apiKey: "k" });
  expect(readSurroundings({ url: "ws://elsewhere.test" })).toEqual({ url: "ws://elsewhere.test" });
  expect(readSurroundings({ url: "ws://127.0.0.1:1" })).toEqual({ url: "ws://127.0.0.1:1", apiKey: "k" });
});

test("of what a server offers the cheapest is taken, and its key is for all of it", () => {
  write("server.json", { url: "ws://127.0.0.1:1", tcpUrl: "tcp://127.0.0.1:2" });
  write("client.json", { apiKey: "k" });
  expect(readSurroundings({})).toEqual({ url: "tcp://127.0.0.1:2", apiKey: "k" });
  expect(readSurroundings({ url: "ws://127.0.0.1:1" })).toEqual({ url: "ws://127.0.0.1:1", apiKey: "k" });
});

test("a broken file is named", () => {
  write("client.json", "{");
  expect(() => readSurroundings({})).toThrow(/client\.json/);
});

test("no other file of the SDK needs Node", () => {
  const folder = import.meta.dirname;
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const naming = sources.filter((name) =>
    /"node:|\bprocess[.[]|\bBuffer[.(]/.test(readFileSync(join(folder, name), "utf8")),
  );
  expect(naming).toEqual(["home.ts", "node-pipe.ts", "source.ts"]);
});
