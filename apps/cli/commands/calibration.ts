/** `arqon calibration import FILE`: what a simulated device is, sealed as a Calibration that its runs cite. */
import { basename } from "node:path";
import { ArqonError, type JsonObject } from "@arqon/core/base";
import { cancellable } from "../cancellable.ts";
import type { Command } from "../command.ts";
import { shortId } from "../render.ts";
import { withClient } from "../session.ts";
import { readUserFile } from "../store.ts";

export const calibration: Command = {
  name: "calibration",
  summary: "import FILE: seal a calibration; runs on its backend stand under it and cite it",
  positionals: ["import", "FILE"],
  options: {
    backend: { type: "string", value: "B", help: "the device it is of (default sim-device)" },
  },
  example: "arqon calibration import device.json",
  async run(args, terminal) {
    const [verb, path] = args.positionals as [string, string];
    if (verb !== "import")
      throw new ArqonError("USAGE", `calibration ${verb}: the one thing to do is import`);
    const program = await readUserFile(path);
    const backend = args.text("backend");
    const { output, artifactId } = await withClient(terminal, ["quantum", "artifacts"], (client) =>
      cancellable(client, terminal, async (id) => {
        const job = await client.submit("calibration.jobs", {
          id,
          schema: "arqonbus.calibration.job.v1",
          program,
          programMediaType: "application/json",
          name: basename(path),
          constraints: backend === undefined ? {} : { backend },
        });
        const result = await job.result();
        return { output: result.json() as JsonObject, artifactId: result.artifactId };
      }),
    );
    terminal.answer({ ...output, artifactId });
    const { device, qubits, gates, calibratedAt } = output;
    terminal.print(
      `${device} · ${qubits} qubits · ${gates} gates${calibratedAt ? ` · ${calibratedAt}` : ""}`,
    );
    terminal.print(`calibration  ${output["calibration"]}`);
    terminal.print(`artifact     ${artifactId}`);
    terminal.print(`next:        ${terminal.invocation} run FILE --backend ${output["backend"]}`);
    terminal.print(`             ${terminal.invocation} lineage ${shortId(artifactId)}`);
    return 0;
  },
};
