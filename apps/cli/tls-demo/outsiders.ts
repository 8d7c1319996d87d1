/** TLS clients nobody here wrote, where this machine has them: OpenSSL of two generations, curl, Python. */
import { spawn } from "node:child_process";

/** What a client made of a listener. */
export interface Attempt {
  readonly ok: boolean;
  /** What it said: what was agreed, or the alert it got. */
  readonly detail: string;
}

/** A program that speaks TLS. */
export interface Outsider {
  /** e.g. "OpenSSL 3.0.19". */
  readonly name: string;
  /** Whether it can take part in a post-quantum handshake, by its version. */
  readonly postQuantum: boolean;
  /** Connects to 127.0.0.1 and leaves. */
  connect(port: number, caFile: string): Promise<Attempt>;
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], timeout: 20_000 });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => {
        output += data.toString("latin1");
      });
    child.stdin.on("error", () => {});
    child.stdin.end();
    child.once("error", () => resolve({ code: null, output: "" }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

const version = (text: string): string => /OpenSSL\/? ?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "";

/** ML-KEM and ML-DSA came with OpenSSL 3.5. */
function isPostQuantum(openssl: string): boolean {
  const [major = 0, minor = 0] = openssl.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 5);
}

const firstMatch = (text: string, ...patterns: readonly RegExp[]): string =>
  patterns.map((pattern) => pattern.exec(text)?.[1]?.trim()).find((found) => found !== undefined) ?? "";

async function openssl(command: string): Promise<Outsider[]> {
  const found = version((await run(command, ["version"])).output);
  if (found === "") return [];
  const words = (port: number, caFile: string): string[] => [
    ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost"],
    ...["-CAfile", caFile, "-verify_return_error", "-verify_hostname", "localhost"],
  ];
  const attempt = async (args: readonly string[]): Promise<Attempt> => {
    const { code, output } = await run(command, args);
    const group = firstMatch(output, /Negotiated TLS1\.3 group: (.+)/, /(?:Server|Peer) Temp Key: ([^,]+)/);
    const signature = firstMatch(output, /Peer signature type: (.+)/);
    const ok = code === 0;
    return { ok, detail: ok ? `${group}, ${signature}` : alertIn(output) };
  };
  return [
    {
      name: `OpenSSL ${found}`,
      postQuantum: isPostQuantum(found),
      connect: (port, caFile) => attempt(words(port, caFile)),
    },
    {
      name: `OpenSSL ${found}, TLS 1.2`,
      postQuantum: false,
      connect: (port, caFile) => attempt([...words(port, caFile), "-tls1_2"]),
    },
  ];
}

const alertIn = (output: string): string =>
  firstMatch(
    output,
    /(?:SSL routines:[^:]*:)((?:sslv3 |ssl\/tls |tlsv1 )?alert [a-z ]+)/,
    /(alert [a-z ]+)/,
    /error:[^:]*:[^:]*:[^:]*:([^:\n]+)/,
  ) || "refused";

async function curl(): Promise<Outsider[]> {
  const { output } = await run("curl", ["--version"]);
  const name = /^curl (\S+)/.exec(output)?.[1];
  if (name === undefined) return [];
  return [
    {
      name: `curl ${name}, OpenSSL ${version(output)}`,
      postQuantum: isPostQuantum(version(output)),
      connect: async (port, caFile) => {
        const url = `https://127.0.0.1:${port}/healthz`;
        const { code, output: said } = await run("curl", [
          "-sS",
          "--max-time",
          "10",
          "--cacert",
          caFile,
          url,
        ]);
        return { ok: code === 0, detail: code === 0 ? "answered" : alertIn(said) };
      },
    },
  ];
}

const PYTHON = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            print(secure.version(), secure.cipher()[0])
except ssl.SSLError as error:
    print(error.reason or error)
    sys.exit(1)
`;

async function python(): Promise<Outsider[]> {
  const { output } = await run("python3", ["-c", "import ssl; print(ssl.OPENSSL_VERSION)"]);
  if (version(output) === "") return [];
  return [
    {
      name: `Python ssl, OpenSSL ${version(output)}`,
      postQuantum: isPostQuantum(version(output)),
      connect: async (port, caFile) => {
        const { code, output: said } = await run("python3", ["-c", PYTHON, String(port), caFile]);
        return { ok: code === 0, detail: said.trim().split("\n").at(-1) ?? "" };
      },
    },
  ];
}

/** What was looked for, and what there is. */
export interface Found {
  readonly outsiders: readonly Outsider[];
  /** What is not there, and how to have it. */
  readonly missing: readonly string[];
}

/** Looks for programs on the PATH; ARQON_OPENSSL35 names an OpenSSL of 3.5 or later that is neither `openssl` nor `openssl35`. */
export async function findOutsiders(env: Readonly<Record<string, string | undefined>>): Promise<Found> {
  const [system, newer, curls, pythons] = await Promise.all([
    openssl("openssl"),
    openssl(env["ARQON_OPENSSL35"] || "openssl35"),
    curl(),
    python(),
  ]);
  const outsiders = [...system, ...newer, ...curls, ...pythons];
  const missing: string[] = [];
  const both = [...system, ...newer];
  if (!both.some((one) => one.postQuantum))
    missing.push("OpenSSL 3.5 or later (name one in ARQON_OPENSSL35)");
  if (!both.some((one) => !one.postQuantum && !one.name.includes("1.2"))) missing.push("OpenSSL before 3.5");
  if (curls.length === 0) missing.push("curl");
  if (pythons.length === 0) missing.push("python3");
  return { outsiders, missing };
}
