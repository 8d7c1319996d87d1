/** Options of `arqon serve` that are about TLS. */
import { ArqonError } from "@arqon/core/base";
import { type CryptoMode, isCryptoMode } from "@arqon/core/proof";
import type { TlsConfig } from "../server/index.ts";
import type { Arguments, Option } from "./command.ts";
import { portOption } from "./whole-number.ts";

/** The options. */
export const TLS_OPTIONS: Readonly<Record<string, Option>> = {
  host: {
    type: "string",
    value: "HOST",
    help: "address to listen on, with --tls any of this machine, without it loopback only (default 127.0.0.1)",
  },
  tls: { type: "boolean", help: "listen with TLS 1.3, too; the certificates are those of `arqon tls init`" },
  "tls-port": { type: "string", value: "N", help: "TCP port of the bus with TLS (default 7443)" },
  "tls-tcp-port": {
    type: "string",
    value: "N",
    help: "TCP port for messages without WebSocket, with TLS (default: none)",
  },
  "tls-http-port": { type: "string", value: "N", help: "TCP port for HTTP and gRPC with TLS (default 7444)" },
  "tls-mode": {
    type: "string",
    value: "MODE",
    help: "classical, hybrid (default) or pqc-required: who is let in, by key exchange and signature",
  },
  "tls-cert": {
    type: "string",
    value: "FILES",
    help: "certificates with their chains, PEM, separated by commas: e.g. one ECDSA, one ML-DSA",
  },
  "tls-key": {
    type: "string",
    value: "FILES",
    help: "their private keys; ARQON_TLS_PASSPHRASE opens encrypted ones",
  },
  "client-ca": { type: "string", value: "FILE", help: "authorities of client certificates" },
  "require-client-cert": { type: "boolean", help: "refuse clients without a certificate of --client-ca" },
};

/** What they say; `undefined` without --tls. @throws ArqonError `USAGE` */
export function tlsConfig(args: Arguments, passphrase: string | undefined): TlsConfig | undefined {
  const named = Object.keys(TLS_OPTIONS).filter((name) => name !== "host" && name !== "tls");
  const extra = named.find((name) => args.text(name) !== undefined || args.flag(name));
  if (!args.flag("tls")) {
    if (extra !== undefined) throw new ArqonError("USAGE", `--${extra} goes with --tls`);
    return undefined;
  }
  const certs = files(args, "tls-cert");
  const keys = files(args, "tls-key");
  if (certs.length !== keys.length)
    throw new ArqonError("USAGE", `${certs.length} files in --tls-cert, ${keys.length} in --tls-key`);
  const asked = args.text("tls-port");
  return {
    host: args.text("host"),
    port: portOption(args, "tls-port", "7443"),
    tcpPort: args.text("tls-tcp-port") === undefined ? undefined : portOption(args, "tls-tcp-port", "0"),
    httpPort: portOption(args, "tls-http-port", asked === undefined ? "7444" : "0"),
    mode: modeOption(args, "tls-mode"),
    certificates: certs.map((certFile, i) => ({ certFile, keyFile: keys[i] as string })),
    passphrase,
    clientCaFile: args.text("client-ca"),
    requireClientCertificate: args.flag("require-client-cert"),
  };
}

/** A crypto mode. @throws ArqonError `USAGE` */
export function modeOption(args: Arguments, option: string): CryptoMode | undefined {
  const text = args.text(option);
  if (text === undefined || isCryptoMode(text)) return text;
  throw new ArqonError("USAGE", `--${option} ${text}: expected classical, hybrid or pqc-required`);
}

const files = (args: Arguments, option: string): string[] =>
  args.text(option)?.split(",").filter(Boolean) ?? [];
