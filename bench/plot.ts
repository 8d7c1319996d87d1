/** `node bench/plot.ts`: draws the kept curves of the bus and of quantum circuits as SVG files in docs/bench. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawn, type Picture, type Point } from "./picture.ts";
import { type KeptRow, newestRows } from "./results.ts";

const OURS = "#1f5fa8";
const ALSO_OURS = "#3a8f5c";
const THEIRS = "#b85c16";
const ALSO_THEIRS = "#8a5aa8";
const PALE = "#777777";

const rows = newestRows();

for (const picture of [...busPictures(), ...quantumPictures()]) {
  const series = picture.series.filter(({ points }) => points.length > 0);
  if (series.every(({ points }) => points.length < 2)) {
    console.error(`no kept curve of ${picture.file}`);
    continue;
  }
  writeFileSync(
    join(import.meta.dirname, `../docs/bench/${picture.file}.svg`),
    drawn({ ...picture, series }),
  );
  const points = series.reduce((sum, one) => sum + one.points.length, 0);
  console.log(`docs/bench/${picture.file}.svg: ${points} points`);
}

/** Points of the rows whose case matches; its group is what goes along. */
function pointsOf(bench: string, pattern: RegExp, read: (row: KeptRow) => Omit<Point, "x"> | null): Point[] {
  const byX = new Map<number, Point>();
  for (const row of rows) {
    const x = row.bench === bench ? pattern.exec(`${row.case}/${row.metric}@${row.peer}`)?.[1] : undefined;
    const point = x === undefined ? null : read(row);
    if (point && !byX.has(Number(x))) byX.set(Number(x), { x: Number(x), ...point });
  }
  return [...byX.values()].sort((a, b) => a.x - b.x);
}

function ours({ value, min, max }: KeptRow): Omit<Point, "x"> {
  return { value, min, max };
}

function theirs({ peerValue }: KeptRow): Omit<Point, "x"> | null {
  return peerValue === null ? null : { value: peerValue, min: peerValue, max: peerValue };
}

function busPictures(): Picture[] {
  const said = {
    connections: ["connections", "connections: half publish, each to one of the others"],
    burst: [
      "messages at a time",
      "messages each of 500 publishers writes at once, each to one of 500 readers",
    ],
    topics: ["topics", "topics, gone through one after the other by one publisher"],
    subscriptions: ["subscriptions", "filters with wildcards that other connections hold"],
    payload: ["its size", "bytes of payload"],
  };
  return Object.entries(said).map(([name, [against, along]]) => {
    const pattern = new RegExp(`^curves/${name}/(\\d+)/`);
    return {
      file: `curve-${name}`,
      title: `CPU of a message against ${against}`,
      up: "server CPU, microseconds per delivery",
      along: along as string,
      doubles: true,
      series: [
        { name: "Arqon", color: OURS, points: pointsOf("bus", pattern, ours), hasBand: true },
        { name: "nats-server, WebSocket", color: THEIRS, points: pointsOf("bus", pattern, theirs) },
      ],
    };
  });
}

function quantumPictures(): Picture[] {
  const of = (pattern: RegExp, read = ours as (row: KeptRow) => Omit<Point, "x"> | null): Point[] =>
    pointsOf("quantum", pattern, read);
  const speedUp = (what: string): Point[] => {
    const points = of(new RegExp(`^growth/threads-${what}/(\\d+)/`), ({ value, min, max, peerValue }) =>
      peerValue === null ? null : { value: peerValue / value, min: peerValue / max, max: peerValue / min },
    );
    return points.length === 0 ? [] : [{ x: 1, value: 1, min: 1, max: 1 }, ...points];
  };
  return [
    {
      file: "quantum-qubits",
      title: "Time to simulate one circuit, by its qubits",
      up: "CPU milliseconds on one core, 20 layers of U3 and CZ; less is better",
      along: "qubits",
      doubles: false,
      series: [
        { name: "Arqon, f32", color: ALSO_OURS, points: of(/^brickwork-(\d+)\/cpu_ms@qsim/), hasBand: true },
        { name: "Arqon, f64", color: OURS, points: of(/^brickwork-(\d+)-f64\/cpu_ms/), hasBand: true },
        { name: "qsim, f32", color: THEIRS, points: of(/^brickwork-(\d+)\/cpu_ms@qsim/, theirs) },
        { name: "qulacs, f64", color: PALE, points: of(/^brickwork-(\d+)-f64\/cpu_ms@qulacs/, theirs) },
        { name: "Aer, f64", color: ALSO_THEIRS, points: of(/^brickwork-(\d+)-f64\/cpu_ms@aer/, theirs) },
      ],
    },
    {
      file: "quantum-depth",
      title: "Time to simulate one circuit, by its depth",
      up: "CPU milliseconds on one core, 18 qubits; less is better",
      along: "layers of U3 and CZ, each mark twice the one before",
      doubles: true,
      series: [
        { name: "Arqon, f32", color: ALSO_OURS, points: of(/^growth\/depth-f32\/(\d+)\//), hasBand: true },
        { name: "Arqon, f64", color: OURS, points: of(/^growth\/depth-f64\/(\d+)\//), hasBand: true },
      ],
    },
    {
      file: "quantum-threads",
      title: "What more threads gave on a busy machine",
      up: "wall time of one thread over that of several: 2 would be twice as fast, below 1 is slower",
      along: "threads; arithmetic and memory alone say what the machine had to give",
      doubles: true,
      series: [
        { name: "arithmetic, alone", color: PALE, points: speedUp("arithmetic-alone") },
        { name: "memory, alone", color: THEIRS, points: speedUp("memory-alone") },
        { name: "22 qubits, f32", color: ALSO_OURS, points: speedUp("f32-22") },
        { name: "22 qubits, f64", color: OURS, points: speedUp("f64-22") },
        { name: "24 qubits, f32", color: "#9ac9ac", points: speedUp("f32-24") },
        { name: "24 qubits, f64", color: "#8fb3dc", points: speedUp("f64-24") },
      ],
    },
  ];
}
