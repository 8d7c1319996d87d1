/** The one form a bundle's ZIP archive has. docs/spec/bundle.md gives it byte by byte. */
import { ArqonError, concatBytes, fromUtf8 } from "../base/index.ts";

export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const END64_SIGNATURE = 0x06064b50;
export const LOCATOR_SIGNATURE = 0x07064b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
export const END64_BYTES = 56;
export const LOCATOR_BYTES = 20;
/** Stored, not compressed. */
export const METHOD = 0;
/** Bit 11: names are UTF-8. */
export const FLAGS = 0x0800;

/** Made by Unix (3), in the upper byte. */
const MADE_BY = 0x0300;
/** ZIP 2.0, and 4.5 for a record with a Zip64 field. */
const VERSION = 20;
const VERSION64 = 45;
const DOS_TIME = 0;
/** 1980-01-01. */
const DOS_DATE = 0x0021;
/** Mode 0100644, a regular file, in the upper half. */
const ATTRIBUTES = 0x81a40000;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
const ZIP64_FIELD = 1;

/** Sizes and places from which on Zip64 fields are used: nowhere else, so that the form stays the only one. */
export const ZIP64_FROM: number = FULL32;

/** A file in an archive. */
export interface ZipEntry {
  /** Its path in UTF-8. */
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  /** Where its local header starts. */
  readonly at: number;
}

/** Little-endian fields, one after another: [bytes, value]. */
function record(...fields: readonly (readonly [2 | 4 | 8, number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

const extraOf = (values: readonly number[]): Uint8Array =>
  values.length === 0
    ? new Uint8Array()
    : record([2, ZIP64_FIELD], [2, 8 * values.length], ...values.map((value) => [8, value] as const));

function commonFields({ name, size, crc }: ZipEntry, isLong: boolean, from: number, extraBytes: number) {
  const shown = size >= from ? FULL32 : size;
  return [
    [2, isLong ? VERSION64 : VERSION],
    [2, FLAGS],
    [2, METHOD],
    [2, DOS_TIME],
    [2, DOS_DATE],
    [4, crc],
    [4, shown],
    [4, shown],
    [2, name.length],
    [2, extraBytes],
  ] as const;
}

/** How long a file's local header is. */
export function localBytes(
  { name, size }: { readonly name: Uint8Array; readonly size: number },
  from: number,
): number {
  return LOCAL_BYTES + name.length + (size >= from ? 20 : 0);
}

/** What stands before a file's bytes. */
export function localHeader(entry: ZipEntry, from: number): Uint8Array {
  const isLong = entry.size >= from;
  const extra = extraOf(isLong ? [entry.size, entry.size] : []);
  return concatBytes(
    record([4, LOCAL_SIGNATURE], ...commonFields(entry, isLong, from, extra.length)),
    entry.name,
    extra,
  );
}

/** A file's record in the directory. */
export function centralRecord(entry: ZipEntry, from: number): Uint8Array {
  const extra = extraOf([
    ...(entry.size >= from ? [entry.size, entry.size] : []),
    ...(entry.at >= from ? [entry.at] : []),
  ]);
  const isLong = extra.length > 0;
  return concatBytes(
    record(
      [4, CENTRAL_SIGNATURE],
      [2, MADE_BY | (isLong ? VERSION64 : VERSION)],
      ...commonFields(entry, isLong, from, extra.length),
      [2, 0], // no comment
      [2, 0], // disk
      [2, 0], // internal attributes
      [4, ATTRIBUTES],
      [4, entry.at >= from ? FULL32 : entry.at],
    ),
    entry.name,
    extra,
  );
}

/** What stands after the directory. */
export function endRecords(
  count: number,
  directoryAt: number,
  directoryBytes: number,
  from: number,
): Uint8Array {
  const isLong = count >= Math.min(FULL16, from) || directoryAt >= from || directoryBytes >= from;
  const shown = (value: number, full: number): number =>
    isLong && (full === FULL16 ? count >= Math.min(FULL16, from) : value >= from) ? full : value;
  const end = record(
    [4, END_SIGNATURE],
    [2, 0],
    [2, 0],
    [2, shown(count, FULL16)],
    [2, shown(count, FULL16)],
    [4, shown(directoryBytes, FULL32)],
    [4, shown(directoryAt, FULL32)],
    [2, 0], // no comment
  );
  if (!isLong) return end;
  const end64 = record(
    [4, END64_SIGNATURE],
    [8, END64_BYTES - 12],
    [2, MADE_BY | VERSION64],
    [2, VERSION64],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, directoryBytes],
    [8, directoryAt],
  );
  const locator = record([4, LOCATOR_SIGNATURE], [4, 0], [8, directoryAt + directoryBytes], [4, 1]);
  return concatBytes(end64, locator, end);
}

/** A name as text, or a refusal. */
export function readName(bytes: Uint8Array, index: number): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return notCanonical(`the name of entry ${index} is not UTF-8`);
  }
}

/** @throws ArqonError `BUNDLE_MALFORMED` saying why. */
export function notCanonical(why: string): never {
  throw new ArqonError("BUNDLE_MALFORMED", `the archive is not in canonical form: ${why}`);
}
