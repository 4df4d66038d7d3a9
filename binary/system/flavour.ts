/** True in knell-tls. What stands under it is not compiled into knell. */
export const HAS_TLS: bool = KNELL_TLS !== 0;
