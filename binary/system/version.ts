/** The version in package.json; a test compares the two. */
export const VERSION: string = "0.1.0";
