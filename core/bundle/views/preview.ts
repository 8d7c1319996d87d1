/** The view `ro-crate-preview.html`: the bundle as a page. No script, nothing loaded, every text escaped. */
import { fromUtf8, type Json, parseJson } from "../../base/index.ts";
import { biblatex, type Citation, fullName } from "../cite/index.ts";
import { type BundleListing, sizeOf } from "../contents.ts";
import { comparePaths, pathUrl } from "../path.ts";

/** Outcomes shown; the file has them all. */
const MOST_ROWS = 32;

/** A text as HTML shows it unchanged, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}code,pre{font-family:ui-monospace,monospace;font-size:.875em;overflow-wrap:anywhere}
pre{background:#f3f4f6;padding:.75rem;overflow:auto}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181c}pre{background:#22252b}a{color:#8ab4f8}}`;

/**
 * @param counts  bytes of `results/counts.json`.
 * @param later  paths of files made after signing, named without size.
 */
export function previewFile(
  citation: Citation,
  files: BundleListing,
  counts: Uint8Array | undefined,
  later: readonly string[],
): string {
  const { title, artifactId, recipeId, authors, licence, parents, createdAt, tags, note } = citation;
  const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
  const facts: [string, string][] = [
    ["Artifact", code(artifactId)],
    ["Recipe", code(recipeId)],
    ["Kind", escapeHtml(citation.artifactType)],
    ["Backend", escapeHtml(citation.backendId)],
    ["Engine", escapeHtml(citation.engine)],
    ["Sealed", `<time>${escapeHtml(createdAt)}</time>`],
    [
      "Creators",
      authors.length > 0 ? authors.map((one) => escapeHtml(fullName(one))).join("; ") : "not stated",
    ],
    [
      "Licence",
      licence ? `<a href="${escapeHtml(licence.url)}">${escapeHtml(licence.name)}</a>` : "not stated",
    ],
    ...parents.map(({ artifactId: id, role }): [string, string] => [escapeHtml(role), code(id)]),
    ...(tags.length > 0 ? [["Tags", escapeHtml(tags.join(", "))] as [string, string]] : []),
    ...(note !== ""
      ? [["Note", `<span style="white-space:pre-wrap">${escapeHtml(note)}</span>`] as [string, string]]
      : []),
  ];
  const paths = [...files.keys(), ...later].sort(comparePaths);
  const rows = paths.map((path) => {
    const file = files.get(path);
    const size = file && sizeOf(file);
    const href = pathUrl(path);
    const [link, name] = href === path ? [path, path] : [escapeHtml(href), escapeHtml(path)];
    return `<tr><td><a href="${link}">${name}</a></td><td class="n">${size ?? ""}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<table>
${facts.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join("\n")}
</table>
${countsTable(counts)}<h2>Files</h2>
<table>
<thead><tr><th scope="col">File</th><th scope="col">Bytes</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
<h2>Cite</h2>
<pre>${escapeHtml(biblatex(citation))}</pre>
<h2>Verify</h2>
<p>This page is one of the signed files and proves nothing by itself. <a href="VERIFY.md">VERIFY.md</a> says how to check the
bundle with coreutils and OpenSSL alone.</p>
</main>
</body>
</html>
`;
}

function countsTable(bytes: Uint8Array | undefined): string {
  if (!bytes) return "";
  const counts = Object.entries(parseJson(fromUtf8(bytes), "results/counts.json") as Record<string, Json>);
  const total = counts.reduce((sum, [, count]) => sum + Number(count), 0);
  const rows = counts.slice(0, MOST_ROWS).map(([key, count]) => {
    const share = total > 0 ? ((100 * Number(count)) / total).toFixed(1) : "0.0";
    return `<tr><td><code>${escapeHtml(key)}</code></td><td class="n">${Number(count)}</td><td class="n">${share} %</td></tr>`;
  });
  const left = counts.length - rows.length;
  return `<h2>Counts</h2>
<table>
<thead><tr><th scope="col">Outcome</th><th scope="col">Count</th><th scope="col">Share</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
${left > 0 ? `<p>… and ${left} other outcomes in results/counts.json</p>\n` : ""}`;
}
