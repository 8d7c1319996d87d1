/** Reads the text format 0.0.4, strictly: what a scraper would take amiss is an error here. */
import { ArqonError } from "@arqon/core/base";

/** One family of a page. */
export interface MetricFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/** One line of a page. */
export interface MetricSample {
  /** The family's name; in a histogram with "_bucket", "_sum" or "_count" behind it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP ([a-z_:][a-z0-9_:]*) (.+)$/i;
const TYPE = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram)$/i;
const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (-?[0-9][0-9.e+-]*|[+-]Inf|NaN)$/is;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,(?=.)|$)/isy;
const PARTS = ["_bucket", "_sum", "_count"];

/** Every family by name. @throws ArqonError `WIRE_MALFORMED` naming the line. */
export function parseMetrics(text: string): ReadonlyMap<string, MetricFamily> {
  const families = new Map<string, MetricFamily & { readonly samples: MetricSample[] }>();
  const seen = new Set<string>();
  if (!text.endsWith("\n")) throw bad(0, "the page does not end with a line feed");
  let help: RegExpExecArray | null = null;
  let family: (MetricFamily & { readonly samples: MetricSample[] }) | undefined;
  text
    .slice(0, -1)
    .split("\n")
    .forEach((line, at) => {
      const number = at + 1;
      if (line.startsWith("# HELP")) {
        help = HELP.exec(line);
        if (!help) throw bad(number, "HELP without a name or a text");
      } else if (line.startsWith("#")) {
        const [, name = "", type = ""] = TYPE.exec(line) ?? [];
        if (help?.[1] !== name) throw bad(number, "TYPE does not follow the HELP of the same name");
        if (families.has(name)) throw bad(number, `${name} comes twice`);
        family = { name, type: type as MetricFamily["type"], help: help[2] as string, samples: [] };
        families.set(name, family);
      } else {
        const sample = sampleOf(line, number);
        if (family === undefined || !belongs(sample.name, family))
          throw bad(number, `${sample.name} stands outside its family`);
        const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
        if (seen.has(key)) throw bad(number, "a sample comes twice");
        if (family.type !== "gauge" && !(sample.value >= 0)) throw bad(number, "a count below zero");
        seen.add(key);
        family.samples.push(sample);
      }
    });
  return families;
}

function belongs(name: string, { name: own, type }: MetricFamily): boolean {
  return type === "histogram" ? PARTS.some((part) => name === own + part) : name === own;
}

function sampleOf(line: string, number: number): MetricSample {
  const [, name, inside = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw bad(number, "neither a comment nor a sample");
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let end = 0; end < inside.length; end = LABEL.lastIndex) {
    const label = LABEL.exec(inside);
    if (!label || Object.hasOwn(labels, label[1] as string)) throw bad(number, "labels are malformed");
    labels[label[1] as string] = (label[2] as string).replace(/\\(.)/g, (_, one) =>
      one === "n" ? "\n" : one,
    );
  }
  const figure = Number(value.replace("Inf", "Infinity"));
  if (Number.isNaN(figure) && value !== "NaN") throw bad(number, `"${value}" is no number`);
  return { name, labels, value: figure };
}

function bad(line: number, why: string): ArqonError {
  return new ArqonError("WIRE_MALFORMED", `metrics, line ${line}: ${why}`);
}
