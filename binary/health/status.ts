// The HTTP status codes that are answered (RFC 9110 section 15). Pure.

export const OK: i32 = 200;
export const BAD_REQUEST: i32 = 400;
export const NO_SUCH_PATH: i32 = 404;
export const METHOD_NOT_ALLOWED: i32 = 405;
export const REQUEST_TIMEOUT: i32 = 408;
export const CONTENT_TOO_LARGE: i32 = 413;
export const HEAD_TOO_LARGE: i32 = 431;
export const INTERNAL_ERROR: i32 = 500;
export const UNAVAILABLE: i32 = 503;
export const VERSION_NOT_SUPPORTED: i32 = 505;

export const STATUS_COUNT: i32 = 10;

/** The `index`th of the codes above, from 0. */
export function statusAt(index: i32): i32 {
  switch (index) {
    case 0:
      return OK;
    case 1:
      return BAD_REQUEST;
    case 2:
      return NO_SUCH_PATH;
    case 3:
      return METHOD_NOT_ALLOWED;
    case 4:
      return REQUEST_TIMEOUT;
    case 5:
      return CONTENT_TOO_LARGE;
    case 6:
      return HEAD_TOO_LARGE;
    case 7:
      return INTERNAL_ERROR;
    case 8:
      return UNAVAILABLE;
    default:
      return VERSION_NOT_SUPPORTED;
  }
}

/** Where `status` stands among the codes above, -1 for any other. */
export function statusIndex(status: i32): i32 {
  for (let i = 0; i < STATUS_COUNT; i++) if (statusAt(i) === status) return i;
  return -1;
}

/** The phrase of RFC 9110 section 15, of RFC 6585 for 431. Empty for a code that is not above (RFC 9112 section 4). */
export function reasonPhrase(status: i32): string {
  switch (status) {
    case OK:
      return "OK";
    case BAD_REQUEST:
      return "Bad Request";
    case NO_SUCH_PATH:
      return "Not Found";
    case METHOD_NOT_ALLOWED:
      return "Method Not Allowed";
    case REQUEST_TIMEOUT:
      return "Request Timeout";
    case CONTENT_TOO_LARGE:
      return "Content Too Large";
    case HEAD_TOO_LARGE:
      return "Request Header Fields Too Large";
    case INTERNAL_ERROR:
      return "Internal Server Error";
    case UNAVAILABLE:
      return "Service Unavailable";
    case VERSION_NOT_SUPPORTED:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}
