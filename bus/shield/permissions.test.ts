import { MessageType } from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import type { Principal } from "../spine/index.ts";
import { AccessTable, hashApiKey, mayCover, mayUse } from "./access.ts";
import { Permissions } from "./permissions.ts";

const principal = (capabilities: string[], trusted = false) => ({
  id: "p",
  tenant: "t",
  trusted,
  capabilities,
});
const { EVENT, JOB } = MessageType;

describe("permissions", () => {
  test("publishing needs a filter that matches, subscribing one that covers", () => {
    const p = principal(["can_publish:lab.*.read", "can_subscribe:lab.>"]);
    expect(mayUse(p, "can_publish", "lab.a.read")).toBe(true);
    expect(mayUse(p, "can_publish", "lab.a.write")).toBe(false);
    expect(mayUse(p, "can_subscribe", "other.a.b")).toBe(false);
    expect(mayCover(p, "can_subscribe", "lab.*.x")).toBe(true);
    expect(mayCover(p, "can_subscribe", "*.a.x")).toBe(false);
    expect(mayCover(p, "can_subscribe", ">")).toBe(false);
  });

  test("a job also needs can_execute", () => {
    const without = new Permissions(principal(["can_publish:>"]), "c");
    expect(() => without.requirePublish("lab.jobs", JOB)).toThrow(/can_execute:lab.jobs/);
    const both = new Permissions(principal(["can_publish:>", "can_execute:lab.jobs"]), "c");
    both.requirePublish("lab.jobs", JOB);
    expect(both.known("lab.jobs", JOB)).toBe(true);
    expect(both.known("lab.jobs", EVENT)).toBe(false);
    expect(() => both.requirePublish("lab.jobs", EVENT)).toThrow(/only jobs/);
    expect(() => both.requirePublish("lab.a.b", JOB)).toThrow(/only jobs/);
  });

  test("everyone has its own inbox and may answer in others', and no more", () => {
    const nobody = new Permissions(principal([]), "c1");
    nobody.requireSubscribe("inbox.c1.>");
    nobody.requirePublish("inbox.c2.5", EVENT);
    expect(() => nobody.requireSubscribe("inbox.c2.>")).toThrow(/inbox belongs/);
    expect(() => nobody.requireSubscribe("inbox.*.>")).toThrow(/inbox belongs/);
    expect(() => nobody.requireSubscribe("inbox.>")).toThrow(/inbox belongs/);
  });

  test("system topics are for trusted principals, but for what anyone may ask", () => {
    const user = new Permissions(principal(["can_publish:>", "can_subscribe:>"]), "c");
    expect(() => user.requirePublish("sys.registry.changed", EVENT)).toThrow(/trust/);
    user.requirePublish("sys.registry.list", EVENT);
    expect(() => user.requireSubscribe("seal.jobs")).toThrow(/trust/);
    new Permissions(principal(["can_publish:>"], true), "c").requirePublish("sys.registry.changed", EVENT);
  });
});

describe("the access table", () => {
  const entry = { principal: principal([]), keyHashes: [hashApiKey("k1"), hashApiKey("k2")] };

  test("finds a principal by any of its keys, and by nothing else", () => {
    const table = new AccessTable([entry]);
    expect(table.authenticate("k1")?.id).toBe("p");
    expect(table.authenticate("k2")?.id).toBe("p");
    for (const wrong of ["", "k", "k11", hashApiKey("k1")]) expect(table.authenticate(wrong)).toBeUndefined();
  });

  test("refuses what is not an id, a capability or a digest", () => {
    const table = new AccessTable();
    const put =
      (change: Partial<Principal>, keyHashes = entry.keyHashes) =>
      () =>
        table.put({ keyHashes, principal: { ...entry.principal, ...change } });
    expect(put({ id: "a.b" })).toThrow();
    expect(put({ capabilities: ["can_fly:>"] })).toThrow(/not a capability/);
    expect(put({ capabilities: ["can_publish:a.>.b"] })).toThrow(/only at the end/);
    expect(put({}, ["abcd"])).toThrow(/SHA-256/);
  });
});
