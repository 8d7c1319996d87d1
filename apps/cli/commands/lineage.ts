/** `arqon lineage ID`: what an artifact came from, and what came of it. */
import { ArqonError, type JsonObject } from "@arqon/core/base";
import type { Lineage } from "@arqon/vault";
import type { Command } from "../command.ts";
import { shortId } from "../render.ts";
import { withVault } from "../store.ts";

export const lineage: Command = {
  name: "lineage",
  summary: "show what an artifact came from, and what came of it",
  positionals: ["ID"],
  options: { depth: { type: "string", value: "N", help: "steps each way, 0 to 100 (default 5)" } },
  example: "arqon lineage 3fa9c1d2",
  async run(args, terminal) {
    const [id] = args.positionals as [string];
    const text = args.text("depth") ?? "5";
    const depth = Number(text);
    if (!/^[0-9]+$/.test(text) || depth > 100)
      throw new ArqonError("USAGE", `--depth ${text}: expected a whole number from 0 to 100`);
    const graph = await withVault(terminal, (vault) => vault.lineage(id, depth));
    terminal.answer(graph as unknown as JsonObject);
    const lines = depth > 0 ? lineageLines(graph) : lineageLines(graph).slice(0, 1);
    for (const line of lines) terminal.print(line);
    return 0;
  },
};

/** The artifact, then a tree each way. An artifact that comes again is not unfolded again. */
export function lineageLines({ artifactId, artifacts, ancestors, descendants }: Lineage): string[] {
  const nodes = new Map(artifacts.map((node) => [node.artifactId, node]));
  const up = ancestors.map(({ child, parent, role }) => ({ from: child, to: parent, role }));
  const down = descendants.map(({ child, parent, role }) => ({ from: parent, to: child, role }));
  return [
    label(artifactId, nodes.get(artifactId)),
    "",
    up.length > 0 ? "came from" : "came from nothing",
    ...tree(artifactId, up, nodes),
    "",
    down.length > 0 ? "gave" : "gave nothing yet",
    ...tree(artifactId, down, nodes),
  ];
}

interface Step {
  readonly from: string;
  readonly to: string;
  readonly role: string;
}

type Node = Lineage["artifacts"][number];

function tree(root: string, steps: readonly Step[], nodes: ReadonlyMap<string, Node>): string[] {
  const lines: string[] = [];
  const unfolded = new Set([root]);
  const walk = (id: string, indent: string): void => {
    const next = steps.filter(({ from }) => from === id);
    next.forEach(({ to, role }, i) => {
      const last = i === next.length - 1;
      const again = unfolded.has(to) && steps.some(({ from }) => from === to);
      lines.push(
        `${indent}${last ? "└─" : "├─"} ${role}  ${label(to, nodes.get(to))}${again ? "  (as above)" : ""}`,
      );
      if (unfolded.has(to)) return;
      unfolded.add(to);
      walk(to, `${indent}${last ? "  " : "│ "} `);
    });
  };
  walk(root, "  ");
  return lines;
}

/** Verdicts of replays that gave what they repeated. */
const SAME: readonly string[] = ["IDENTICAL", "EQUIVALENT"];

function label(id: string, node: Node | undefined): string {
  const { row, verdict } = node ?? {};
  if (!row) return `${shortId(id)}  (not in this ARQON_HOME)`;
  const times = row.reproduced > 1 ? `  reproduced ${row.reproduced}×` : "";
  const said = verdict === undefined ? "" : `  ${SAME.includes(verdict) ? "✓" : "✗"} ${verdict}`;
  return `${shortId(id)}  ${row.artifactType}  ${row.title}  ${row.createdAt.slice(0, 10)}${times}${said}`;
}
