// The picture of what one probe costs, from the rows of probe-cost.ts. Pure.

import { WAYS, type Way, whatOf } from "./probe-cost.ts";
import { duration, type Row } from "./row.ts";

const ORDER: readonly Way[] = ["cri", "recipe", "execRecipe", "probe", "endpoint"];
const WIDTH = 760;
const LEFT = 24;
const BAR_WIDTH = 600;
const TOP = 64;
const ROW_HEIGHT = 54;
const BAR_HEIGHT = 16;

/** An SVG with one bar per way to probe, on a linear scale: the differences are the point. Throws if a row is missing. */
export function drawCosts(rows: readonly Pick<Row, "what" | "value">[], caption: string): string {
  const costs = ORDER.map((way) => {
    const row = rows.find(({ what }) => what === whatOf(way));
    if (row === undefined) throw new Error(`picture: no row "${whatOf(way)}"; run npm run bench`);
    return { way, us: row.value };
  });
  const longest = Math.max(...costs.map(({ us }) => us));
  const height = TOP + costs.length * ROW_HEIGHT + 24;
  const bars = costs.map(({ way, us }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const width = Math.max((us / longest) * BAR_WIDTH, 1).toFixed(1);
    const kind = way === "endpoint" || way === "probe" ? "knell" : "usual";
    return [
      `<text x="${LEFT}" y="${y}">${escapeXml(WAYS[way].replaceAll("`", ""))}</text>`,
      `<rect class="${kind}" x="${LEFT}" y="${y + 8}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
      `<text class="value" x="${LEFT + Number(width) + 8}" y="${y + 21}">${duration(us * 1e3)}</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">CPU time of one health check, from ${duration(longest * 1e3)} to ${duration(Math.min(...costs.map(({ us }) => us)) * 1e3)}</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.head { font-size: 16px; font-weight: 600 }
.note { font-size: 11px; fill: #59636e }
.value { font-weight: 600 }
.usual { fill: #b3452c }
.knell { fill: #1a7f5a }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note { fill: #9198a1 }
.usual { fill: #e5735c }
.knell { fill: #4ac48f }
}
</style>
<text class="head" x="${LEFT}" y="28">CPU time of one health check of Redis</text>
${bars.join("\n")}
<text class="note" x="${LEFT}" y="${height - 8}">${escapeXml(caption)}</text>
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
