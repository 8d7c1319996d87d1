/** A report for people. */
import { canonicalJson, type Json } from "@arqon/core/base";
import type { Divergence, OperatorReport, ReplayReport } from "./report.ts";

/** Rows of the distance that are shown. */
const SHOWN_POINTS = 10;
const VALUE_CHARS = 48;

/** The lines of a report. */
export function reportTable(report: ReplayReport): string[] {
  const { verdict, reality, source, from, to, warmFrom, played, operators, first, warnings } = report;
  const lines = [
    verdict,
    "",
    `range      ${source.reality} ${from} to ${to}${warmFrom < from ? `, operators warmed up from ${warmFrom}` : ""}`,
    `played     ${played} messages into ${reality}`,
  ];
  if (report.overrides.length > 0) lines.push(`changed    ${report.overridden} of them`);
  if (operators.length === 0) lines.push("", "note: no operators were named, so that nothing was compared");
  for (const one of operators) lines.push("", ...operatorLines(one));
  if (first) lines.push("", ...divergenceLines(first));
  for (const { operator, distance, lyapunov } of operators) {
    if (distance.length === 0) continue;
    lines.push("", `distance of ${operator}`, ...distanceLines(distance));
    if (lyapunov) {
      const rate = `${lyapunov.perOutput.toPrecision(4)} per output`;
      const perSecond =
        lyapunov.perSecond === undefined ? "" : `, ${lyapunov.perSecond.toPrecision(4)} per second`;
      const span = `outputs ${lyapunov.from.index} to ${lyapunov.to.index}`;
      lines.push(`  Lyapunov exponent (finite time, ${span}): ${rate}${perSecond}`);
    }
  }
  for (const warning of warnings) lines.push("", `note: ${warning}`);
  return lines;
}

function operatorLines(one: OperatorReport): string[] {
  const { operator, verdict, inputs, recorded, replayed, differing, beyond } = one;
  return [
    `${operator}: ${verdict}, ${inputs} messages handled${differing > 0 ? `, ${differing} outputs differ` : ""}`,
    `  recorded ${String(recorded.outputs).padStart(8)} outputs  ${recorded.chain}`,
    `  replayed ${String(replayed.outputs).padStart(8)} outputs  ${replayed.chain}`,
    ...(beyond > 0 ? [`  ${beyond} outputs lie beyond the end of the recorded run`] : []),
  ];
}

function divergenceLines({ operator, kind, index, sequence, cause, fields }: Divergence): string[] {
  const where = sequence === undefined ? "" : `, sequence ${sequence}`;
  return [
    `first divergence: ${operator}, output ${index}${where}, ${kind}, on message ${cause.sequence} (${cause.id})`,
    ...fields.map(
      ({ pointer, recorded, replayed }) =>
        `  ${(pointer || "(all)").padEnd(24)} ${value(recorded).padEnd(VALUE_CHARS)}  ${value(replayed)}`,
    ),
  ];
}

function distanceLines(points: OperatorReport["distance"]): string[] {
  const startUs = points[0]?.timeUs ?? 0;
  const stride = Math.max(1, Math.ceil(points.length / SHOWN_POINTS));
  return points
    .filter((_, i) => i % stride === 0)
    .map(
      ({ timeUs, index, distance }) =>
        `  +${((timeUs - startUs) / 1e6).toFixed(6)} s  output ${String(index).padStart(8)}  ${distance.toPrecision(6)}`,
    );
}

function value(json: Json | undefined): string {
  if (json === undefined) return "-";
  const text = canonicalJson(json);
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS - 1)}…` : text;
}
