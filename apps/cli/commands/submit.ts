/** `arqon submit TOPIC FILE --schema S`: any job, for any operator. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ArqonError, type Json, type JsonObject, jsonObject, parseJson } from "@arqon/core/base";
import type { Client, JobInit, JobOutput } from "@arqon/sdk";
import { cancellable } from "../cancellable.ts";
import type { Arguments, Command } from "../command.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { withServer } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export const submit: Command = {
  name: "submit",
  summary: "submit a job to whoever serves its topic, and print what comes back",
  positionals: ["TOPIC", "FILE"],
  options: {
    schema: {
      type: "string",
      value: "S",
      help: "schema of the capsule, e.g. arqonbus.quantum.job.v1 (needed)",
    },
    "media-type": {
      type: "string",
      value: "M",
      help: "media type of FILE (default application/octet-stream)",
    },
    params: { type: "string", value: "JSON", help: "parameters, a JSON object" },
    constraints: { type: "string", value: "JSON", help: "constraints, a JSON object" },
    effect: { type: "string", value: "E", help: "pure (default), idempotent or physical" },
    ...LABEL_OPTIONS,
    detach: { type: "boolean", help: "do not wait for the result" },
  },
  example: `arqon submit lab.jobs probe.txt --schema lab.probe.v1 --params '{"repeat":3}'`,
  async run(args, terminal) {
    const [topic, path] = args.positionals as [string, string];
    const init = await jobFrom(args, path);
    if (args.flag("detach")) {
      const { id, sequence } = await withServer(terminal, (client) => client.submit(topic, init));
      terminal.answer({ jobId: id, topic, sequence });
      terminal.print(`submitted ${id} on ${topic}, sequence ${sequence}`);
      terminal.print(`next:     ${terminal.invocation} job ${id} --wait`);
      return 0;
    }
    const output = await withServer(terminal, (client) =>
      cancellable(client, terminal, (id) => follow(client, topic, { ...init, id }, terminal)),
    );
    terminal.progress("");
    const value = contentOf(output);
    const { jobId, mediaType, artifactId } = output;
    terminal.answer({ jobId, topic, mediaType, artifactId, output: value });
    terminal.print(typeof value === "string" ? value : JSON.stringify(value, null, 2));
    return 0;
  },
};

async function follow(client: Client, topic: string, init: JobInit, terminal: Terminal): Promise<JobOutput> {
  const job = await client.submit(topic, init);
  const show = async (): Promise<void> => {
    for await (const { note, progress } of job.states())
      terminal.progress(
        `${topic}: ${note || "at work"}${progress > 0 ? ` ${Math.round(100 * progress)} %` : ""}`,
      );
  };
  // What ends the watch ends the wait for the result too, and is told there.
  void show().catch(() => {});
  return job.result();
}

const EFFECTS = ["pure", "idempotent", "physical"] as const;

async function jobFrom(args: Arguments, path: string): Promise<JobInit> {
  const schema = args.text("schema");
  if (!schema) throw new ArqonError("USAGE", "--schema is missing: what the operator knows the job by");
  const effect = EFFECTS.find((one) => one === (args.text("effect") ?? "pure"));
  if (!effect)
    throw new ArqonError("USAGE", `--effect ${args.text("effect")}: expected ${EFFECTS.join(", ")}`);
  const program = await readFile(path).catch((cause: Error) => {
    throw new ArqonError("FILE_UNREADABLE", `${path}: ${cause.message}`, { cause });
  });
  return {
    ...labelsFrom(args),
    schema,
    program,
    programMediaType: args.text("media-type") ?? "application/octet-stream",
    name: basename(path),
    parameters: objectFrom(args, "params"),
    constraints: objectFrom(args, "constraints"),
    effect,
  };
}

function objectFrom(args: Arguments, option: string): JsonObject {
  return jsonObject(parseJson(args.text(option) ?? "{}", `--${option}`), `--${option}`);
}

/** JSON as such, other text as text, bytes as base64; null when only the artifact holds it. */
export function contentOf(output: JobOutput): Json {
  if (output.omitted) return null;
  if (/^application\/(?:.*\+)?json\b/.test(output.mediaType)) return output.json();
  if (output.mediaType.startsWith("text/")) return output.text();
  return Buffer.from(output.bytes()).toString("base64");
}
