/** What a record says of the machine it was made on: an allow-list, so that nothing private can slip in. */
import { readdirSync, readFileSync } from "node:fs";
import { arch, cpus, endianness, platform, release, totalmem } from "node:os";
import type { JsonObject } from "@arqon/core/base";

/** A snapshot of the machine. No host, user, path, serial or address is ever in it. */
export type EnvironmentSnapshot = {
  /** Compared on replay: a difference may explain different numbers. */
  readonly stable: JsonObject;
  /** For people. */
  readonly informational: JsonObject;
};

/** Instruction sets that decide which floating-point operations a library may choose; names as Linux has them. */
const CPU_FLAGS = ["avx2", "avx512f", "fma", "asimd", "sve"];
const VERSIONS = ["openssl", "sqlite", "uv"] as const;
const VARIABLES = [
  "LANG",
  "LC_ALL",
  "LC_NUMERIC",
  "NODE_ENV",
  "OMP_NUM_THREADS",
  "OPENBLAS_NUM_THREADS",
  "SOURCE_DATE_EPOCH",
  "TZ",
  "UV_THREADPOOL_SIZE",
];
/** Plain words only: a path in TZ, say, is left out. */
const PLAIN = /^[A-Za-z0-9_+.@-]{1,40}(?:\/[A-Za-z0-9_+-]{1,40}){0,2}$/;

/** Takes the snapshot. @param env  environment variables; only those of the allow-list are read. */
export function captureEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): EnvironmentSnapshot {
  const variables: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = env[name];
    if (value !== undefined && PLAIN.test(value)) variables[name] = value;
  }
  const processors = cpus();
  return {
    stable: {
      arch: arch(),
      cpuFlags: cpuFlags(),
      endianness: endianness(),
      node: process.versions.node,
      platform: platform(),
      v8: process.versions.v8,
    },
    informational: {
      cpuCount: processors.length,
      cpuModel: processors[0]?.model.trim() ?? "unknown",
      environmentVariables: Object.keys(env).length,
      gpus: gpus(),
      kernel: release(),
      libc: libc(),
      memoryBytes: totalmem(),
      variables,
      versions: Object.fromEntries(VERSIONS.map((name) => [name, process.versions[name] ?? "unknown"])),
    },
  };
}

let flags: readonly string[] | undefined;

function cpuFlags(): readonly string[] {
  if (flags) return flags;
  let line = "";
  try {
    line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  } catch {
    // Only Linux says; elsewhere the list stays empty.
  }
  const all = new Set(line.split(/\s+/));
  flags = CPU_FLAGS.filter((flag) => all.has(flag));
  return flags;
}

/** The model in what NVIDIA's driver says of a GPU, which holds serial numbers too: this one field is taken. */
export function gpuModel(information: string): string | undefined {
  return /^Model:\s*([\w .()+-]{1,80}?)\s*$/m.exec(information)?.[1];
}

let gpuNames: readonly string[] | undefined;

function gpus(): readonly string[] {
  if (gpuNames) return gpuNames;
  const root = "/proc/driver/nvidia/gpus";
  try {
    gpuNames = readdirSync(root)
      .map((slot) => gpuModel(readFileSync(`${root}/${slot}/information`, "utf8")))
      .filter((model) => model !== undefined)
      .sort();
  } catch {
    gpuNames = []; // No such driver.
  }
  return gpuNames;
}

let libcName: string | undefined;

/** The C library's version. The report it comes from holds private things: this one field is taken. */
function libc(): string {
  if (libcName !== undefined) return libcName;
  if (platform() !== "linux") libcName = "";
  else {
    // Without this the report would resolve the names of open connections.
    Object.assign(process.report, { excludeNetwork: true });
    const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
    libcName = header?.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : "";
  }
  return libcName;
}
