/** X.509 certificates: a private authority whose keys are in the KMS, and what it issues for servers and clients. */
export { TLS_ALGORITHMS, TLS_CA_LABEL, type TlsAlgorithm } from "./authority.ts";
export { type CertificateAlgorithm, type Issuer, issueCertificate, type Subject } from "./certificate.ts";
export {
  type CertificatePaths,
  type ClientCertificate,
  hasTls,
  makeClientCertificate,
  makeTls,
  openTlsPassphrase,
  TLS_LABEL,
  type TlsPaths,
  type TlsRequest,
  tlsPaths,
} from "./tls-home.ts";
