// Flow collections nested so deeply that no parser should be asked: yaml's recurses, and where the stack is nearly used
// up V8 ends the process when it has to compile a regular expression (seen on Node 20). Pure.

/** Far above what anybody writes, far below what a stack holds. */
const DEEPEST = 400;
const [OPEN_MAP, OPEN_LIST, CLOSE_MAP, CLOSE_LIST] = [0x7b, 0x5b, 0x7d, 0x5d];
const [DOUBLE_QUOTE, SINGLE_QUOTE, BACKSLASH, LINE_FEED] = [0x22, 0x27, 0x5c, 0x0a];

/** The offset where brackets outside quotes are nested too deeply within one line, -1 if none are. */
export function deepNestingIn(text: string): number {
  let depth = 0;
  let quote = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED) {
      depth = 0;
      quote = 0;
    } else if (quote !== 0) {
      if (code === quote) quote = 0;
      else if (code === BACKSLASH && quote === DOUBLE_QUOTE) at++;
    } else if (code === OPEN_LIST || code === OPEN_MAP) {
      if (++depth > DEEPEST) return at;
    } else if (code === CLOSE_LIST || code === CLOSE_MAP) {
      if (depth > 0) depth--;
    } else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
      quote = code;
    }
  }
  return -1;
}
