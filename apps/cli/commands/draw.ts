/** `arqon draw FILE`: a circuit file as a picture. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { ArqonError, formatBytes } from "@arqon/core/base";
import type { Command } from "../command.ts";
import { INPUT_OPTION, inputsFrom } from "../experiment.ts";
import { readCircuit } from "../store.ts";

export const draw: Command = {
  name: "draw",
  summary: "draw an OpenQASM 2 or 3 circuit in the terminal, or as an SVG file",
  positionals: ["FILE"],
  options: { svg: { type: "string", value: "OUT", help: "write an SVG file instead" }, ...INPUT_OPTION },
  example: "arqon draw examples/bell.qasm --svg bell.svg",
  async run(args, terminal) {
    const [path] = args.positionals as [string];
    const source = await readCircuit(path);
    // Only this command needs the parsers, and every command would wait for them.
    const { drawSvg, drawText, parseQasm } = await import("@arqon/substrates/quantum");
    const circuit = parseQasm(source, basename(path), { inputs: inputsFrom(args.text("input")) });
    const { qubits, bits, length, warnings } = circuit;
    const about = { qubits, bits, instructions: length, warnings: [...warnings] };
    const svg = args.text("svg");
    if (svg === undefined) {
      const picture = drawText(circuit, { columns: terminal.columns });
      terminal.answer({ ...about, picture });
      for (const line of picture.split("\n")) terminal.print(line);
    } else {
      const bytes = await write(svg, drawSvg(circuit));
      terminal.answer({ ...about, file: svg, bytes });
      terminal.print(`${svg}: ${qubits} qubits, ${length} instructions, ${formatBytes(bytes)}`);
    }
    for (const warning of warnings) terminal.print(`  note: ${warning}`);
    return 0;
  },
};

async function write(path: string, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new ArqonError("FILE_UNREADABLE", `${path}: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  return bytes.length;
}
