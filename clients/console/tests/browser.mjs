/**
 * Runs the console in Chromium against a running backend and does what operators do.
 * In: {"url","key","registry","webhookKey"} as JSON on stdin, with "only" a scenario's name. Out: one line of JSON a scenario, {"name","ok","error","milliseconds"}.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";
import { Backend } from "./backend.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const input = JSON.parse(await text(process.stdin));
const { url, key, only } = input;
const backend = new Backend(input);
const scenarios = {};
for (const file of readdirSync(`${import.meta.dirname}/scenarios`)) Object.assign(scenarios, (await import(`./scenarios/${file}`)).scenarios);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** A tab of its own; what it must never do is noted. */
async function open(hash, { width = 1440, height = 900, dark = false, signedIn = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", timezoneId: "Europe/Berlin" });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (e) => faults.push(`error: ${e.message}`));
  page.on("console", (m) => m.type() === "error" && !/Failed to load resource|ERR_FAILED/.test(m.text()) && faults.push(`console: ${m.text()}`));
  page.on("request", (r) => new URL(r.url()).origin !== new URL(url).origin && faults.push(`asked elsewhere: ${r.url()}`));
  if (signedIn) await page.addInitScript((k) => sessionStorage.setItem("iot-operator-key", k), key);
  await page.goto(`${url}/${hash}`);
  return Object.assign(page, {
    faults,
    async axe() {
      await page.evaluate(axeSource);
      const found = await page.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`));
      if (found.length > 0) throw new Error(`${page.url().split("#")[1]} at ${width} px${dark ? ", dark" : ""}: ${found.join("; ")}`);
    },
    async to(place) {
      await page.evaluate((hash) => (location.hash = hash), `#/${place}`);
      await this.settled();
    },
    async settled() {
      await page.waitForSelector("main h1");
      await page.waitForFunction(() => document.querySelectorAll(".loading").length === 0);
    },
    async fits() {
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 0) throw new Error(`${page.url().split("#")[1]} is ${wider} px wider than ${width} px`);
    },
  });
}

let failed = false;
for (const [name, run] of Object.entries(scenarios)) {
  if (only && only !== name) continue;
  const started = Date.now();
  const pages = [];
  const result = { name, ok: true };
  try {
    await run({
      backend,
      key,
      open: async (...args) => {
        const page = await open(...args);
        pages.push(page);
        return page;
      },
    });
    const faults = pages.flatMap((p) => p.faults);
    if (faults.length > 0) throw new Error(faults.join("\n"));
  } catch (e) {
    failed = true;
    Object.assign(result, { ok: false, error: `${e.message}\n${(await pages.at(-1)?.innerText("body").catch(() => "")) ?? ""}`.slice(0, 4000) });
  }
  for (const page of pages) await page.context().close();
  console.log(JSON.stringify({ ...result, milliseconds: Date.now() - started }));
}
await browser.close();
process.exit(failed ? 1 : 0);
