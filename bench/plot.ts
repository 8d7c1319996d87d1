/** `node bench/plot.ts`: draws the kept curves (`npm run bench -- curves --save`) as SVG files in docs/bench. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeptRow, newestRows } from "./results.ts";

const [WIDTH, HEIGHT] = [720, 400];
const PLOT = { left: 72, right: 600, top: 64, bottom: 340 };
const OURS = "#1f5fa8";
const THEIRS = "#b85c16";
const INK = "#333333";
const GRID = "#e3e3e3";

/** What is said over and under each curve. */
const CURVES = {
  connections: {
    title: "CPU of a message against connections",
    under: "connections: half publish, each to one of the others",
  },
  burst: {
    title: "CPU of a message against messages at a time",
    under: "messages each of 500 publishers writes at once, each to one of 500 readers",
  },
  topics: {
    title: "CPU of a message against topics",
    under: "topics, gone through one after the other by one publisher",
  },
  subscriptions: {
    title: "CPU of a message against subscriptions",
    under: "filters with wildcards that other connections hold",
  },
  payload: { title: "CPU of a message against its size", under: "bytes of payload" },
} as const;

interface Point {
  readonly x: number;
  readonly ours: number;
  readonly min: number;
  readonly max: number;
  readonly theirs: number | null;
}

const rows = newestRows();
for (const [along, said] of Object.entries(CURVES)) {
  const start = `curves/${along}/`;
  const points = rows
    .filter((row) => row.bench === "bus" && row.case.startsWith(start))
    .map((row) => pointOf(row, start))
    .sort((a, b) => a.x - b.x);
  if (points.length < 2) {
    console.error(`no kept curve of ${along}`);
    continue;
  }
  const file = join(import.meta.dirname, `../docs/bench/curve-${along}.svg`);
  writeFileSync(file, picture(said, points));
  console.log(`docs/bench/curve-${along}.svg: ${points.length} points`);
}

function pointOf({ case: name, value, min, max, peerValue }: KeptRow, start: string): Point {
  return { x: Number(name.slice(start.length)), ours: value, min, max, theirs: peerValue };
}

function picture({ title, under }: { title: string; under: string }, points: readonly Point[]): string {
  const values = points.flatMap(({ min, max, theirs }) => [min, max, ...(theirs === null ? [] : [theirs])]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = logarithmic(Math.min(...points.map((p) => p.x)), Math.max(...points.map((p) => p.x)), [
    PLOT.left,
    PLOT.right,
  ]);
  const isWide = high / low > 12;
  const y = isWide
    ? logarithmic(10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high)), [
        PLOT.bottom,
        PLOT.top,
      ])
    : linear(high, [PLOT.bottom, PLOT.top]);
  const line = (pick: (point: Point) => number | null): string =>
    points
      .flatMap((point) => {
        const value = pick(point);
        return value === null ? [] : [`${x.at(point.x).toFixed(1)},${y.at(value).toFixed(1)}`];
      })
      .join(" ");
  const series = [
    { name: "Arqon", color: OURS, pick: (point: Point) => point.ours },
    { name: "nats-server, WebSocket", color: THEIRS, pick: (point: Point) => point.theirs },
  ].filter(({ pick }) => points.some((point) => pick(point) !== null));
  const band = [
    line((point) => point.max),
    line((point) => point.min)
      .split(" ")
      .reverse()
      .join(" "),
  ].join(" ");
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="28" font-size="17" font-weight="600">${title}</text>`,
    `<text x="${PLOT.left}" y="48">server CPU, microseconds per delivery${isWide ? ", logarithmic" : ""}</text>`,
    ...y.ticks.map(
      (tick) =>
        `<path d="M${PLOT.left} ${y.at(tick).toFixed(1)}H${PLOT.right}" stroke="${GRID}"/><text x="${PLOT.left - 8}" y="${(y.at(tick) + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`,
    ),
    ...points.map(
      ({ x: each }) =>
        `<path d="M${x.at(each).toFixed(1)} ${PLOT.bottom}v5" stroke="${INK}"/><text x="${x.at(each).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${short(each)}</text>`,
    ),
    `<path d="M${PLOT.left} ${PLOT.bottom}H${PLOT.right}" stroke="${INK}"/>`,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 44}" text-anchor="middle">${under}</text>`,
    `<polygon points="${band}" fill="${OURS}" fill-opacity="0.15"/>`,
    ...series.map(
      ({ color, pick }) =>
        `<polyline points="${line(pick)}" fill="none" stroke="${color}" stroke-width="2.5"/>${points
          .flatMap((point) => {
            const value = pick(point);
            return value === null
              ? []
              : [
                  `<circle cx="${x.at(point.x).toFixed(1)}" cy="${y.at(value).toFixed(1)}" r="4" fill="${color}"/>`,
                ];
          })
          .join("")}`,
    ),
    ...labels(
      series.map(({ name, color, pick }) => ({ name, color, y: y.at(pick(points.at(-1) as Point) ?? 0) })),
    ),
    "</svg>",
  ].join("\n")}\n`;
}

/** Names at the ends of the lines, apart from one another. */
function labels(ends: readonly { name: string; color: string; y: number }[]): string[] {
  const [first, second] = [...ends].sort((a, b) => a.y - b.y);
  const gap = first && second ? Math.max(0, 34 - (second.y - first.y)) / 2 : 0;
  return [first, second].flatMap((end, i) => {
    if (end === undefined) return [];
    const at = end.y + (i === 0 ? -gap : gap);
    return end.name
      .split(", ")
      .map(
        (word, row) =>
          `<text x="${PLOT.right + 12}" y="${(at + 4 + 15 * row).toFixed(1)}" fill="${end.color}" font-weight="600">${word}</text>`,
      );
  });
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

function logarithmic(low: number, high: number, [from, to]: readonly [number, number]): Scale {
  const ticks: number[] = [];
  for (let tick = 10 ** Math.floor(Math.log10(low)); tick <= high * 1.0001; tick *= 10) ticks.push(tick);
  return { ticks, at: (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from) };
}

function linear(high: number, [from, to]: readonly [number, number]): Scale {
  const raw = high / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= raw) as number;
  const ticks = Array.from({ length: Math.ceil(high / step) + 1 }, (_, i) => i * step);
  const top = ticks.at(-1) as number;
  return { ticks, at: (value) => from + (value / top) * (to - from) };
}

function short(value: number): string {
  if (value >= 1_024 && Number.isInteger(Math.log2(value))) return `${value / 1_024} Ki`;
  return value >= 1 ? value.toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
