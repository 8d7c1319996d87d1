import { ArqonError, type Json } from "@arqon/core/base";
import type { RunRow } from "@arqon/vault";
import { expect, test } from "vitest";
import { answerRuns } from "./artifact-answers.ts";

test("runs are listed as the vault has them, by tags and as many as are asked for; anything else is refused", async () => {
  const asked: unknown[] = [];
  const vault = {
    list: async (limit: number, tags?: readonly string[], tenant?: string): Promise<RunRow[]> => {
      asked.push([limit, tags, tenant]);
      return [];
    },
  };
  expect(await answerRuns(vault, {}, "lab")).toEqual({ runs: [] });
  expect(await answerRuns(vault, { tags: ["bell"], limit: 100 }, "lab")).toEqual({ runs: [] });
  expect(asked).toEqual([
    [20, [], "lab"],
    [100, ["bell"], "lab"],
  ]);
  const wrong: Json[] = [{ limit: 101 }, { limit: 0 }, { limit: "9" }, { tags: "bell" }, { tags: [1] }, []];
  for (const value of wrong)
    await expect(answerRuns(vault, value, "lab")).rejects.toSatisfy((error) =>
      ["USAGE", "JSON_INVALID"].includes(ArqonError.from(error).code),
    );
  expect(asked).toHaveLength(2);
});
