/** What the results of an artifact say, for people; the same where they are made and where they are shown. */
import { type Json, type JsonObject, jsonObject } from "@arqon/core/base";
import type { GradientResult, Judged } from "@arqon/sdk";
import { histogram, shortId, table } from "./render.ts";

const figure = (value: number): string => value.toFixed(6);

/** Expectation and derivatives, with intervals where there were shots. */
export function gradientLines(
  result: Pick<GradientResult, "expectation" | "gradient" | "isExact" | "level">,
): string[] {
  const { expectation, gradient, isExact, level } = result;
  const cells = ({ value, low, high }: GradientResult["expectation"]): string[] =>
    (isExact ? [value] : [value, low, high]).map(figure);
  const between = isExact ? [] : [`low (${100 * level} %)`, "high"];
  return table(
    ["", "at", "value", ...between],
    [
      ["expectation", "", ...cells(expectation)],
      ...gradient.map((each) => [`d/d ${each.parameter}`, figure(each.at), ...cells(each)]),
    ],
  );
}

/** What became of each constraint. */
export function validationLines(constraints: readonly Judged[]): string[] {
  return table(
    ["constraint", "finding", "why"],
    constraints.map(({ name, finding, detail }) => [name, finding, detail]),
  );
}

/** The results by file name, and the verdict of a replay; an empty line after each part. */
export function resultLines(
  results: Readonly<Record<string, Json>>,
  replay: JsonObject | undefined,
  columns: number,
): string[] {
  const parts: string[][] = [];
  const counts = results["counts.json"];
  if (counts) parts.push(histogram(counts as Record<string, number>, columns));
  const expectations = results["expectations.json"];
  if (Array.isArray(expectations))
    parts.push(
      expectations.map((each: Json) => {
        const { observable, value } = jsonObject(each, "an expectation");
        return `<${typeof observable === "string" ? observable : JSON.stringify(observable)}> = ${String(value)}`;
      }),
    );
  const gradient = results["gradient.json"];
  if (gradient) parts.push(gradientLines(gradient as unknown as GradientResult));
  const validation = results["validation.json"] as JsonObject | undefined;
  if (validation)
    parts.push([
      String(validation["verdict"]),
      "",
      ...validationLines(validation["constraints"] as unknown as readonly Judged[]),
    ]);
  const predictions = results["predictions.json"] as JsonObject | undefined;
  if (predictions) parts.push(predictionLines(predictions, results["summary.json"] as JsonObject));
  if (replay) parts.push(replayLines(replay));
  return parts.flatMap((part) => [...part, ""]);
}

function predictionLines({ predicted }: JsonObject, { accuracy, control, method }: JsonObject): string[] {
  const share = (value: Json | undefined): string =>
    typeof value === "number" ? `${(100 * value).toFixed(1)} % right` : "not judged";
  const list = Array.isArray(predicted) ? predicted.map(String) : [];
  return [
    `predicted  ${list.slice(0, 12).join(", ")}${list.length > 12 ? `, and ${list.length - 12} more` : ""}`,
    `${String(method)}  ${share(accuracy)}; classical control ${share(jsonObject(control, "control")["accuracy"])}`,
  ];
}

function replayLines({ verdict, sentence, original }: JsonObject): string[] {
  const { artifactId } = jsonObject(original, "original");
  return [`${String(verdict)} beside ${shortId(String(artifactId))}: ${String(sentence)}`];
}
