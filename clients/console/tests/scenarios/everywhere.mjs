import { strict as assert } from "node:assert";
import { appService } from "../app-service.mjs";
import { unique } from "../backend.mjs";

/** As long as it may be, with markup and with what turns the text after it round. */
const hostile = (length) => `<b onclick=alert(1)>\u202e${"W".repeat(length)}`.slice(0, length);

/** Every page, with something on it, named as nobody should. */
async function made(backend) {
  const device = await backend.tired(`wide-${"x".repeat(100)}`, { groups: ["g".repeat(128)], labels: { floor: hostile(256) } });
  await backend.send(device, { link: { rssi: -60, gateway: hostile(64) } });
  await device.exhaust();
  const { alerts } = await backend.until("alert", () => backend.operate("GET", `alerts?deviceId=${device.id}`), (a) => a.alerts.length > 0);
  await backend.operate("POST", `alerts/${encodeURIComponent(alerts[0].id)}/comments`, { text: `\u0007${hostile(900)}`, by: hostile(100) });
  await backend.operate("PUT", `mutes/${unique("hostile")}`, { matchers: { groups: ["nobody"] }, until: new Date(Date.now() + 3_600_000).toISOString(), reason: hostile(200) });
  const { releases } = await backend.operate("GET", "releases");
  return [
    ["now", "fleet?filter=id:wide", `devices/${device.id}`, "alerts?state=all", `alerts/${encodeURIComponent(alerts[0].id)}`, "releases", `releases/${encodeURIComponent(releases[0].id)}`, "releases?view=exposure", "releases?view=exposure&package=openssl"],
    ["system", "system/dead-letters", "system/undelivered", "system/channels", "system/routes", "system/escalations", "system/mutes", "system/models", "system/claims", "system/registries", "system/tracks", "system/tracks/+", "system/devices/new"],
  ];
}

let places;
const placesOf = (backend) => (places ??= made(backend));

/** Every page by day and in the dark, for fingers and for a mouse, and as wide as its screen at every width between. */
async function lookAt(all, open) {
  // What another scenario takes away between a list and what it links to.
  const page = await open("#/now", { refused: /^404 GET .*\/(held|routes)$/ });
  for (const place of all) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.to(place);
    await page.zoned();
    for (const [width, colorScheme] of [[1440, "light"], [390, "dark"]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.fits();
      await page.axe();
    }
    for (const width of [600, 801, 1024, 2560, 3840]) {
      await page.setViewportSize({ width, height: 900 });
      await page.fits();
    }
  }
}

