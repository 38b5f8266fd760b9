/** Measures the console in Chromium. In: {"url","key","devices","filters","points"} as JSON on stdin; scripts/bench console runs it. */
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

const { url, key, devices, filters, points } = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
/** A tab with a cold cache. */
async function tab() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript((k) => sessionStorage.setItem("iot-operator-key", k), key);
  return context.newPage();
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const rows = [];
function report(what, values, limit) {
  const sorted = [...values].sort((a, b) => a - b);
  rows.push({ what, p50: `${at(sorted, 0.5).toFixed(0)} ms`, p95: `${at(sorted, 0.95).toFixed(0)} ms`, "held to": limit });
}

// The first useful paint: the heading with what needs the operator, from a cold cache and a warm backend.
{
  // A large fleet is read for the first who asks.
  const page = await tab();
  await page.goto(`${url}/#/now`);
  await page.locator(".figures").waitFor({ timeout: 120_000 });
  await page.context().close();
}
const first = [];
const answers = new Map();
let weight = 0;
for (let i = 0; i < 10; i++) {
  const page = await tab();
  await page.goto(`${url}/#/now`, { waitUntil: "commit" });
  await page.getByRole("heading", { level: 1, name: /need/ }).waitFor();
  first.push(await page.evaluate(() => performance.now()));
  for (const [path, took] of await page.evaluate(() => performance.getEntriesByType("resource").filter((r) => r.name.includes("/api/")).map((r) => [new URL(r.name).pathname, r.duration])))
    answers.set(path, [...(answers.get(path) ?? []), took]);
  weight = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((r) => !r.name.includes("/api/")).reduce((sum, r) => sum + r.encodedBodySize, 0));
  await page.context().close();
}
report("open to useful", first, "1000 ms");
for (const [path, took] of answers) report(`  of it, ${path}`, took, "");
{
  // Longer than a fleet that was read is shown.
  await new Promise((resolve) => setTimeout(resolve, 125_000));
  const page = await tab();
  await page.goto(`${url}/#/now`, { waitUntil: "commit" });
  await page.locator(".figures").waitFor();
  report("after two idle minutes, open to the fleet's figures", [await page.evaluate(() => performance.now())], "");
  await page.context().close();
}
rows.push({ what: "loaded for it, compressed", p50: `${(weight / 1000).toFixed(1)} kB`, "held to": "120 kB" });

/** From now until the list shows another total, and that is painted. Runs in the page, so that no wire between lies in it. */
const untilPainted = (page, change, expected) =>
  page.evaluate(
    ([change, expected]) =>
      new Promise((resolve) => {
        const input = document.querySelector("[data-filter]");
        const started = performance.now();
        const look = new MutationObserver(() => {
          if (!document.querySelector(".page header p").textContent.startsWith(expected)) return;
          look.disconnect();
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
        });
        look.observe(document.body, { subtree: true, childList: true, characterData: true });
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, change);
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    [change, expected],
  );

const page = await tab();
await page.goto(`${url}/#/fleet`);
await page.getByText(`${devices.toLocaleString("en")} devices`, { exact: false }).first().waitFor({ timeout: 120_000 });
const typed = [];
for (let i = 0; i < filters; i++) {
  // Each names a group and a hundredth of the ids, so that each answer has a total of its own.
  const group = String(i % 50).padStart(2, "0");
  const wanted = i % 2 === 0 ? `group:site-${group}` : `group:site-${group} battery<${30 + (i % 60)}`;
  const total = await (await fetch(`${url}/api/fleet/devices?top=1&total=true&filter=${encodeURIComponent(wanted)}`, { headers: { "x-functions-key": key } })).json();
  typed.push(await untilPainted(page, wanted, `${total.total.toLocaleString("en")} device`));
}
report(`filter of ${devices.toLocaleString("en")} devices to paint, 20 ms of it a pause after the last letter`, typed, "150 ms");

// Many points, drawn by the library as the console has it.
const drawn = await page.evaluate(async (n) => {
  const main = document.querySelector("script[type=module]").src;
  const module = await import(new URL((await (await fetch(main)).text()).match(/uplot-[\w-]+\.js/)[0], main).href);
  const Plot = Object.values(module).find((v) => typeof v === "function");
  const times = Array.from({ length: n }, (_, i) => 1_700_000_000 + i);
  const values = times.map((_, i) => 50 + 30 * Math.sin(i / 3000) + Math.random());
  const took = [];
  for (let i = 0; i < 10; i++) {
    const box = document.body.appendChild(document.createElement("div"));
    const started = performance.now();
    await new Promise((resolve) => new Plot({ width: 1200, height: 300, series: [{}, { stroke: "#1a56c4" }], hooks: { draw: [() => resolve()] } }, [times, values], box));
    took.push(performance.now() - started);
    box.remove();
  }
  return took;
}, points);
report(`${points.toLocaleString("en")} points drawn`, drawn, "100 ms");

console.table(rows);
await browser.close();
