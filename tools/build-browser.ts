/** Bundles the page and the library for browsers into `dist/browser`. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const ROOT = resolve(import.meta.dirname, "..");
const PAGE = join(ROOT, "apps/browser");

/** What is bundled: the page, its thread, and the quantum wing as a module for anybody's page. */
const INPUTS: Readonly<Record<string, string>> = {
  page: join(PAGE, "page.ts"),
  simulator: join(PAGE, "simulator.ts"),
  "arqon-quantum": join(ROOT, "substrates/quantum/index.ts"),
};

/** Each input becomes one file that loads no other. @returns the folder. @throws what the bundler says of an import that needs Node. */
export async function buildBrowser(folder: string = join(ROOT, "dist/browser")): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, input] of Object.entries(INPUTS)) {
    const bundle = await rolldown({
      input: { [name]: input },
      platform: "browser",
      onLog: (level, log) => {
        if (level !== "warn") return;
        throw new Error(`${name}: ${log.message}`);
      },
    });
    await bundle.write({ dir: folder, format: "esm", minify: true, entryFileNames: "[name].js" });
    await bundle.close();
  }
  for (const file of ["index.html", "page.css"]) copyFileSync(join(PAGE, file), join(folder, file));
  return folder;
}

if (import.meta.main) console.log(await buildBrowser());
