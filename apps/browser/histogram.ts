/** Counts as a picture. */

const ROW = 26;
const LABEL = 200;
const BAR = 420;
const SIDE = 110;
/** Outcomes shown; the others are counted in one line. */
const MOST = 12;

/** An SVG document: the most frequent outcomes, with the number and share of shots. */
export function histogram(counts: readonly (readonly [string, number])[]): string {
  const shots = counts.reduce((sum, [, count]) => sum + count, 0);
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = sorted.slice(0, MOST);
  const rest = sorted.slice(MOST);
  const largest = shown[0]?.[1] ?? 1;
  const rows = shown.map(([outcome, count], row) => {
    const y = row * ROW;
    const width = Math.max(1, (BAR * count) / largest);
    return (
      `<text class="outcome" x="${LABEL - 10}" y="${y + ROW / 2}">${outcome}</text>` +
      `<rect x="${LABEL}" y="${y + 5}" width="${width.toFixed(1)}" height="${ROW - 10}" rx="3"/>` +
      `<text class="count" x="${LABEL + width + 8}" y="${y + ROW / 2}">${count} · ${((100 * count) / shots).toFixed(1)} %</text>`
    );
  });
  if (rest.length > 0) {
    const left = rest.reduce((sum, [, count]) => sum + count, 0);
    const y = shown.length * ROW + ROW / 2;
    rows.push(
      `<text class="rest" x="${LABEL}" y="${y}">and ${rest.length} more outcomes, ${left} shots</text>`,
    );
  }
  const width = LABEL + BAR + SIDE;
  const height = (shown.length + (rest.length > 0 ? 1 : 0)) * ROW;
  return `<svg class="histogram" viewBox="0 0 ${width} ${height}" role="img" aria-label="histogram of outcomes">${rows.join("")}</svg>`;
}
