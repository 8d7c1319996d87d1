/** `arqon tls`: a private authority, certificates for servers and clients, and a demonstration of the crypto modes. */
import { join, resolve } from "node:path";
import { ArqonError, systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import {
  keyValidity,
  makeClientCertificate,
  makeTls,
  type TlsRequest,
  tlsPaths,
  writePrivateFile,
} from "@arqon/vault";
import type { Arguments, Command } from "../command.ts";
import { withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { tlsDemo } from "../tls-demo/index.ts";
import { showTls } from "../tls-show.ts";
import { wholeNumber } from "../whole-number.ts";

export const tls: Command = {
  name: "tls",
  summary:
    "make certificates for `arqon serve --tls` and its clients, or see what each crypto mode negotiates",
  positionals: ["init|client|show|demo", "NAME?"],
  options: {
    names: {
      type: "string",
      value: "LIST",
      help: "init: host names and addresses clients will use, separated by commas (default localhost,127.0.0.1,::1)",
    },
    days: {
      type: "string",
      value: "N",
      help: "init, client: how long the certificate is valid (default 90)",
    },
    out: { type: "string", value: "DIR", help: "client: where the files go (default: the current folder)" },
    keep: { type: "boolean", help: "demo: keep the certificates, and say where they are" },
  },
  example: "arqon tls demo",
  async run(args, terminal) {
    const [verb = "", name] = args.positionals;
    const step = VERBS[verb];
    if (!step || (name !== undefined) !== (verb === "client"))
      throw new ArqonError("USAGE", `tls: "${args.positionals.join(" ")}" is not one of its forms`, {
        remedy:
          "For example: arqon tls init --names lab.example, arqon tls client spiffe://lab/device-7, arqon tls demo",
      });
    return step(args, terminal);
  },
};

const VERBS: Readonly<Record<string, (args: Arguments, terminal: Terminal) => Promise<number>>> = {
  init,
  client,
  show: async (_, terminal) => showTls(terminal),
  demo: (args, terminal) => tlsDemo(terminal, args.flag("keep")),
};

const DAY_US = 86_400_000_000;
const LOCAL = "localhost,127.0.0.1,::1";

/** Runs `use` with what certificates are made with. */
async function withKms<T>(
  args: Arguments,
  terminal: Terminal,
  use: (request: Omit<TlsRequest, "names">) => Promise<T>,
): Promise<T> {
  const { home } = terminal;
  const days = wholeNumber(args, "days", 1, 3_650) ?? 90;
  const nowUs = systemClock.nowUs();
  const validity = { notBeforeUs: nowUs - 3_600_000_000, notAfterUs: nowUs + days * DAY_US };
  const given = {
    home,
    clock: systemClock,
    entropy: systemEntropy,
    authority: keyValidity(systemClock),
    validity,
  };
  return withWritableVault(terminal, (vault) => use({ ...given, kms: vault.keys }));
}

/** The authority, once, and fresh certificates for the server. */
async function init(args: Arguments, terminal: Terminal): Promise<number> {
  const names = (args.text("names") ?? LOCAL).split(",").filter(Boolean);
  const { caFile, certificates } = await withKms(args, terminal, (request) => makeTls({ ...request, names }));
  terminal.answer({ caFile, names, certificates: certificates.map((each) => ({ ...each })) });
  terminal.print(`authority     ${caFile}`);
  for (const { certFile } of certificates) terminal.print(`certificate   ${certFile}`);
  terminal.print(`for           ${names.join(", ")}`);
  terminal.print("");
  terminal.print(
    "The authority's keys are in the keystore; the private keys beside the certificates are encrypted.",
  );
  terminal.print(
    `start with    ${terminal.invocation} serve --tls${names.join() === LOCAL ? "" : " --host 0.0.0.0"}`,
  );
  terminal.print(`clients       ARQON_CA=${caFile} ARQON_URL=wss://${names[0]}:7443`);
  return 0;
}

/** A certificate that speaks for a principal whose entry in access.json lists its URI. */
async function client(args: Arguments, terminal: Terminal): Promise<number> {
  const [, identity = ""] = args.positionals;
  if (!URL.canParse(identity))
    throw new ArqonError("USAGE", `"${identity.slice(0, 80)}" is no URI`, {
      remedy: "For example: arqon tls client spiffe://lab/device-7",
    });
  const passphrase = terminal.env["ARQON_CLIENT_PASSPHRASE"];
  if (!passphrase)
    throw new ArqonError(
      "USAGE",
      "ARQON_CLIENT_PASSPHRASE is not set; the client's private key is encrypted with it",
    );
  const folder = resolve(args.text("out") ?? ".");
  const file = identity.replace(/[^A-Za-z0-9.-]+/g, "-").replace(/^[.-]+/, "");
  const written: Record<string, string>[] = [];
  await withKms(args, terminal, async (request) => {
    for (const algorithm of ["ecdsa-p256", "ml-dsa-65"] as const) {
      const made = await makeClientCertificate(request, { identity, algorithm, passphrase });
      const certFile = join(folder, `${file}-${algorithm}.pem`);
      const keyFile = join(folder, `${file}-${algorithm}.key`);
      writePrivateFile(keyFile, utf8(made.privateKey));
      writePrivateFile(certFile, utf8(made.certificate));
      written.push({ algorithm, certFile, keyFile });
    }
  });
  terminal.answer({ identity, certificates: written });
  for (const { certFile, keyFile } of written) terminal.print(`${certFile}   ${keyFile}`);
  terminal.print("");
  terminal.print(`the server    serve --tls --client-ca ${tlsPaths(terminal.home).caFile}`);
  terminal.print(`access.json   "identities": ["${identity}"] at the principal it speaks for`);
  terminal.print(
    "the client    ARQON_CA, ARQON_CLIENT_CERT, ARQON_CLIENT_KEY, ARQON_CLIENT_PASSPHRASE, and no API key",
  );
  return 0;
}
