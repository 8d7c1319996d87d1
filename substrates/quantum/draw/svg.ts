/** Circuits drawn as SVG. */
import { type Buildable, type Circuit, circuitOf } from "../circuit.ts";
import { type Item, type Layout, layOut, type Mark } from "./layout.ts";

/** Sizes in pixels. */
const ROW = 40;
const CHARACTER = 8;
const BOX = 28;
const MARGIN = 16;
const GAP = 12;

const STYLE =
  "text{font:13px sans-serif;fill:#111;text-anchor:middle;dominant-baseline:central}.name{text-anchor:end}.small{font-size:10px}" +
  "line,circle,rect{stroke:#111;stroke-width:1.2}.bits{stroke:#888}.box{fill:#e8f0fe}.measure{fill:#fdeccf}.dot{fill:#111}" +
  ".plus{fill:#fff}.barrier{stroke:#888;stroke-dasharray:4 3}";

/**
 * Draws a circuit as an SVG document: the same bytes for the same circuit, no script, nothing loaded from elsewhere.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` over `DRAW_LIMITS`.
 */
export function drawSvg(given: Circuit | Buildable): string {
  const circuit = circuitOf(given);
  const layout = layOut(circuit);
  const left = MARGIN + CHARACTER * Math.max(1, ...layout.wires.map((name) => Array.from(name).length)) + GAP;
  const centers = columnCenters(layout, left);
  const width = (centers.at(-1) ?? left) + MARGIN + BOX;
  const height = 2 * MARGIN + ROW * Math.max(1, layout.wires.length);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(circuit.name)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" style="fill:#fff;stroke:none"/>`,
    ...layout.wires.map((name, wire) => wireLine(name, y(wire), left, width, wire >= layout.qubits)),
    ...layout.items.map((item) => drawItem(layout, item, centers[item.column] as number)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function y(wire: number): number {
  return MARGIN + ROW / 2 + wire * ROW;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is only text in XML; characters XML does not allow become U+FFFD. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
}

function markWidth({ kind, text }: Mark): number {
  const letters = Array.from(text).length;
  if (kind === "box") return Math.max(BOX, CHARACTER * letters + 10);
  return kind === "bit" || kind === "condition" ? Math.max(BOX, CHARACTER * letters * 2) : BOX;
}

function columnCenters({ columns, items }: Layout, left: number): number[] {
  const widths = new Array<number>(columns).fill(BOX);
  for (const { column, marks } of items)
    for (const mark of marks) widths[column] = Math.max(widths[column] as number, markWidth(mark));
  let at = left + GAP;
  return widths.map((width) => {
    const center = at + width / 2;
    at += width + GAP;
    return center;
  });
}

function wireLine(name: string, at: number, left: number, width: number, classical: boolean): string {
  const line = (dy: number): string =>
    `<line x1="${left}" y1="${at + dy}" x2="${width - MARGIN}" y2="${at + dy}"${classical ? ' class="bits"' : ""}/>`;
  return `<text class="name" x="${left - GAP / 2}" y="${at}">${escaped(name)}</text>${classical ? line(-1.5) + line(1.5) : line(0)}`;
}

function drawItem({ qubits }: Layout, { marks }: Item, x: number): string {
  const quantum = marks.filter(({ wire }) => wire < qubits).map(({ wire }) => y(wire));
  const classical = marks.filter(({ wire }) => wire >= qubits).map(({ wire }) => y(wire));
  const [top, bottom] = [Math.min(...quantum), Math.max(...quantum)];
  const parts: string[] = [];
  if (bottom > top && !marks.some(({ kind }) => kind === "barrier"))
    parts.push(`<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>`);
  if (classical.length > 0)
    for (const dx of [-1.5, 1.5])
      parts.push(
        `<line class="bits" x1="${x + dx}" y1="${bottom}" x2="${x + dx}" y2="${Math.max(...classical)}"/>`,
      );
  for (const mark of marks) parts.push(drawMark(mark, x));
  return parts.join("");
}

function drawMark(mark: Mark, x: number): string {
  const { kind, text } = mark;
  const at = y(mark.wire);
  const line = (x1: number, y1: number, x2: number, y2: number, more = ""): string =>
    `<line x1="${x + x1}" y1="${at + y1}" x2="${x + x2}" y2="${at + y2}"${more}/>`;
  switch (kind) {
    case "box": {
      const width = markWidth(mark);
      const style = text === "M" ? "measure" : "box";
      return `<rect class="${style}" x="${x - width / 2}" y="${at - BOX / 2}" width="${width}" height="${BOX}" rx="3"/><text x="${x}" y="${at}">${escaped(text)}</text>`;
    }
    case "control":
      return `<circle class="dot" cx="${x}" cy="${at}" r="4"/>`;
    case "flip":
      return `<circle class="plus" cx="${x}" cy="${at}" r="10"/>${line(-10, 0, 10, 0)}${line(0, -10, 0, 10)}`;
    case "swap":
      return line(-6, -6, 6, 6) + line(-6, 6, 6, -6);
    case "barrier":
      return line(0, -ROW / 2, 0, ROW / 2, ' class="barrier"');
    default:
      return `<circle class="dot" cx="${x}" cy="${at}" r="3"/><text class="small" x="${x + 12}" y="${at + 12}">${escaped(text)}</text>`;
  }
}
