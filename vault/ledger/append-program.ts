/** Run by the tests as a process of its own: appends entries to a ledger and says the index of each. */
import { systemClock, utf8 } from "@arqon/core/base";
import { testSigners } from "../testing/index.ts";
import { openLedger } from "./index.ts";

const [home = "", name, count] = process.argv.slice(2);
const signers = testSigners(home, systemClock);
const ledger = await openLedger({
  path: `${home}/ledger.sqlite`,
  origin: "test/log",
  clock: systemClock,
  keys: signers,
  signers: () => signers,
});
for (let i = 0; i < Number(count); i++) {
  const [receipt] = await ledger.append([utf8(`${name} ${i}`)]);
  console.log(receipt?.index);
}
ledger.close();