/** What holds on every page. */
export const scenarios = {
  async An_unknown_key_is_refused_and_a_known_one_opens_the_console({ open, key }) {
    const page = await open("", { signedIn: false, refused: /^401 |^404 POST .*\/session$/ });
    await page.waitForFunction(() => document.activeElement?.matches("input[type=password]"));
    await page.axe();
    await page.keyboard.type("wrong-key");
    await page.keyboard.press("Enter");
    await page.getByText("This key is not known here.").waitFor();
    await page.axe();
    await page.getByLabel("Operator key").fill(key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /needs? you/ }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Operator key").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },

  async Who_signs_in_with_Entra_ID_acts_in_their_own_name_until_their_role_or_their_session_is_gone({ open, backend, input }) {
    const service = await appService(input);
    try {
      const device = await backend.tired("entra");
      await device.exhaust();
      const { alerts } = await backend.until("alert", () => backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`), (a) => a.alerts.length > 0);
      const page = await open(`#/alerts/${encodeURIComponent(alerts[0].id)}`, { signedIn: false, at: service.url, refused: /^40[13] / });
      const withMicrosoft = page.getByRole("link", { name: "Sign in with Microsoft" });
      await withMicrosoft.waitFor();
      await page.axe();
      service.person = { name: "mallory@example.com", roles: ["Reader"] };
      await withMicrosoft.click();
      await page.getByRole("alert").getByText(/mallory@example.com is signed in, and is no operator here/).waitFor();
      await page.axe();
      await page.getByRole("link", { name: "Sign in as somebody else" }).click();
      await withMicrosoft.waitFor();
      await page.evaluate((hash) => (location.hash = hash), `#/alerts/${encodeURIComponent(alerts[0].id)}`);
      const ada = (service.person = { name: "ada@example.com", roles: ["Operator"] });
      await withMicrosoft.click();
      await page.getByText("Why it was raised").waitFor();
      await page.locator(".foot").getByText(ada.name).waitFor();
      assert.equal(await page.getByLabel("Your name, in its history").inputValue(), ada.name);
      await page.axe();
      await page.getByRole("button", { name: "Acknowledge" }).click();
      await page.getByText(`Acknowledged by ${ada.name}`).waitFor();
      const alone = await fetch(`${service.url}/api/fleet/summary`, { headers: { "x-functions-key": input.consoleKey } });
      assert.equal(alone.status, 401);
      // Gone as the click's request is on its way: any other request that comes first signs out as well, and takes the button away.
      await page.route("**/assign", (route) => {
        ada.roles = [];
        return route.continue();
      });
      await page.getByRole("button", { name: "Assign to me" }).click();
      await page.getByRole("alert").getByText(/ada@example.com is signed in, and is no operator here/).waitFor();
      assert.equal(await page.getByText("Why it was raised").count(), 0);
      ada.roles = ["Operator"];
      await page.reload();
      // However long the platform takes over it.
      await page.route("**/.auth/logout*", async (route) => {
        await page.waitForTimeout(300);
        await route.continue();
      });
      const signOut = page.getByRole("button", { name: "Sign out" });
      await signOut.click();
      await withMicrosoft.waitFor();
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
      // Going back may show this page as it was left.
      await withMicrosoft.click();
      await page.unroute("**/.auth/logout*");
      await page.route("**/.auth/logout*", (route) => route.fulfill({ status: 204 }));
      await signOut.click();
      await page.waitForFunction(() => !document.querySelector("main"));
      await page.unroute("**/.auth/logout*");
      await page.evaluate(async () => {
        await fetch("/.auth/logout?post_logout_redirect_uri=%2F", { redirect: "manual" });
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
      });
      await withMicrosoft.waitFor();
    } finally {
      service.close();
    }
  },

  async What_somebody_wrote_is_text_and_the_page_lets_no_markup_in_and_asks_no_other_host({ open, backend }) {
    const reason = `<img src="x" onerror="window.taken = true">`;
    await backend.operate("PUT", `mutes/${unique("text")}`, { matchers: { groups: ["nobody"] }, until: new Date(Date.now() + 3_600_000).toISOString(), reason });
    const page = await open("#/system/mutes");
    await page.getByText(reason).first().waitFor();
    const refused = await page.evaluate(async () => {
      const violated = new Set();
      const both = new Promise((resolve) => addEventListener("securitypolicyviolation", (e) => violated.add(e.effectiveDirective).size === 2 && resolve()));
      await fetch("https://elsewhere.example/").catch(() => {});
      try {
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.taken = true'>");
      } catch {
        // Seen by its violation.
      }
      await both;
      return [...violated, "taken" in window];
    });
    assert.deepEqual(refused, ["connect-src", "require-trusted-types-for", false]);
    // The browser's own word on both.
    page.faults.length = 0;
  },

  async The_palette_finds_devices_pages_groups_models_tracks_and_what_can_be_done({ open, backend }) {
    const device = await backend.register(unique("palette"));
    const name = unique("depot");
    await backend.follow(name);
    for (let i = 0; i < 8; i++) await backend.register(`${name}-${i}`, { model: `${name}-cell`, groups: [`north-${name}-${i}`] });
    // Who signs out is asked whether somebody is signed in otherwise.
    const page = await open("#/now", { refused: /^40[14] POST .*\/session$/ });
    await page.settled();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type(device.id.slice(0, 12));
    await page.getByRole("option", { name: device.id }).waitFor();
    await page.axe();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: device.id }).waitFor();
    await page.settled();
    // In one go: the second has to follow within 1.2 s.
    await Promise.all(["g", "f"].map((key) => page.keyboard.press(key)));
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("nobody is called like that");
    await page.getByText("Nothing is called like that").waitFor();
    const wanted = page.getByLabel("Go to a page, a group or a device");
    await wanted.fill(name.toUpperCase());
    const options = page.getByRole("listbox", { name: "Found" }).getByRole("option");
    await options.nth(14).waitFor();
    const found = (await options.allInnerTexts()).map((text) => text.split("\n")[1]);
    assert.deepEqual(found, [...Array(5).fill("group · 1 device"), "model · 8 devices", "track · its releases", ...Array(8).fill(`device · ${name}-cell`)]);
    await page.axe();
    await wanted.fill(`north-${name}-3`);
    await options.filter({ hasText: "group" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("1 device matches").waitFor();
    await page.getByRole("link", { name: `${name}-3`, exact: true }).waitFor();
    await page.keyboard.press("Control+k");
    await wanted.fill("s");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await wanted.fill("sign out");
    await page.keyboard.press("Enter");
    await page.getByLabel("Operator key").waitFor();
  },

  async While_the_backend_is_away_the_page_says_since_when_and_goes_on_once_it_is_back({ open, backend }) {
    const device = await backend.register(unique("away"));
    const page = await open(`#/devices/${device.id}`);
    await page.settled();
    await page.route("**/api/**", (route) => route.abort());
    await page.evaluate(() => (location.hash = "#/alerts?state=all"));
    await page.getByText(/has not answered since .* CES?T/).waitFor();
    await page.getByText("The backend does not answer", { exact: true }).waitFor();
    await page.axe();
    // Also where it is away from the first moment.
    await page.reload();
    await page.getByText(/has not answered since .* CES?T/).waitFor();
    await page.unroute("**/api/**");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.settled();
    await page.getByText(/has not answered since/).waitFor({ state: "detached" });
  },

  async Where_there_is_nothing_the_page_says_so_and_what_to_do({ open }) {
    const page = await open("#/fleet?filter=id:nobody-is-called-that", { refused: /^400 GET .*\/fleet\/devices$|^404 GET .*\/nobody-is-called-that/ });
    await page.getByText("No device matches").waitFor();
    await page.axe();
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.waitForFunction(() => !location.hash.includes("filter"));
    await page.evaluate(() => (location.hash = "#/fleet?filter=colour:red"));
    await page.getByRole("alert").getByText(/'colour:red' is not known/).waitFor();
    await page.evaluate(() => (location.hash = "#/devices/nobody-is-called-that"));
    await page.getByText("No device 'nobody-is-called-that' is registered.").waitFor();
    await page.evaluate(() => (location.hash = "#/nowhere"));
    await page.getByText(/There is no page/).waitFor();
    await page.axe();
  },

  async No_page_of_devices_alerts_and_releases_has_an_axe_violation_a_time_without_zone_or_is_too_wide_by_day_and_in_the_dark_from_a_phone_to_4K({ open, backend }) {
    await lookAt((await placesOf(backend))[0], open);
  },

  async No_page_of_the_system_has_an_axe_violation_a_time_without_zone_or_is_too_wide_by_day_and_in_the_dark_from_a_phone_to_4K({ open, backend }) {
    await lookAt((await placesOf(backend))[1], open);
  },

  async Each_page_says_that_it_waits_that_nobody_answers_and_what_the_backend_had_against_it({ open, backend }) {
    const page = await open("#/nowhere", { refused: /^503 / });
    await page.settled();
    for (const place of (await placesOf(backend)).flat().filter((p) => !/exposure$|\+$|new$/.test(p))) {
      let [answers, answer] = [];
      const answered = new Promise((resolve) => (answers = resolve));
      await page.unroute("**/api/**");
      await page.route("**/api/**", async (route) => {
        await answered;
        await answer(route).catch(() => {});
      });
      // Loaded anew each time: a page that has been there shows what it knew.
      await page.goto(`${backend.url}/#/${place}`);
      await page.reload();
      await page.getByText("Loading", { exact: true }).first().waitFor({ state: "attached" });
      assert.equal(await page.getByRole("alert").count(), 0, place);
      answer = (route) => route.abort();
      answers();
      await page.getByText("The backend does not answer", { exact: true }).first().waitFor();
      await page.getByText(/has not answered since .* CES?T/).waitFor();
      answer = (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail: "The store is on fire." }) });
      await page.getByRole("button", { name: "Try again" }).first().click();
      await page.getByRole("alert").getByText("The store is on fire.").first().waitFor();
      await page.fits();
    }
    await page.axe();
    await page.unroute("**/api/**");
    // All at once: what one asks anew may answer another.
    await page.getByRole("button", { name: "Try again" }).evaluateAll((buttons) => buttons.forEach((b) => b.click()));
    await page.waitForFunction(() => document.querySelectorAll("[role=alert]").length === 0);
  },

  async Each_page_with_nothing_on_it_says_so({ open, backend }) {
    const [[, , device, , alert, , release]] = await placesOf(backend);
    const said = {
      now: ["No open alert", "No release is on its way, and none waits for anybody"],
      fleet: ["No device is registered yet"],
      [device]: ["No reading is found", "None so far"],
      alerts: ["No open alert"],
      "alerts?state=cleared": ["No alert like that"],
      [alert]: ["Nothing else within 15 min"],
      releases: ["Nothing was pushed yet"],
      [release]: ["Not judged yet", "No device is meant"],
      "releases?view=exposure": ["Which devices run a package, or are hit by a vulnerability?"],
      "releases?view=exposure&package=openssl": ["No device runs it"],
      "system/dead-letters": ["Nothing was refused"],
      "system/undelivered": ["Every channel was told"],
      "system/channels": ["No channel yet"],
      "system/escalations": ["No escalation yet"],
      "system/mutes": ["No mute yet"],
      "system/models": ["No model yet"],
      "system/claims": ["No claim yet"],
      "system/registries": ["No registry yet"],
      "system/tracks": ["No track yet", "No device is pinned"],
    };
    const page = await open("#/nowhere");
    // The backend's own answers, with nothing in them.
    await page.route(/\/api\/(?!changes)/, async (route) => {
      const response = await route.fetch();
      if (!response.ok()) return route.fulfill({ response });
      const answer = Object.entries(await response.json()).map(([name, value]) => [name, Array.isArray(value) ? [] : name === "counts" ? {} : name === "total" ? 0 : value]);
      await route.fulfill({ response, json: Object.fromEntries(answer) });
    });
    for (const [place, texts] of Object.entries(said)) {
      await page.to(place);
      for (const text of texts) await page.getByText(text, { exact: true }).waitFor();
      await page.axe();
    }
  },

  async A_dialog_keeps_the_keyboard_and_gives_it_back({ open }) {
    const page = await open("#/system/channels");
    await page.settled();
    const opener = page.getByRole("button", { name: "New channel" });
    await opener.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.closest("dialog"));
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press(i % 3 === 2 ? "Shift+Tab" : "Tab");
      assert.equal(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement?.closest("dialog")), true);
    }
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
    assert.equal(await opener.evaluate((e) => e === document.activeElement), true);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
    assert.equal(await opener.evaluate((e) => e === document.activeElement), true);
  },

  async A_browser_whose_clock_is_wrong_tells_how_old_figures_are_by_the_backends({ open, backend }) {
    const page = await open("#/nowhere");
    await page.addInitScript(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 600_000;
    });
    await page.goto(`${backend.url}/#/now`);
    await page.reload();
    await page.locator(".figures").getByText("online").waitFor();
    // Nobody may have looked for a while: figures of now come a moment later.
    await page.getByText(/, counted/).waitFor({ state: "detached" });
    await page.to("fleet");
    await page.locator("span.soft[title^='What devices report']").waitFor();
  },

  async The_palette_keeps_what_is_marked_and_forgets_the_devices_of_another_text({ open, backend }) {
    const name = unique("stays");
    await backend.follow(name);
    await backend.register(`${name}-device`);
    const page = await open("#/nowhere");
    let [answer] = [];
    const answered = new Promise((resolve) => (answer = resolve));
    await page.route("**/api/tracks", async (route) => {
      await answered;
      await route.continue();
    });
    await page.keyboard.press("Control+k");
    const wanted = page.getByRole("combobox");
    await wanted.fill(name);
    const device = page.getByRole("option", { name: `${name}-device` });
    await device.waitFor();
    assert.equal(await device.getAttribute("aria-selected"), "true");
    answer();
    await page.getByRole("option", { name: /its releases/ }).waitFor();
    assert.equal(await device.getAttribute("aria-selected"), "true");
    await page.route(/\/api\/fleet\/devices\?/, () => {});
    await wanted.fill(`${name}-x`);
    await page.getByText("Nothing is called like that").waitFor();
    await page.unroute(/\/api\/fleet\/devices\?/);
    await wanted.fill(`${name}-d`);
    await device.waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `${name}-device`, exact: true }).waitFor();
  },
};
