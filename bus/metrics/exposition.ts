/** Prometheus text format 0.0.4. */
import type { Histogram } from "./histogram.ts";

/** Values of labels by name. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a family. */
export type Sample = readonly [labels: Labels, value: number];

/** Gathers families of samples, each with its HELP and TYPE. */
export class Exposition {
  #text = "";

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, "counter", help, samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, "gauge", help, samples);
  }

  histogram(name: string, help: string, { bounds, counts, sum }: Histogram): void {
    this.#head(name, "histogram", help);
    let total = 0;
    counts.forEach((count, at) => {
      total += count;
      this.#sample(`${name}_bucket`, { le: at < bounds.length ? String(bounds[at]) : "+Inf" }, total);
    });
    this.#sample(`${name}_sum`, {}, sum);
    this.#sample(`${name}_count`, {}, total);
  }

  toString(): string {
    return this.#text;
  }

  #family(name: string, type: string, help: string, samples: readonly Sample[]): void {
    this.#head(name, type, help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  #head(name: string, type: string, help: string): void {
    this.#text += `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(
      ([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`,
    );
    this.#text += `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${figure(value)}\n`;
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function figure(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
}
