/** Circuits drawn with characters. */
import { type Buildable, type Circuit, circuitOf } from "../circuit.ts";
import { type Item, type Layout, layOut, type Mark } from "./layout.ts";

/** How to draw. */
export interface TextOptions {
  /** Width to stay within, in characters; default 100. */
  readonly columns?: number;
}

/** Grid of characters, one row for each wire and one below each. */
type Rows = string[][];

/**
 * Draws a circuit as lines of text, in blocks one under the other where it is too wide.
 *
 * @throws ArqonError `LIMIT_EXCEEDED` over `DRAW_LIMITS`.
 */
export function drawText(given: Circuit | Buildable, { columns = 100 }: TextOptions = {}): string {
  const circuit = circuitOf(given);
  const layout = layOut(circuit);
  const label = Math.max(0, ...layout.wires.map((name) => length(name))) + 1;
  const widths = columnWidths(layout);
  const blocks: string[] = [];
  let from = 0;
  do {
    let [to, width] = [from, label + 2];
    while (to < layout.columns && (to === from || width + (widths[to] as number) <= columns))
      width += widths[to++] as number;
    blocks.push(block(layout, label, widths, from, to));
    from = to;
  } while (from < layout.columns);
  return blocks.join("\n\n");
}

/** Characters a text takes, not UTF-16 units. */
function length(text: string): number {
  return Array.from(text).length;
}

function symbol({ kind, text }: Mark): string {
  switch (kind) {
    case "box":
      return `[${text}]`;
    case "control":
      return "●";
    case "flip":
      return "⊕";
    case "swap":
      return "╳";
    case "barrier":
      return "░";
    case "bit":
      return `╩${text}`;
    default:
      return `■${text}`;
  }
}

function columnWidths({ columns, items }: Layout): number[] {
  const out = new Array<number>(columns).fill(3);
  for (const { column, marks } of items)
    for (const mark of marks) {
      // What hangs below a column starts at its middle.
      const own = length(symbol(mark));
      const needed = mark.kind === "bit" || mark.kind === "condition" ? 2 * own - 1 : own;
      out[column] = Math.max(out[column] as number, needed + 2);
    }
  return out;
}

function block(layout: Layout, label: number, widths: readonly number[], from: number, to: number): string {
  const { wires, qubits } = layout;
  const starts: number[] = [];
  let width = label + 1;
  for (let c = from; c < to; c++) {
    starts.push(width);
    width += widths[c] as number;
  }
  const rows: Rows = [];
  for (const [wire, name] of wires.entries()) {
    const line = new Array<string>(width + 1).fill(wire < qubits ? "─" : "═");
    Array.from(`${name}${" ".repeat(label - length(name))}`).forEach((character, i) => {
      line[i] = character;
    });
    rows.push(line, new Array<string>(width + 1).fill(" "));
  }
  for (const item of layout.items)
    if (item.column >= from && item.column < to) {
      const start = starts[item.column - from] as number;
      draw(rows, item, start + Math.floor(((widths[item.column] as number) - 1) / 2), qubits);
    }
  const lines = rows.map((row) => row.join("").trimEnd());
  // Rows between wires that connect nothing are left out.
  return lines.filter((line) => line !== "").join("\n");
}

function draw(rows: Rows, { marks }: Item, middle: number, qubits: number): void {
  const quantum = marks.filter(({ wire }) => wire < qubits);
  const classical = marks.filter(({ wire }) => wire >= qubits);
  const top = Math.min(...quantum.map(({ wire }) => wire));
  const bottom = Math.max(...quantum.map(({ wire }) => wire));
  const end = Math.max(bottom, ...classical.map(({ wire }) => wire));
  const barrier = quantum.some(({ kind }) => kind === "barrier");
  for (let row = 2 * top + 1; row < 2 * end; row++) {
    const line = rows[row] as string[];
    const hangs = row >= 2 * bottom + 1;
    if (row % 2 === 1) line[middle] = hangs ? "║" : barrier ? "░" : "│";
    else if (row / 2 < qubits) line[middle] = hangs ? "╫" : barrier ? "─" : "┼";
    else line[middle] = "╬";
  }
  for (const mark of marks) {
    const text = Array.from(symbol(mark));
    const left = mark.wire >= qubits ? middle : middle - Math.floor((text.length - 1) / 2);
    text.forEach((character, i) => {
      (rows[2 * mark.wire] as string[])[left + i] = character;
    });
  }
}
