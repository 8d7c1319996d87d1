/**
 * Completes package-lock.json: `npm install` on one platform leaves out the optional binaries of others, and `npm ci`
 * there then stops. Adds each missing entry with the address and integrity the registry states for it; an entry the
 * registry does not have keeps no integrity and is skipped by npm. Run after every change of dependencies.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
interface Platform {
  os?: string[];
  cpu?: string[];
  libc?: string[];
}
interface View extends Platform {
  integrity?: string;
}

const SYSTEMS = ["darwin", "linux", "win32", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix"];
const PROCESSORS = [
  "arm64",
  "x64",
  "ia32",
  "arm",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
];

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };
let added = 0;
for (const parent of Object.values(lock.packages))
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] || !/^\d/.test(version)) continue;
    const view = look(name, version);
    lock.packages[key] = {
      version,
      ...(parent.dev && { dev: true }),
      optional: true,
      ...(view ?? platformInName(name)),
    };
    added++;
  }
// Addresses differ between registries and mirrors; npm finds packages by name and checks integrity.
for (const entry of Object.values(lock.packages))
  if (entry.resolved?.startsWith("http")) delete entry.resolved;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added} entries`);

function look(name: string, version: string): View | undefined {
  try {
    const output = execFileSync("npm", ["view", `${name}@${version}`, "--json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { dist, os, cpu, libc } = JSON.parse(output) as Platform & { dist?: { integrity?: string } };
    return {
      ...(dist?.integrity && { integrity: dist.integrity }),
      ...(os && { os }),
      ...(cpu && { cpu }),
      ...(libc && { libc }),
    };
  } catch {
    console.error(`not in the registry, added without integrity: ${name}@${version}`);
    return undefined;
  }
}

/** Packages of binaries carry their platform in their name, e.g. "@biomejs/cli-linux-x64-musl". */
function platformInName(name: string): Platform {
  const words = name
    .replace("aarch64", "arm64")
    .replace("armv7", "arm")
    .split(/[^a-z0-9]+/i);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  return {
    ...(os.length && { os }),
    ...(cpu.length && { cpu }),
    ...(words.includes("musl") && { libc: ["musl"] }),
  };
}
