/** The directory of all state, made or refused before anything else touches it. A room of its own: whoever only reads needs no server. */
import { accessSync, constants } from "node:fs";
import { ArqonError } from "@arqon/core/base";
import { makePrivateDirectory } from "@arqon/vault";

/** @throws ArqonError `HOME_UNUSABLE` unless `home` is, or can be made, a directory one may write. */
export function prepareHome(home: string): void {
  try {
    makePrivateDirectory(home);
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ArqonError(
      "HOME_UNUSABLE",
      `${home} cannot be used for state (${code ?? (cause as Error).message})`,
      { cause },
    );
  }
}
