/** `arqon serve`: the bus and everything on it, until interrupted. */
import { ArqonError } from "@arqon/core/base";
import { startServer } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";

export const serve: Command = {
  name: "serve",
  summary: "start the server on loopback with everything embedded, until Ctrl-C",
  positionals: [],
  options: {
    port: { type: "string", value: "N", help: "TCP port of the bus; 0 picks a free one (default 7417)" },
    "http-port": {
      type: "string",
      value: "N",
      help: "TCP port for HTTP and gRPC; 0 picks a free one (default 7418, free when --port is given)",
    },
  },
  example: "arqon serve --port 7417",
  async run(args, terminal) {
    const asked = args.text("port");
    const port = portOf("--port", asked ?? "7417");
    const httpPort = portOf("--http-port", args.text("http-port") ?? (asked === undefined ? "7418" : "0"));
    const server = await startServer({
      home: terminal.home,
      port,
      httpPort,
      passphrase: terminal.env["ARQON_KEY_PASSPHRASE"],
      onTrouble: (line) => terminal.note(line),
    });
    const { url, httpUrl = "", apiKey } = server;
    terminal.answer({ url, httpUrl, apiKey, home: terminal.home, pid: process.pid });
    terminal.print(`serving   ${url}`);
    terminal.print(`HTTP      ${httpUrl} (curl, gRPC, Connect)`);
    terminal.print(`home      ${terminal.home}`);
    terminal.print(
      `API key   in ${terminal.home}/client.json (found by the CLI and the SDKs on this machine)`,
    );
    for (const finding of server.findings) terminal.note(`note: ${finding}`);
    terminal.print("stop with Ctrl-C");
    const reason = await Promise.race([interrupted(), server.failed]);
    terminal.note(`${typeof reason === "string" ? reason : reason.message}: finishing …`);
    await server.close();
    if (typeof reason !== "string") throw reason;
    return 0;
  },
};

function portOf(option: string, text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535)
    throw new ArqonError("USAGE", `${option} ${text}: expected 0 to 65535`);
  return Number(text);
}

function interrupted(): Promise<string> {
  return new Promise((resolve) => onInterrupt(resolve));
}
