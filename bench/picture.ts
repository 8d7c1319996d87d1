/** A picture of lines as SVG. */

const [WIDTH, HEIGHT] = [720, 400];
const PLOT = { left: 72, right: 600, top: 64, bottom: 340 };
const INK = "#333333";
const GRID = "#e3e3e3";
const LINE = 15;

/** A figure and its spread. */
export interface Point {
  readonly x: number;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** A line of a picture; a comma in its name breaks it. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly Point[];
  /** From the least to the largest of the repetitions is shaded. */
  readonly hasBand?: boolean;
}

/** What a picture says. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  /** What goes up, and what goes along. */
  readonly up: string;
  readonly along: string;
  /** Whether a step along is a doubling. */
  readonly doubles: boolean;
  readonly series: readonly Series[];
}

/** The picture, each line named at its end. */
export function drawn({ title, up, along, doubles, series }: Picture): string {
  const shown = series.flatMap(({ points, hasBand }) =>
    points.flatMap(({ value, min, max }) => (hasBand ? [min, max] : [value])),
  );
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const across = [PLOT.left, PLOT.right] as const;
  const x = (doubles ? logarithmic : straight)(Math.min(...xs), Math.max(...xs), across);
  const isWide = high / low > 12;
  const y = isWide
    ? logarithmic(...bounds(low, high), [PLOT.bottom, PLOT.top])
    : linear(high, [PLOT.bottom, PLOT.top]);
  const place = (at: number, value: number): string => `${x.at(at).toFixed(1)},${y.at(value).toFixed(1)}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="28" font-size="17" font-weight="600">${title}</text>`,
    `<text x="${PLOT.left}" y="48">${up}${isWide ? ", logarithmic" : ""}</text>`,
    ...y.ticks.map(
      (tick) =>
        `<path d="M${PLOT.left} ${y.at(tick).toFixed(1)}H${PLOT.right}" stroke="${GRID}"/><text x="${PLOT.left - 8}" y="${(y.at(tick) + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`,
    ),
    ...xs.map(
      (each) =>
        `<path d="M${x.at(each).toFixed(1)} ${PLOT.bottom}v5" stroke="${INK}"/><text x="${x.at(each).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="middle">${short(each)}</text>`,
    ),
    `<path d="M${PLOT.left} ${PLOT.bottom}H${PLOT.right}" stroke="${INK}"/>`,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 44}" text-anchor="middle">${along}</text>`,
    ...series
      .filter(({ hasBand }) => hasBand)
      .map(({ points, color }) => {
        const band = [
          ...points.map((point) => place(point.x, point.max)),
          ...points.map((point) => place(point.x, point.min)).reverse(),
        ];
        return `<polygon points="${band.join(" ")}" fill="${color}" fill-opacity="0.15"/>`;
      }),
    ...series.map(({ color, points }) => {
      const line = points.map((point) => place(point.x, point.value)).join(" ");
      const dots = points.map((point) => {
        const [cx, cy] = place(point.x, point.value).split(",");
        return `<circle cx="${cx}" cy="${cy}" r="4" fill="${color}"/>`;
      });
      return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="2.5"/>${dots.join("")}`;
    }),
    ...labels(
      series.map(({ name, color, points }) => ({
        words: name.split(", "),
        color,
        y: y.at((points.at(-1) as Point).value),
      })),
    ),
    "</svg>",
  ].join("\n")}\n`;
}

/** Names at the ends of the lines, apart from one another and within the picture. */
function labels(ends: readonly { words: readonly string[]; color: string; y: number }[]): string[] {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  const tops = sorted.map(({ y }) => y + 4);
  const height = (i: number): number => LINE * (sorted[i]?.words.length ?? 0) + 4;
  for (let i = 1; i < tops.length; i++)
    tops[i] = Math.max(tops[i] as number, (tops[i - 1] as number) + height(i - 1));
  let most = HEIGHT - 8;
  for (let i = tops.length - 1; i >= 0; i--) {
    tops[i] = Math.min(tops[i] as number, most - LINE * ((sorted[i]?.words.length ?? 1) - 1));
    most = (tops[i] as number) - LINE - 4;
  }
  return sorted.flatMap(({ words, color }, i) =>
    words.map(
      (word, row) =>
        `<text x="${PLOT.right + 12}" y="${((tops[i] as number) + LINE * row).toFixed(1)}" fill="${color}" font-weight="600">${word}</text>`,
    ),
  );
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

const ROUND = [1, 2, 5, 10];
/** From here on powers of ten are lines enough. */
const MANY = 500;

/** The next number below or above that is 1, 2 or 5 times a power of ten. */
function roundAround(value: number, side: "below" | "above"): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const around = ROUND.map((each) => each * power);
  const found =
    side === "above" ? around.find((each) => each >= value) : around.findLast((each) => each <= value);
  return found ?? value;
}

function bounds(low: number, high: number): [number, number] {
  if (high / low <= MANY) return [roundAround(low, "below"), roundAround(high, "above")];
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
}

/** Every power of ten has a line; where there are few, so have 2 and 5 times each. */
function logarithmic(low: number, high: number, [from, to]: readonly [number, number]): Scale {
  const factors = high / low > MANY ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
    for (const factor of factors)
      if (factor * power >= low * 0.9999 && factor * power <= high * 1.0001) ticks.push(factor * power);
  return { ticks, at: (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from) };
}

function straight(low: number, high: number, [from, to]: readonly [number, number]): Scale {
  return { ticks: [], at: (value) => from + ((value - low) / (high - low)) * (to - from) };
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
