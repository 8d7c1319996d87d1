/** `arqon serve`: the bus and everything on it, until interrupted. */

import { storesFrom } from "@arqon/vault";
import { startServer } from "../../server/index.ts";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { JOB_LIMIT_OPTIONS, jobLimits, limitsHere, limitsText } from "../job-limits.ts";
import { TLS_OPTIONS, tlsConfig } from "../tls-options.ts";
import { portOption, wholeNumber } from "../whole-number.ts";

export const serve: Command = {
  name: "serve",
  summary: "start the server on loopback, with --tls beyond it too, with everything embedded, until Ctrl-C",
  positionals: [],
  options: {
    port: { type: "string", value: "N", help: "TCP port of the bus; 0 picks a free one (default 7417)" },
    "http-port": {
      type: "string",
      value: "N",
      help: "TCP port for HTTP and gRPC; 0 picks a free one (default 7418, free when --port is given)",
    },
    "tcp-port": {
      type: "string",
      value: "N",
      help: "TCP port for messages without WebSocket, which costs SDKs less; 0 picks a free one (default: none)",
    },
    "drain-ms": {
      type: "string",
      value: "MS",
      help: "how long jobs under way may take when the server is asked to stop; a second signal ends it at once (default 5000)",
    },
    threads: {
      type: "string",
      value: "N",
      help: "threads that share one statevector, 1 to 256; no result depends on them (default: the cores there are)",
    },
    ...JOB_LIMIT_OPTIONS,
    ...TLS_OPTIONS,
  },
  example: "arqon serve --port 7417",
  async run(args, terminal) {
    const asked = args.text("port");
    const port = portOption(args, "port", "7417");
    const httpPort = portOption(args, "http-port", asked === undefined ? "7418" : "0");
    const tls = tlsConfig(args, terminal.env["ARQON_TLS_PASSPHRASE"]);
    const drainMs = wholeNumber(args, "drain-ms", 0, 3_600_000) ?? 5_000;
    const threads = wholeNumber(args, "threads", 1, 256);
    const server = await startServer({
      home: terminal.home,
      // With TLS the host is where that listens; the plain bus stays on loopback for the server's own services.
      host: tls ? undefined : args.text("host"),
      port,
      httpPort,
      tcpPort: args.text("tcp-port") === undefined ? undefined : portOption(args, "tcp-port", "0"),
      tls,
      passphrase: terminal.env["ARQON_KEY_PASSPHRASE"],
      stores: storesFrom(terminal.env),
      otlpFile: terminal.env["ARQON_OTLP_FILE"] || undefined,
      drainMs,
      threads,
      jobLimits: jobLimits(args),
      onTrouble: (line) => terminal.note(line),
    });
    const { url, httpUrl = "", apiKey, tcpUrl, secureUrl, secureTcpUrl, secureHttpUrl } = server;
    const secure = {
      ...(tcpUrl && { tcpUrl }),
      ...(secureUrl && { secureUrl }),
      ...(secureTcpUrl && { secureTcpUrl }),
      ...(secureHttpUrl && { secureHttpUrl }),
    };
    terminal.answer({ url, httpUrl, ...secure, apiKey, home: terminal.home, pid: process.pid });
    terminal.print(`serving   ${url}`);
    terminal.print(`HTTP      ${httpUrl} (curl, gRPC, Connect)`);
    if (tcpUrl) terminal.print(`TCP       ${tcpUrl}`);
    if (secureUrl)
      terminal.print(`TLS 1.3   ${secureUrl} (${tls?.mode ?? "hybrid"}), ${secureHttpUrl ?? ""}`);
    terminal.print(`home      ${terminal.home}`);
    terminal.print(`limits    ${limitsText(await limitsHere({ home: terminal.home, env: {} }))}`);
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

function interrupted(): Promise<string> {
  return new Promise((resolve) => onInterrupt(resolve));
}
