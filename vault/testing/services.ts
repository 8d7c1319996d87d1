/** Real servers for the tests: each on a private port of loopback, with its data in a temporary directory. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer } from "node:net";
import { homedir, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";

/** A server that runs. */
export interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

const POSTGRES_FOLDERS = (): string[] => {
  const root = "/usr/lib/postgresql";
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : [];
};

const GO_FOLDERS = (): string[] => [join(process.cwd(), ".services"), join(homedir(), "go/bin")];

/** The folder of a program, looked for in `first` and on the PATH. */
function folderOf(program: string, first: readonly string[]): string | undefined {
  const folders = [...first, ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.find((folder) => folder !== "" && existsSync(join(folder, program)));
}

/** Where PostgreSQL's programs are; `undefined` where it is not installed. */
export const postgresFolder = (): string | undefined => folderOf("initdb", POSTGRES_FOLDERS());

/** Where `versitygw`, an S3 server, is; `undefined` where it is not installed. */
export const s3Folder = (): string | undefined => folderOf("versitygw", GO_FOLDERS());

/** Where `cosign` is; `undefined` where it is not installed. */
export const cosignFolder = (): string | undefined => folderOf("cosign", GO_FOLDERS());

/** Where `crane`, which serves a registry too, is; `undefined` where it is not installed. */
export const craneFolder = (): string | undefined => folderOf("crane", GO_FOLDERS());

/** Folder of `fips.so`, OpenSSL's FIPS provider; `undefined` where there is none. */
export const fipsModules = (): string | undefined =>
  [process.env["ARQON_FIPS_MODULES"], join(process.cwd(), ".services/fips")].find(
    (folder) => folder && existsSync(join(folder, "fips.so")),
  );

/** A configuration in which the provider of `folder` does all the work, as its own installer writes it. */
export function fipsConfiguration(folder: string, home: string): string {
  const module = join(home, "fipsmodule.cnf");
  execFileSync("openssl", ["fipsinstall", "-module", join(folder, "fips.so"), "-out", module], {
    stdio: "ignore",
  });
  const path = join(home, "openssl.cnf");
  writeFileSync(
    path,
    `nodejs_conf = nodejs_init
.include ${module}
[nodejs_init]
providers = providers
alg_section = algorithms
[providers]
fips = fips_sect
base = base_sect
[base_sect]
activate = 1
[algorithms]
default_properties = fips=yes
`,
  );
  return path;
}

/** Starts PostgreSQL on a new, empty cluster. @throws Error unless it is installed. */
export async function startPostgres(): Promise<Service & { readonly data: string }> {
  const folder = postgresFolder();
  if (folder === undefined) throw new Error("PostgreSQL is not installed");
  const root = mkdtempSync(join(tmpdir(), "arqon-postgres-"));
  // PostgreSQL refuses to run as root.
  const asRoot = userInfo().uid === 0;
  const user = asRoot ? { uid: 65_534, gid: 65_534 } : {};
  const password = join(root, "password");
  writeFileSync(password, "only-for-tests");
  if (asRoot) for (const path of [root, password]) chownSync(path, 65_534, 65_534);
  const data = join(root, "data");
  const flags = ["-D", data, "-U", "arqon", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8"];
  execFileSync(join(folder, "initdb"), [...flags, "--no-locale", "-N"], {
    ...user,
    stdio: "ignore",
    cwd: root,
  });
  const port = await freePort();
  const settings = ["-c", "fsync=off", "-c", "max_connections=50", "-k", root, "-h", "127.0.0.1"];
  const child = spawn(join(folder, "postgres"), ["-D", data, "-p", String(port), ...settings], {
    ...user,
    cwd: root,
    stdio: "ignore",
  });
  await listening(port, child);
  await ready(join(data, "postmaster.pid"), child);
  const url = `postgres://arqon:only-for-tests@127.0.0.1:${port}/postgres`;
  return { url, data, stop: () => end(child, "SIGINT", root) };
}

/** Starts an S3 server with the bucket "tests". @throws Error unless one is installed. */
export async function startS3(): Promise<Service & { readonly data: string }> {
  const folder = s3Folder();
  if (folder === undefined) throw new Error("versitygw is not installed");
  const root = mkdtempSync(join(tmpdir(), "arqon-s3-"));
  mkdirSync(join(root, "tests"));
  const port = await freePort();
  const settings = ["--port", `127.0.0.1:${port}`, "--quiet", "posix", root];
  const child = spawn(join(folder, "versitygw"), settings, {
    stdio: "ignore",
    env: {
      ...process.env,
      ROOT_ACCESS_KEY_ID: S3_TEST_KEYS.accessKeyId,
      ROOT_SECRET_ACCESS_KEY: S3_TEST_KEYS.secretAccessKey,
    },
  });
  await listening(port, child);
  return {
    url: `s3://tests?endpoint=http://127.0.0.1:${port}`,
    data: join(root, "tests"),
    stop: () => end(child, "SIGTERM", root),
  };
}

/** Credentials of the S3 server that the tests start. */
export const S3_TEST_KEYS = { accessKeyId: "tests", secretAccessKey: "only-for-tests" } as const;

async function end(child: ChildProcess, signal: NodeJS.Signals, root: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 10 });
}

/**
 * A port that nobody listens on, for a server that is told its port or comes back to it. It lies below those that systems
 * give out by themselves, so that no connection or server of another test is given it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + randomInt(12_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** PostgreSQL listens before it lets anybody in; its last line in this file says when it does. */
async function ready(pidFile: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 2_400; tries++) {
    if (child.exitCode !== null) throw new Error(`a server of the tests ended with code ${child.exitCode}`);
    if (/\nready *\n?$/.test(readFileSync(pidFile, "utf8"))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`PostgreSQL was not ready within 120 s (${pidFile})`);
}

/** Resolves once the port takes connections. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 2_400; tries++) {
    if (child.exitCode !== null) throw new Error(`a server of the tests ended with code ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no server took connections on port ${port} within 120 s`);
}
