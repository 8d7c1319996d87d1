import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readFully, writeFully } from "./disk.ts";
import { nodeDisk } from "./node-disk.ts";

const lock = (directory: string): Promise<() => Promise<void>> => nodeDisk(directory).lock("lock");

const roots: string[] = [];
async function makeRoot(): Promise<string> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), "arqon-disk-"));
  roots.push(root);
  return root;
}
afterEach(async () => {
  for (const root of roots.splice(0)) await fs.rm(root, { recursive: true });
});

describe("the disk of this machine", () => {
  it("writes, reads, cuts, renames, lists and removes", async () => {
    const disk = nodeDisk(path.join(await makeRoot(), "new"));
    await disk.makeDirectory("a/b");
    const file = await disk.open("a/b/one", "create");
    await expect(disk.open("a/b/one", "create")).rejects.toMatchObject({ code: "EEXIST" });
    await writeFully(file, Uint8Array.of(1, 2, 3, 4), 2);
    await file.truncate(5);
    await file.sync();
    const bytes = new Uint8Array(10);
    expect([await file.size(), await readFully(file, bytes, 0)]).toEqual([5, 5]);
    expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 1, 2, 3]);
    await file.close();
    await disk.rename("a/b/one", "a/b/two");
    await disk.syncDirectory("a/b");
    expect(await disk.list("a/b")).toEqual(["two"]);
    await disk.remove("a/b/two");
    expect([await disk.list("a/b"), await disk.list("nowhere")]).toEqual([[], []]);
    await expect(disk.open("a/b/two", "read")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("a path cannot leave its root", async () => {
    const disk = nodeDisk(await makeRoot());
    await expect(disk.open("../x", "create")).rejects.toThrow(TypeError);
    await expect(disk.list("/etc")).rejects.toThrow(TypeError);
  });
});

describe("the lock of a directory", () => {
  it("is held by one, and free again when let go", async () => {
    const root = path.join(await makeRoot(), "home");
    const unlock = await lock(root);
    await expect(lock(root)).rejects.toMatchObject({ code: "LOG_LOCKED" });
    await unlock();
    await unlock();
    await (await lock(root))();
  });

  it("of a process that was killed is free at once, whatever ran under its number", async () => {
    const root = await makeRoot();
    const program = `import { nodeDisk } from ${JSON.stringify(new URL("node-disk.ts", import.meta.url).href)};
      await nodeDisk(process.argv[1]).lock("lock"); process.stdout.write("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", program, root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await expect(lock(root)).rejects.toMatchObject({ code: "LOG_LOCKED" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await (await lock(root))();
  });
});
