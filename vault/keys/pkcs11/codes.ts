/** Numbers of PKCS#11 2.40 and, for post-quantum keys, 3.2. */
export const CKF = {
  LIBRARY_OS_LOCKING: 2,
  RW_SERIAL_SESSION: 6,
  LOGIN_REQUIRED: 4,
  USER_PIN_FINAL_TRY: 0x20000,
} as const;
export const CKU_USER = 1;
export const CKO = { PUBLIC_KEY: 2, PRIVATE_KEY: 3, SECRET_KEY: 4 } as const;
export const CKK_AES = 0x1f;
export const CKK_GENERIC_SECRET = 0x10;
export const CKA = {
  CLASS: 0,
  TOKEN: 1,
  PRIVATE: 2,
  LABEL: 3,
  VALUE: 0x11,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  SIGN: 0x108,
  VERIFY: 0x10a,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
  EC_PARAMS: 0x180,
  EC_POINT: 0x181,
  PARAMETER_SET: 0x61d,
  ENCAPSULATE: 0x633,
  DECAPSULATE: 0x634,
} as const;
export const CKM = {
  EC_KEY_PAIR_GEN: 0x1040,
  ECDSA: 0x1041,
  EC_EDWARDS_KEY_PAIR_GEN: 0x1055,
  EDDSA: 0x1057,
  AES_KEY_GEN: 0x1080,
  AES_GCM: 0x1087,
  ML_KEM_KEY_PAIR_GEN: 0xf,
  ML_KEM: 0x17,
  ML_DSA_KEY_PAIR_GEN: 0x1c,
  ML_DSA: 0x1d,
  SLH_DSA_KEY_PAIR_GEN: 0x2d,
  SLH_DSA: 0x2e,
} as const;
/** Kind of parameter, as pkcs11js numbers it: the standard's, with the nonce's length in bits. */
export const CK_PARAMS_AES_GCM = 7;
export const CKR = {
  PIN_INCORRECT: 0xa0,
  PIN_LOCKED: 0xa4,
  DOMAIN_PARAMS_INVALID: 0x130,
} as const;
/** Codes that speak of the token, its session or its host, not of what it was asked. */
export const CKR_AWAY: ReadonlySet<number> = new Set([
  0x02, // HOST_MEMORY
  0x30, // DEVICE_ERROR
  0x31, // DEVICE_MEMORY
  0x32, // DEVICE_REMOVED
  0xb0, // SESSION_CLOSED
  0xb3, // SESSION_HANDLE_INVALID
  0xe0, // TOKEN_NOT_PRESENT
  0xe1, // TOKEN_NOT_RECOGNIZED
  0x101, // USER_NOT_LOGGED_IN
  0x190, // CRYPTOKI_NOT_INITIALIZED
]);
