import packageJson from "../package.json" with { type: "json" };

/** Of the npm package and of dist/knell. */
export const VERSION: string = packageJson.version;
