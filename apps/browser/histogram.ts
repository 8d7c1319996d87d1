/** Counts as a picture. */

const ROW = 26;
/** A character of a label, and the fewest and the most of them; of longer outcomes beginning and end are shown. */
const CHARACTER = 8;
const [NARROW, WIDE] = [12, 34];
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
  const label = 14 + CHARACTER * Math.min(WIDE, Math.max(NARROW, shown[0]?.[0].length ?? 0));
  const rows = shown.map(([outcome, count], row) => {
    const y = row * ROW;
    const width = Math.max(1, (BAR * count) / largest);
    return (
      `<text class="outcome" x="${label - 10}" y="${y + ROW / 2}"><title>${outcome}</title>${shortened(outcome)}</text>` +
      `<rect x="${label}" y="${y + 5}" width="${width.toFixed(1)}" height="${ROW - 10}" rx="3"/>` +
      `<text class="count" x="${label + width + 8}" y="${y + ROW / 2}">${count} · ${((100 * count) / shots).toFixed(1)} %</text>`
    );
  });
  if (rest.length > 0) {
    const left = rest.reduce((sum, [, count]) => sum + count, 0);
    const y = shown.length * ROW + ROW / 2;
    rows.push(
      `<text class="rest" x="${label}" y="${y}">and ${rest.length} more outcomes, ${left} shots</text>`,
    );
  }
  const width = label + BAR + SIDE;
  const height = (shown.length + (rest.length > 0 ? 1 : 0)) * ROW;
  return `<svg class="histogram" viewBox="0 0 ${width} ${height}" role="img" aria-label="histogram of outcomes">${rows.join("")}</svg>`;
}

function shortened(outcome: string): string {
  if (outcome.length <= WIDE) return outcome;
  const half = Math.floor((WIDE - 1) / 2);
  return `${outcome.slice(0, half)}…${outcome.slice(-half)}`;
}
