/** The plugins there are. Gives out what they say of themselves; the plugins stay behind the door. */
import { ArqonError } from "@arqon/core/base";
import { requireToken } from "@arqon/core/wire";
import type { Operation } from "./operation.ts";
import { PermitOffice } from "./permits.ts";
import type { Health, Plugin, PluginFactory, PluginManifest, ResourceEstimate } from "./plugin.ts";

/** What the door needs of a registry and nobody else may have. */
export interface Inside {
  readonly office: PermitOffice;
  readonly plugins: Map<string, Plugin>;
}

const insides = new WeakMap<PluginRegistry, Inside>();

/** Plugins by backend id. */
export class PluginRegistry {
  constructor() {
    insides.set(this, { office: new PermitOffice(), plugins: new Map() });
  }

  /**
   * Makes a plugin and admits it. Returns its manifest.
   * @throws TypeError when the manifest is incoherent or its id is taken.
   */
  register(factory: PluginFactory): PluginManifest {
    const { office, plugins } = insideOf(this);
    let backendId: string | undefined;
    const plugin = factory((permit, operation) => {
      if (backendId === undefined)
        throw new ArqonError("PERMIT_INVALID", "the plugin is not registered, so no permit can be for it");
      office.redeem(permit, operation, backendId);
    });
    const manifest = requireManifest(plugin.manifest);
    if (plugins.has(manifest.id)) throw new TypeError(`backend "${manifest.id}" is registered already`);
    backendId = manifest.id;
    plugins.set(manifest.id, plugin);
    return manifest;
  }

  /** Takes a plugin out; operations that have begun finish. Returns whether it was there. */
  unregister(backendId: string): boolean {
    return insideOf(this).plugins.delete(backendId);
  }

  /** What every plugin says of itself, by id. */
  manifests(): PluginManifest[] {
    return [...insideOf(this).plugins.values()]
      .map((plugin) => plugin.manifest)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws ArqonError `BACKEND_UNKNOWN` */
  manifest(backendId: string): PluginManifest {
    return pluginOf(this, backendId).manifest;
  }

  /** @throws ArqonError `BACKEND_UNKNOWN` */
  health(backendId: string): Promise<Health> {
    return pluginOf(this, backendId).health();
  }

  /** What an operation would need; touches no device. @throws ArqonError `BACKEND_UNKNOWN`, or what the program deserves. */
  estimate(operation: Operation): ResourceEstimate {
    return pluginOf(this, operation.backendId).estimate(operation);
  }
}

/** For the door only; not exported from the room. */
export function insideOf(registry: PluginRegistry): Inside {
  const inside = insides.get(registry);
  if (!inside) throw new TypeError("not a PluginRegistry");
  return inside;
}

/** For the door only; not exported from the room. @throws ArqonError `BACKEND_UNKNOWN` */
export function pluginOf(registry: PluginRegistry, backendId: string): Plugin {
  const { plugins } = insideOf(registry);
  const plugin = plugins.get(backendId);
  if (!plugin)
    throw new ArqonError(
      "BACKEND_UNKNOWN",
      `no backend "${backendId.slice(0, 64)}" here; there are: ${[...plugins.keys()].sort().join(", ") || "none"}`,
      { details: { backend: backendId.slice(0, 64) } },
    );
  return plugin;
}

function requireManifest(manifest: PluginManifest): PluginManifest {
  requireToken(`backend ${manifest.id}`, manifest.id);
  if (manifest.kinds.length === 0)
    throw new TypeError(`backend "${manifest.id}" accepts no kind of operation`);
  if (!(manifest.expectedFidelity >= 0 && manifest.expectedFidelity <= 1))
    throw new TypeError(`backend "${manifest.id}": expectedFidelity is outside [0, 1]`);
  if (!(manifest.costPerShot >= 0)) throw new TypeError(`backend "${manifest.id}": costPerShot is negative`);
  if (!Number.isInteger(manifest.maxQubits) || manifest.maxQubits < 0)
    throw new TypeError(`backend "${manifest.id}": maxQubits is not a count`);
  return manifest;
}
