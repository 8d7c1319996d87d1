/** TLS 1.3: certificates, crypto modes, what was agreed with each client, and a network that is otherwise like plain TCP. */
export { Certificates } from "./certificates.ts";
export {
  type CertificateFiles,
  type Credentials,
  readCredentials,
  type ServedCertificate,
  type TlsFiles,
} from "./credentials.ts";
export { identitiesOf, type TlsFacts } from "./facts.ts";
export { type TlsObserver, watchHandshakes } from "./handshakes.ts";
export type { TlsRefusal, TlsRefusalReason } from "./refusals.ts";
export { type TlsNetOptions, tlsNet } from "./tls-net.ts";
