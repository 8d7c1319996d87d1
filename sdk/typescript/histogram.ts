/** Counts as a picture of text. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(fraction: number, width: number): string {
  const eighths = Math.round(fraction * width * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/**
 * One line an outcome, most frequent first: key, bar, count, share. Equal counts stand in order of their keys.
 * @param width  columns of the longest bar.
 * @param rows   most outcomes shown; the rest is summed in a last line.
 */
export function histogram(counts: Readonly<Record<string, number>>, width = 32, rows = 16): string {
  const entries = Object.entries(counts).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "(no counts)";
  const shown = entries.slice(0, rows);
  const most = shown[0]?.[1] ?? 1;
  const keyWidth = Math.max(...shown.map(([key]) => key.length));
  const countWidth = String(most).length;
  const lines = shown.map(([key, count]) => {
    const share = ((100 * count) / total).toFixed(1).padStart(5);
    const drawn = bar(count / most, width).padEnd(width);
    return `${key.padStart(keyWidth)}  ${drawn}  ${String(count).padStart(countWidth)}  ${share} %`;
  });
  const hidden = entries.slice(rows);
  if (hidden.length > 0)
    lines.push(`… ${hidden.length} more outcomes, ${hidden.reduce((sum, [, n]) => sum + n, 0)} shots`);
  return lines.join("\n");
}
