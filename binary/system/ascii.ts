// Bytes by name (ascii(7)), for comparisons that would otherwise be numbers.

export const TAB: u8 = 9;
export const LF: u8 = 10;
export const CR: u8 = 13;
export const SPACE: u8 = 32;
export const DOUBLE_QUOTE: u8 = 34;
export const HASH: u8 = 35;
export const PERCENT: u8 = 37;
export const OPEN_PARENTHESIS: u8 = 40;
export const CLOSE_PARENTHESIS: u8 = 41;
export const STAR: u8 = 42;
export const PLUS: u8 = 43;
export const COMMA: u8 = 44;
export const DASH: u8 = 45;
export const DOT: u8 = 46;
export const SLASH: u8 = 47;
export const DIGIT_0: u8 = 48;
export const COLON: u8 = 58;
export const SEMICOLON: u8 = 59;
export const EQUALS_SIGN: u8 = 61;
export const QUESTION_MARK: u8 = 63;
export const AT_SIGN: u8 = 64;
export const OPEN_BRACKET: u8 = 91;
export const BACKSLASH: u8 = 92;
export const CLOSE_BRACKET: u8 = 93;
