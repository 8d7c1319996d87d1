/** `arqon serve`: the bus and everything on it, until interrupted. */
import { ArqonError } from "@arqon/core/base";
import { startServer } from "../../server/index.ts";
import type { Command } from "../command.ts";

export const serve: Command = {
  name: "serve",
  summary: "start the server on loopback with everything embedded, until Ctrl-C",
  positionals: [],
  options: { port: { type: "string", value: "N", help: "TCP port; 0 picks a free one (default 7417)" } },
  example: "arqon serve --port 7417",
  async run(args, terminal) {
    const text = args.text("port") ?? "7417";
    const port = Number(text);
    if (!/^[0-9]+$/.test(text) || port > 65_535)
      throw new ArqonError("USAGE", `--port ${text}: expected 0 to 65535`);
    const server = await startServer({
      home: terminal.home,
      port,
      passphrase: terminal.env["ARQON_KEY_PASSPHRASE"],
    });
    terminal.answer({ url: server.url, apiKey: server.apiKey, home: terminal.home, pid: process.pid });
    terminal.print(`serving   ${server.url}`);
    terminal.print(`home      ${terminal.home}`);
    terminal.print(
      `API key   in ${terminal.home}/client.json (found by the CLI and the SDKs on this machine)`,
    );
    for (const finding of server.findings) terminal.note(`note: ${finding}`);
    terminal.print("stop with Ctrl-C");
    const signal = await interrupted();
    terminal.note(`${signal}: finishing …`);
    await server.close();
    return 0;
  },
};

function interrupted(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}
