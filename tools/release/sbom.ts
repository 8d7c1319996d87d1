/** The bill of materials of a release, CycloneDX 1.6, from the two lockfiles. */
import { createHash } from "node:crypto";
import { type Commit, fileOf } from "./commit.ts";

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Component {
  readonly "bom-ref": string;
  readonly [field: string]: unknown;
}
type Packages = Readonly<Record<string, Entry>>;

const npmRef = (name: string, version = ""): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

/** The SBOM as text; `excluded` marks what only builds and tests use. */
export function billOfMaterials(commit: Commit, name: string, version: string, sha256: string): string {
  const { packages } = JSON.parse(Buffer.from(fileOf(commit, "package-lock.json")).toString()) as {
    packages: Packages;
  };
  const root = `pkg:generic/${name}@${version}`;
  const npm = npmComponents(packages);
  const pins = Buffer.from(fileOf(commit, "sdk/python/requirements.lock")).toString();
  const python = new Map(
    [...pins.matchAll(/^([a-z0-9-]+)==(\S+)/gm)].map(([, of = "", at = ""]) => [of, at]),
  );
  const edges = npmEdges(packages, root);
  addPythonEdges(edges, python, root);
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serial(`${commit.commit} ${sha256}`)}`,
    version: 1,
    metadata: {
      timestamp: new Date(commit.timeS * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": root,
        name,
        version,
        purl: root,
        licenses: [{ license: { id: "Apache-2.0" } }],
        hashes: [{ alg: "SHA-256", content: sha256 }],
      },
    },
    components: [...npm, ...pythonComponents(python)].sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1)),
    dependencies: [...edges]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([ref, dependsOn]) => ({ ref, ...(dependsOn.length > 0 && { dependsOn }) })),
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** A UUID of version 8 that is a function of a text. */
function serial(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + 13);

/** Name and version of every package that is installed, each once. */
function installed(packages: Packages): Map<string, { name: string; entry: Entry }> {
  const found = new Map<string, { name: string; entry: Entry }>();
  for (const [path, entry] of Object.entries(packages))
    if (path.includes("node_modules/") && !entry.link) {
      const name = nameOf(path);
      const ref = npmRef(name, entry.version);
      const before = found.get(ref);
      // Needed at one place and a tool at another: needed.
      if (!before || before.entry.dev) found.set(ref, { name, entry });
    }
  return found;
}

function npmComponents(packages: Packages): Component[] {
  return [...installed(packages)].map(([ref, { name, entry }]) => {
    const [algorithm, digest = ""] = entry.integrity?.split("-", 2) ?? [];
    const slash = name.indexOf("/");
    return {
      type: "library",
      "bom-ref": ref,
      ...(slash > 0 && { group: name.slice(0, slash) }),
      name: name.slice(slash + 1),
      version: entry.version,
      scope: entry.dev ? "excluded" : entry.optional ? "optional" : "required",
      ...(algorithm === "sha512" && {
        hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }],
      }),
      ...(entry.license && { licenses: [{ expression: entry.license }] }),
      purl: ref,
    };
  });
}

/** What needs what. The wings of the product are the product: their dependencies are its own. */
function npmEdges(packages: Packages, root: string): Map<string, string[]> {
  const edges = new Map<string, Set<string>>([[root, new Set()]]);
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.link) continue;
    const own = !path.includes("node_modules/");
    const from = own ? root : npmRef(nameOf(path), entry.version);
    const needs = edges.get(from) ?? new Set<string>();
    edges.set(from, needs);
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const target = resolve(packages, path, name);
      if (target && !target.entry.link) needs.add(npmRef(name, target.entry.version));
    }
  }
  return new Map([...edges].map(([ref, needs]) => [ref, [...needs].sort()]));
}

/** Finds a package as Node does: in the nearest `node_modules` on the way up. */
function resolve(packages: Packages, from: string, name: string): { entry: Entry } | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const entry = packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`];
    if (entry) return { entry };
    if (at === "") return undefined;
  }
}

/** What the wheel requires, and what its extra `verify` does; the rest of the lockfile is for tests. */
const PYTHON: Readonly<Record<string, { scope: string; from?: string }>> = {
  protobuf: { scope: "required" },
  cryptography: { scope: "optional" },
  cffi: { scope: "optional", from: "cryptography" },
  pycparser: { scope: "optional", from: "cffi" },
};

const pypiRef = (name: string, version: string): string => `pkg:pypi/${name}@${version}`;

function pythonComponents(versions: ReadonlyMap<string, string>): Component[] {
  return [...versions].map(([name, version]) => {
    const ref = pypiRef(name, version);
    return {
      type: "library",
      "bom-ref": ref,
      name,
      version,
      scope: PYTHON[name]?.scope ?? "excluded",
      purl: ref,
    };
  });
}

/** @throws Error where the lockfile lacks what the wheel needs. */
function addPythonEdges(
  edges: Map<string, string[]>,
  versions: ReadonlyMap<string, string>,
  root: string,
): void {
  const refOf = (name: string): string => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`sdk/python/requirements.lock has no ${name}`);
    return pypiRef(name, version);
  };
  for (const [name, { from }] of Object.entries(PYTHON)) {
    const parent = from === undefined ? root : refOf(from);
    edges.set(parent, [...(edges.get(parent) ?? []), refOf(name)].sort());
  }
}
