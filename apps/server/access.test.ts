import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashApiKey } from "@arqon/bus";
import { ManualTime, systemEntropy } from "@arqon/core/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Access, openAccess } from "./access.ts";
import { watchAccess } from "./access-watch.ts";

let home: string;
let access: Access;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "arqon-access-"));
  access = openAccess(home, systemEntropy);
});
afterEach(() => rmSync(home, { recursive: true }));

const ada = { id: "ada", tenant: "lab", capabilities: ["can_publish:lab.>"], keyHashes: [hashApiKey("k1")] };
const write = (text: string): void => {
  writeFileSync(access.file, text);
  chmodSync(access.file, 0o600);
};
const others = (): object[] => JSON.parse(readFileSync(access.file, "utf8")) as object[];

test("who is added may connect, who is left out may not any more, and the services stay", () => {
  const owner = others();
  write(JSON.stringify([...owner, ada]));
  expect(access.reload()).toBe(true);
  expect(access.table.authenticate("k1")?.id).toBe("ada");
  expect(access.entries.map(({ principal }) => principal.id)).toEqual(["owner", "ada"]);
  expect(access.reload()).toBe(false);
  write(JSON.stringify(owner));
  expect(access.reload()).toBe(true);
  expect(access.table.authenticate("k1")).toBeUndefined();
  expect(access.table.authenticate(access.ownerKey)?.id).toBe("owner");
  expect(access.table.authenticate(access.serviceKeys.quantum)?.id).toBe("quantum");
});

test("principals that did not change are the same objects: nothing is taken from their connections", () => {
  const before = access.table.principal("owner");
  write(JSON.stringify([...others(), ada]));
  access.reload();
  expect(access.table.principal("owner")).toBe(before);
});

test.each([
  ["no JSON", "[{", "JSON_INVALID"],
  ["no list", "{}", "JSON_INVALID"],
  ["a capability that is none", JSON.stringify([{ ...ada, capabilities: ["can_fly:>"] }]), "USAGE"],
  [
    "a filter that is none",
    JSON.stringify([{ ...ada, capabilities: ["can_publish:a..b"] }]),
    "TOPIC_INVALID",
  ],
  ["a hash that is none", JSON.stringify([{ ...ada, keyHashes: ["k1"] }]), "USAGE"],
  ["one name twice", JSON.stringify([ada, ada]), "JSON_INVALID"],
  ["the name of a service", JSON.stringify([{ ...ada, id: "sealer" }]), "JSON_INVALID"],
  ["the name of the bus", JSON.stringify([{ ...ada, id: "arqon-bus" }]), "JSON_INVALID"],
])("a file with %s is refused whole, and what it said before holds", (_name, text, code) => {
  write(JSON.stringify([...others(), ada]));
  access.reload();
  write(text);
  expect(() => access.reload()).toThrow(expect.objectContaining({ code }));
  expect(access.table.authenticate("k1")?.id).toBe("ada");
  expect(access.table.authenticate(access.ownerKey)?.id).toBe("owner");
});

test("a certificate's principal has a key of its own, for as long as the file lists its URI", () => {
  const uri = "spiffe://lab/device-7";
  expect(() => access.keyFor([uri])).toThrow(expect.objectContaining({ code: "AUTH_REQUIRED" }));
  const owner = others();
  write(JSON.stringify([...owner, { ...ada, identities: [uri] }]));
  access.reload();
  const key = access.keyFor([uri]);
  expect(access.keyFor([uri])).toBe(key);
  expect(access.table.authenticate(key)?.id).toBe("ada");
  write(JSON.stringify([...owner, { ...ada, tenant: "other", identities: [uri] }]));
  access.reload();
  expect(access.table.authenticate(key)?.tenant).toBe("other");
  write(JSON.stringify([...owner, ada]));
  access.reload();
  expect(access.table.authenticate(key)).toBeUndefined();
  expect(() => access.keyFor([uri])).toThrow(expect.objectContaining({ code: "AUTH_REQUIRED" }));
  expect(access.table.authenticate("k1")?.id).toBe("ada");
});

test("the file is looked at now and then; each state of it is told of once", () => {
  const time = new ManualTime();
  const told: string[] = [];
  const stop = watchAccess(access, time, {
    changed: () => void told.push("changed"),
    refused: ({ code }) => void told.push(code),
  });
  time.advance(10_000);
  write(JSON.stringify([...others(), ada]));
  time.advance(10_000);
  write("[");
  time.advance(10_000);
  rmSync(access.file);
  time.advance(10_000);
  expect(told).toEqual(["changed", "JSON_INVALID", "FILE_UNREADABLE"]);
  stop();
  write("[]");
  time.advance(10_000);
  expect(told.length).toBe(3);
});
