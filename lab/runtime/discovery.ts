/** Finds plugins in modules outside this tree. */
import type { PluginFactory, PluginManifest } from "./plugin.ts";
import type { PluginRegistry } from "./registry.ts";

/**
 * Imports modules and registers the `plugin` each exports: a {@link PluginFactory}.
 *
 * @param specifiers  package names or file URLs, from configuration, never from a message.
 * @throws TypeError naming the module that exports none.
 */
export async function discoverPlugins(
  registry: PluginRegistry,
  specifiers: readonly string[],
): Promise<PluginManifest[]> {
  const manifests: PluginManifest[] = [];
  for (const specifier of specifiers) {
    const module = (await import(specifier)) as { readonly plugin?: PluginFactory };
    if (typeof module.plugin !== "function") throw new TypeError(`${specifier} does not export a plugin`);
    manifests.push(registry.register(module.plugin));
  }
  return manifests;
}
