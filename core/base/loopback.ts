/** Without TLS nothing leaves this machine. */
import { ArqonError } from "./errors.ts";

/** Whether a host is this machine and cannot be another: 127.0.0.0/8, ::1, or localhost. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** @throws ArqonError `TLS_REQUIRED` unless `host` is loopback. */
export function requireLoopback(host: string, what: string): void {
  if (isLoopback(host)) return;
  throw new ArqonError("TLS_REQUIRED", `${what} on "${host}" could be read by others: it has no TLS`);
}
