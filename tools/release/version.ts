/** The one version of a release, which several files must say alike. */
import type { Commit } from "./commit.ts";

const PLACES: readonly { readonly path: RegExp; readonly says: RegExp }[] = [
  { path: /^(?:[a-z]+\/){0,2}package\.json$/, says: /^ {2}"version": "([^"]+)"/m },
  { path: /^sdk\/python\/src\/arqon\/version\.py$/, says: /^__version__ = "([^"]+)"/m },
  { path: /^sdk\/typescript\/options\.ts$/, says: /\bSDK_VERSION = "([^"]+)"/ },
];

/** @throws Error that lists what each file says, where they differ. */
export function versionOf(commit: Commit): string {
  const said = PLACES.flatMap(({ path, says }) =>
    commit.files
      .filter((file) => path.test(file.path))
      .map((file) => ({ path: file.path, version: says.exec(Buffer.from(file.bytes).toString())?.[1] })),
  );
  const versions = new Set(said.map(({ version }) => version));
  const [version] = versions;
  if (version === undefined || versions.size > 1)
    throw new Error(
      `the files of ${commit.commit} do not say one version:\n${said.map(({ path, version }) => `${path} ${version}`).join("\n")}`,
    );
  return version;
}
