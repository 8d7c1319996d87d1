/** Loaded before the world: plants the bug that ARQON_MUTANT names by its place in the table, as its file is loaded. */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutant-table.ts";

const mutant = MUTANTS[Number(process.env["ARQON_MUTANT"] ?? -1)];
const target = mutant && fileURLToPath(new URL(`../../${mutant.file}`, import.meta.url));

if (mutant)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== target) return loaded;
      const source = String(loaded.source);
      const parts = source.split(mutant.find);
      if (parts.length !== 2)
        throw new Error(
          `stale mutant "${mutant.what}": ${mutant.file} has ${parts.length - 1} places like\n${mutant.find}`,
        );
      return { ...loaded, source: parts.join(mutant.replace) };
    },
  });
