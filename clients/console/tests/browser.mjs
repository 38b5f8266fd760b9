/**
 * Runs the console in Chromium against a running backend and does what operators do.
 * In: {"url","key","registry","webhookKey","tenantId","consoleKey"} as JSON on stdin, with "only" the names of some scenarios. Out: one line of JSON a scenario, {"name","ok","error","milliseconds"}.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";
import { Backend } from "./backend.mjs";
import { scenarios } from "./scenarios.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const input = JSON.parse(await text(process.stdin));
const { url, key, only } = input;
const backend = new Backend(input);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/**
 * A tab of its own; what it must never do is noted.
 * @param refused What the scenario has the backend refuse, such as /^409 POST .*resubmit$/; anything else that fails is a fault.
 */
async function open(hash, { signedIn = true, at = url, refused = /(?!)/ } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", timezoneId: "Europe/Berlin" });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (e) => faults.push(`error: ${e.message}`));
  page.on("console", (m) => m.type() === "error" && !/Failed to load resource|ERR_FAILED/.test(m.text()) && faults.push(`console: ${m.text()}`));
  page.on("response", (r) => {
    const answer = `${r.status()} ${r.request().method()} ${new URL(r.url()).pathname}`;
    // 503 is "not now", which the page asks again by itself.
    if (r.status() >= 400 && r.status() !== 503 && !refused.test(answer)) faults.push(`refused: ${answer}`);
  });
  page.on("request", (r) => new URL(r.url()).origin !== new URL(at).origin && faults.push(`asked elsewhere: ${r.url()}`));
  if (signedIn) await page.addInitScript((k) => sessionStorage.setItem("iot-operator-key", k), key);
  await page.goto(`${at}/${hash}`);
  return Object.assign(page, {
    faults,
    async axe() {
      if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
      const found = await page.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`));
      const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
      if (found.length > 0) throw new Error(`${page.url().split("#")[1]} at ${page.viewportSize().width} px${isDark ? ", dark" : ""}: ${found.join("; ")}`);
    },
    /** No time of day without its zone, no date as machines write it; but for what is shown as it came. */
    async zoned() {
      const found = await page.evaluate(() => {
        const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        const bare = [];
        for (let text = texts.nextNode(); text; text = texts.nextNode())
          if (!text.parentElement.closest("pre, .mono") && /\b\d\d:\d\d\b(?!:\d\d)(?! CES?T)|\d{4}-\d\d-\d\dT/.test(text.data)) bare.push(text.data);
        return bare;
      });
      if (found.length > 0) throw new Error(`${page.url().split("#")[1]}: ${found.join("; ")}`);
    },
    /** Drawn with the event: what is there afterwards is the new page's. */
    async to(place) {
      await page.evaluate(async (hash) => {
        if (location.hash === hash) return;
        const drawn = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
        location.hash = hash;
        await drawn;
      }, `#/${place}`);
      await this.settled();
    },
    async settled() {
      await page.waitForSelector("main h1");
      await page.waitForFunction(() => document.querySelectorAll(".loading").length === 0);
    },
    async fits() {
      // A plot takes its new width with the next frame.
      const wider = await page.evaluate(async () => {
        for (let frames = 0; frames < 10 && document.documentElement.scrollWidth > innerWidth; frames++) await new Promise(requestAnimationFrame);
        return document.documentElement.scrollWidth - innerWidth;
      });
      if (wider > 0) throw new Error(`${page.url().split("#")[1]} is ${wider} px wider than ${page.viewportSize().width} px`);
    },
  });
}

async function result(name) {
  const started = Date.now();
  const pages = [];
  const outcome = { name, ok: true };
  try {
    await scenarios[name]({
      backend,
      key,
      input,
      open: async (...args) => {
        const page = await open(...args);
        pages.push(page);
        return page;
      },
    });
    const faults = pages.flatMap((p) => p.faults);
    if (faults.length > 0) throw new Error(faults.join("\n"));
  } catch (e) {
    Object.assign(outcome, { ok: false, error: `${e.message}\n${(await pages.at(-1)?.innerText("body").catch(() => "")) ?? ""}`.slice(0, 4000) });
  }
  for (const page of pages) {
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.context().close();
  }
  return { ...outcome, milliseconds: Date.now() - started };
}

// Three at once: what one waits for the backend, the others have the processor.
const left = Object.keys(scenarios).filter((name) => !only || only.includes(name));
await Promise.all(
  [1, 2, 3].map(async () => {
    for (let name = left.shift(); name; name = left.shift()) console.log(JSON.stringify(await result(name)));
  }),
);
await browser.close();
