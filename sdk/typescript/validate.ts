/** Judging a run by what was declared: a job on "validation.jobs". */
import { canonicalJson, type Json, type JsonObject } from "@arqon/core/base";
import { type AnswerIds, type AskOptions, answerOf, ask, idsIn } from "./ask.ts";
import type { Client } from "./client.ts";

/** How to judge. */
export interface ValidateOptions extends AskOptions {
  /** Name for people, e.g. the file of the constraints. */
  readonly name?: string;
}

/** HOLDS and VIOLATED are as sure as the constraint asks; UNDECIDED says that these shots cannot tell. */
export type Finding = "HOLDS" | "VIOLATED" | "UNDECIDED";

/** What became of one constraint. */
export interface Judged {
  readonly name: string;
  readonly kind: string;
  readonly finding: Finding;
  /** One sentence with the figures. */
  readonly detail: string;
  readonly figures: JsonObject;
}

/** A Validation. */
export interface ValidationResult extends AnswerIds {
  /** VIOLATED when one constraint is, else UNDECIDED when one is. */
  readonly verdict: Finding;
  readonly constraints: readonly Judged[];
  /** What was judged. */
  readonly artifact: string;
}

/** @throws ArqonError `ARTIFACT_UNKNOWN`, `USAGE` naming the constraint. */
export async function validate(
  client: Client,
  artifactId: string,
  constraints: JsonObject | readonly JsonObject[],
  options: ValidateOptions,
): Promise<ValidationResult> {
  const { name = "constraints.json", ...how } = options;
  const document: Json = Array.isArray(constraints) ? { constraints } : (constraints as JsonObject);
  const output = await ask(
    client,
    "validation.jobs",
    {
      schema: "arqonbus.validation.job.v1",
      program: canonicalJson(document),
      programMediaType: "application/json",
      name,
      parameters: { artifact: artifactId },
    },
    how,
  );
  const answer = await answerOf(client, output, ["validation.json"], how);
  return {
    verdict: answer["verdict"] as Finding,
    constraints: answer["constraints"] as unknown as readonly Judged[],
    artifact: String(answer["artifact"] ?? artifactId),
    ...idsIn(output),
  };
}
