/** The one form a bundle's ZIP archive has. docs/spec/bundle.md gives it byte by byte. */
export const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
/** Made by Unix (3), ZIP 2.0 (20). */
export const MADE_BY = 0x0314;
export const VERSION_NEEDED = 20;
/** Bit 11: names are UTF-8. */
export const FLAGS = 0x0800;
/** Stored, not compressed. */
export const METHOD = 0;
export const DOS_TIME = 0;
/** 1980-01-01. */
export const DOS_DATE = 0x0021;
/** Mode 0100644, a regular file, in the upper half. */
export const ATTRIBUTES = 0x81a40000;
/** Largest archive and most entries without Zip64. */
export const MAX_ARCHIVE_BYTES = 0xffffffff;
export const MAX_ENTRIES = 0xffff;
