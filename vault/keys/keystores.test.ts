import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { describeKeystore } from "./describe-keystore.ts";
import { openFileKeystore, openIsolatedKeystore } from "./index.ts";

const temporary = (): string => mkdtempSync(join(tmpdir(), "arqon-keystore-"));

describeKeystore("sealed file", async () => {
  const home = temporary();
  const open = async () => openFileKeystore({ home, clock: systemClock, entropy: systemEntropy });
  return {
    store: await open(),
    reopen: open,
    dispose: async () => rmSync(home, { recursive: true, force: true }),
  };
});

describeKeystore("isolated process", async () => {
  const home = temporary();
  const open = () => openIsolatedKeystore({ home, passphrase: "correct horse" });
  const store = await open();
  return {
    store,
    reopen: open,
    dispose: async () => {
      await store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
});
