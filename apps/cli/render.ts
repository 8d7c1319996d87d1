/** Tables, histograms and figures as text. */

/** Columns padded to their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const text = [head.map(String), ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...text.map((row) => [...(row[column] ?? "")].length)));
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"),
  );
  return text.map((row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - [...cell].length);
        return numeric[column] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** The most frequent outcomes as bars, in the order of their keys; the rest in one line. */
export function histogram(counts: Readonly<Record<string, number>>, columns: number, most = 16): string[] {
  const entries = Object.entries(counts);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const shown = [...entries]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const top = Math.max(1, ...shown.map(([, count]) => count));
  const keyWidth = Math.max(1, ...shown.map(([key]) => key.length));
  const countWidth = Math.max(1, ...shown.map(([, count]) => String(count).length));
  const room = Math.max(10, Math.min(50, columns - keyWidth - countWidth - 14));
  const lines = shown.map(([key, count]) => {
    const eighths = Math.max(1, Math.round((count / top) * room * 8));
    const bar = "█".repeat(eighths >> 3) + (eighths & 7 ? (" ▏▎▍▌▋▊▉"[eighths & 7] ?? "") : "");
    const share = ((100 * count) / Math.max(1, total)).toFixed(1).padStart(5);
    return `  ${key.padEnd(keyWidth)}  ${bar.padEnd(room)}  ${String(count).padStart(countWidth)}  ${share} %`;
  });
  const left = entries.length - shown.length;
  if (left > 0) lines.push(`  … and ${left} other outcomes`);
  return lines;
}

/** "sha256:" and twelve digits: enough to name an artifact to people and to the CLI. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
