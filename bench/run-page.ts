import { chromium } from "playwright-core";
import { median, type Row } from "./row.ts";
import { podOf, startPod } from "./run-pods.ts";

const VISITS = 5;

/** First paint of the page in Chromium, and the bytes it takes. */
export async function measure(): Promise<Row[]> {
  const pod = startPod(podOf(1, 'exec: {command: ["true"]}'), "--page");
  const note = await pod.find(
    ({ kind, ...rest }) => kind === "note" && /http:/.test(JSON.stringify(rest)),
  );
  const url = /http:[^" ]+/.exec(JSON.stringify(note))?.[0] ?? "";
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const paints: number[] = [];
  let bytes = 0;
  for (let visit = 0; visit < VISITS; visit++) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    await page.getByRole("img").first().waitFor();
    paints.push(
      await page.evaluate<number>(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime",
      ),
    );
    bytes = await page.evaluate<number>(
      "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].reduce((sum, { transferSize }) => sum + transferSize, 0)",
    );
    await page.close();
  }
  await browser.close();
  await pod.stop();
  return [
    {
      what: "page of `knell run`: first contentful paint",
      value: median(paints),
      unit: "ms",
      good: "at most",
      bound: 200,
      detail: `median of ${VISITS}, worst ${Math.max(...paints).toFixed(0)} ms`,
    },
    {
      what: "page of `knell run`: size",
      value: bytes / 1024,
      unit: "KiB",
      good: "at most",
      bound: 60,
      detail: "HTML, CSS and script, not compressed",
    },
  ];
}
