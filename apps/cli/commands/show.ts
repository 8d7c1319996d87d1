/** `arqon show ID`: one artifact: what was asked, what came out, who vouches for it. */
import {
  ERRORS,
  formatBytes,
  fromUtf8,
  isErrorCode,
  type Json,
  type JsonObject,
  type Labels,
  labelsJson,
  parseJson,
} from "@arqon/core/base";
import { type BundleFiles, labelsIn } from "@arqon/core/bundle";
import type { Command } from "../command.ts";
import { annotationLines, labelLines } from "../label-view.ts";
import { shortId, table } from "../render.ts";
import { resultLines } from "../result-view.ts";
import { withVault } from "../store.ts";
import { nextCommands } from "./run.ts";

export const show: Command = {
  name: "show",
  summary: "show one artifact: recipe, result, files",
  positionals: ["ID"],
  options: {},
  example: "arqon show 3fa9c1d2",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const { row, files, annotations } = await withVault(terminal, async (vault) => {
      const found = await vault.find(id);
      const { recordId } = found;
      return {
        row: found,
        files: await vault.bundle(recordId),
        annotations: await vault.annotations(recordId),
      };
    });
    const sealed = sealedLabels(files);
    const sizes = [...files].map(([path, bytes]) => ({ path, bytes: bytes.length }));
    const results = jsonFiles(files, "results/");
    terminal.answer({
      ...row,
      labels: sealed ? labelsJson(sealed) : {},
      annotations: annotations.map((one): JsonObject => ({ ...one })),
      parameters: jsonFiles(files, "recipe/"),
      results,
      files: sizes,
    });
    terminal.print(`${row.title} · ${row.artifactType} on ${row.backendId} · ${row.createdAt}`);
    if (row.reported)
      terminal.print("reported: a foreign operator ran this; sealed from what the bus recorded");
    if (row.imported) terminal.print("imported: sealed by another vault");
    if (row.reproduced > 1)
      terminal.print(`reproduced ${row.reproduced}×: as many records have these results`);
    terminal.print(`artifact  ${row.artifactId}`);
    terminal.print(`recipe    ${row.recipeId}`);
    terminal.print(`record    ${row.recordId}`);
    for (const line of [...labelLines(sealed), ...annotationLines(annotations)]) terminal.print(line);
    if (annotations.length > 0) terminal.print(`tags now  ${row.tags.join(", ") || "none"}`);
    terminal.print();
    const refusal = results["refusal.json"];
    if (refusal) for (const line of whyFailed(refusal as JsonObject, files)) terminal.print(line);
    const replay = jsonFiles(files, "record/")["replay.json"];
    for (const line of resultLines(results, replay as JsonObject | undefined, terminal.columns))
      terminal.print(line);
    for (const line of table(
      ["file", "size"],
      sizes.map(({ path, bytes }) => [path, formatBytes(bytes)]),
    ))
      terminal.print(line);
    terminal.print();
    for (const line of nextCommands(shortId(row.artifactId), terminal.invocation)) terminal.print(line);
    return 0;
  },
};

/** What it was sealed with; an imported record may have labels of no form. */
function sealedLabels(files: BundleFiles): Labels | undefined {
  try {
    return labelsIn(files);
  } catch {
    return undefined;
  }
}

/** What a run that gave no result says: at which duty it ended, why, and what the error means. */
function whyFailed({ status, duty, code }: JsonObject, files: BundleFiles): string[] {
  const execution = jsonFiles(files, "record/")["execution.json"] as JsonObject | undefined;
  const record = execution?.["executions"];
  const last = Array.isArray(record)
    ? (record as readonly JsonObject[]).find(({ refusal }) => refusal)
    : undefined;
  const { message } = (last?.["refusal"] ?? {}) as JsonObject;
  const kind = typeof code === "string" && isErrorCode(code) ? ERRORS[code] : undefined;
  const at = duty === undefined ? "" : ` at the duty "${duty}"`;
  return [
    `${String(status)}${at}: ${String(message ?? "no message")} [${String(code)}]`,
    ...(kind ? [`  ${kind.means}`, `  ${kind.remedy}`] : []),
    "",
  ];
}

function jsonFiles(files: BundleFiles, folder: string): Record<string, Json> {
  const found: Record<string, Json> = {};
  for (const [path, bytes] of files)
    if (path.startsWith(folder) && path.endsWith(".json"))
      found[path.slice(folder.length)] = parseJson(fromUtf8(bytes), path);
  return found;
}
