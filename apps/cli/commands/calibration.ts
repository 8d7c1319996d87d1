/** `arqon calibration import FILE`: what a simulated device is, sealed as a Calibration that its runs cite. */
import { basename } from "node:path";
import { ArqonError, jsonObject, parseJson } from "@arqon/core/base";
import { cancellable } from "../cancellable.ts";
import type { Command } from "../command.ts";
import { LABEL_OPTIONS, labelsFrom } from "../labels.ts";
import { shortId } from "../render.ts";
import { withClient } from "../session.ts";
import { readUserText } from "../store.ts";

export const calibration: Command = {
  name: "calibration",
  summary: "import FILE: seal a calibration; runs on its backend stand under it and cite it",
  positionals: ["import", "FILE"],
  options: {
    backend: { type: "string", value: "B", help: "the device it is of (default sim-device)" },
    ...LABEL_OPTIONS,
  },
  example: "arqon calibration import device.json",
  async run(args, terminal) {
    const [verb, path] = args.positionals as [string, string];
    if (verb !== "import")
      throw new ArqonError("USAGE", `calibration ${verb}: the one thing to do is import`);
    const values = jsonObject(parseJson(await readUserText(path), path), path);
    const backend = args.text("backend");
    const labels = labelsFrom(args);
    const result = await withClient(terminal, ["quantum", "artifacts"], (client) =>
      cancellable(client, terminal, (id) =>
        client.calibration(values, {
          ...labels,
          id,
          name: basename(path),
          ...(backend !== undefined && { backend }),
        }),
      ),
    );
    terminal.answer({ ...result });
    const { device, qubits, gates, calibratedAt, artifactId } = result;
    terminal.print(
      `${device} · ${qubits} qubits · ${gates} gates${calibratedAt ? ` · ${calibratedAt}` : ""}`,
    );
    terminal.print(`calibration  ${result.calibration}`);
    terminal.print(`artifact     ${artifactId}`);
    terminal.print(`next:        ${terminal.invocation} run FILE --backend ${result.backend}`);
    terminal.print(`             ${terminal.invocation} lineage ${shortId(artifactId)}`);
    return 0;
  },
};
