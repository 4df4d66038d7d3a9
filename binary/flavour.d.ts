/** 1 in knell-tls, 0 in knell: given to the compiler as a constant (scripts/build-binary.ts). */
declare const KNELL_TLS: i32;
