/** The same draft under every kind of artifact: its ids, as docs/spec/bundle.md prints them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ARTIFACT_TYPES, prepareBundle } from "./index.ts";
import { fixtureDraft } from "./testing/sealed.ts";

test("ids of every kind are those of the specification", () => {
  const page = readFileSync(new URL("../../docs/spec/bundle.md", import.meta.url), "utf8");
  for (const artifactType of ARTIFACT_TYPES) {
    const { recipeId, artifactId, recordId } = prepareBundle(fixtureDraft({ artifactType })).ids;
    const digits = [recipeId, artifactId, recordId].map((id) => `\`${id.slice("sha256:".length)}\``);
    expect(page).toContain(`| \`${artifactType}\` | ${digits.join(" | ")} |`);
  }
});
