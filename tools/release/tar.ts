/**
 * A tar archive (POSIX ustar) that depends on nothing but its files and one time. It is not compressed: compressors differ
 * between versions and processors, and their bytes would be in the digest.
 */
import type { SourceFile } from "./commit.ts";

const BLOCK_BYTES = 512;
const ENCODER = new TextEncoder();

/**
 * The archive's bytes.
 * @param root   folder that holds everything.
 * @param timeS  modification time of every file, in seconds since 1970.
 * @throws Error for a path that ustar cannot hold: 100 bytes, or 255 with a "/" in the right place.
 */
export function writeTar(root: string, files: readonly SourceFile[], timeS: number): Uint8Array {
  const parts = files.flatMap((file) => {
    const padding = (BLOCK_BYTES - (file.bytes.length % BLOCK_BYTES)) % BLOCK_BYTES;
    return [header(`${root}/${file.path}`, file, timeS), file.bytes, new Uint8Array(padding)];
  });
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK_BYTES)]);
}

function header(path: string, { bytes, executable }: SourceFile, timeS: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const text = (at: number, value: string): void => block.set(ENCODER.encode(value), at);
  /** Octal digits and a zero byte, `width` in all. */
  const octal = (at: number, width: number, value: number): void =>
    text(at, value.toString(8).padStart(width - 1, "0"));
  const { name, prefix } = splitPath(path);
  text(0, name);
  octal(100, 8, executable ? 0o755 : 0o644);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, bytes.length);
  octal(136, 12, timeS);
  text(148, "        ");
  text(156, "0");
  text(257, "ustar\x0000");
  text(265, "root");
  text(297, "root");
  octal(329, 8, 0);
  octal(337, 8, 0);
  text(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** The longest name that fits, and the folders before it. */
function splitPath(path: string): { name: string; prefix: string } {
  const size = (value: string): number => ENCODER.encode(value).length;
  if (size(path) <= 100) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (size(prefix) <= 155 && size(name) <= 100) return { name, prefix };
  }
  throw new Error(`too long for a tar archive: ${path}`);
}
