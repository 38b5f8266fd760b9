import { strict as assert } from "node:assert";
import { unique } from "../backend.mjs";

/** Every page, with something on it. */
async function placesOf(backend) {
  const device = await backend.tired("wide", { groups: ["a-group-with-a-rather-long-name"], labels: { floor: "2" } });
  await device.exhaust();
  const { alerts } = await backend.until("alert", () => backend.operate("GET", `alerts?deviceId=${device.id}`), (a) => a.alerts.length > 0);
  const { releases } = await backend.operate("GET", "releases");
  return [
    "now", "fleet", `devices/${device.id}`, "alerts?state=all", `alerts/${encodeURIComponent(alerts[0].id)}`, "releases", ...releases.slice(0, 2).map((r) => `releases/${encodeURIComponent(r.id)}`), "releases?view=exposure",
    "system", "system/dead-letters", "system/channels", "system/routes", "system/escalations", "system/mutes", "system/models", "system/claims", "system/registries", "system/tracks", "system/tracks/+", "system/devices/new",
  ];
}

/** What holds on every page. */
export const scenarios = {
  async An_unknown_key_is_refused_and_a_known_one_opens_the_console({ open, key }) {
    const page = await open("", { signedIn: false });
    await page.waitForSelector("input[type=password]");
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

  async The_palette_finds_a_device_by_the_beginning_of_its_id({ open, backend }) {
    const device = await backend.register(unique("palette"));
    const page = await open("#/now");
    await page.settled();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type(device.id.slice(0, 12));
    await page.getByRole("option", { name: device.id }).waitFor();
    await page.axe();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: device.id }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
  },

  async While_the_backend_is_away_the_page_says_since_when_and_goes_on_once_it_is_back({ open, backend }) {
    const device = await backend.register(unique("away"));
    const page = await open(`#/devices/${device.id}`);
    await page.settled();
    await page.route("**/api/**", (route) => route.abort());
    await page.evaluate(() => (location.hash = "#/alerts?state=all"));
    await page.getByText(/has not answered since .*CET/).waitFor();
    await page.getByText("The backend does not answer", { exact: true }).waitFor();
    await page.axe();
    await page.unroute("**/api/**");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.settled();
    assert.equal(await page.getByText(/has not answered since/).count(), 0);
  },

  async Where_there_is_nothing_the_page_says_so_and_what_to_do({ open }) {
    const page = await open("#/fleet?filter=id:nobody-is-called-that");
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

  async No_page_has_an_axe_violation_or_is_too_wide_by_day_at_a_desk_or_in_the_dark_on_a_phone({ open, backend }) {
    const places = await placesOf(backend);
    for (const look of [{ width: 1440, height: 900 }, { width: 390, height: 844, dark: true }]) {
      const page = await open("#/now", look);
      for (const place of places) {
        await page.to(place);
        await page.axe();
        for (const width of look.dark ? [390, 600, 801] : [1440, 1024, 2560, 3840]) {
          await page.setViewportSize({ width, height: look.height });
          await page.fits();
        }
      }
    }
  },

  async Each_page_says_that_it_waits_and_what_the_backend_had_against_it({ open, backend }) {
    const places = (await placesOf(backend)).filter((p) => !/exposure$|\+$|new$/.test(p));
    const page = await open("#/nowhere");
    await page.settled();
    for (const [i, place] of places.entries()) {
      const waiting = [];
      await page.unroute("**/api/**");
      await page.route("**/api/**", async (route) => {
        await new Promise((resolve) => waiting.push(resolve));
        await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail: "The store is on fire." }) }).catch(() => {});
      });
      // Loaded anew each time: a page that has been there shows what it knew.
      await page.goto(`${backend.url}/?${i}#/${place}`);
      await page.getByText("Loading", { exact: true }).first().waitFor({ state: "attached" });
      assert.equal(await page.getByRole("alert").count(), 0, place);
      const release = setInterval(() => waiting.splice(0).forEach((go) => go()), 20);
      await page.getByRole("alert").getByText("The store is on fire.").first().waitFor();
      clearInterval(release);
      waiting.splice(0).forEach((go) => go());
      await page.fits();
    }
    await page.axe();
    await page.unroute("**/api/**");
    for (const button of await page.getByRole("button", { name: "Try again" }).all()) await button.evaluate((b) => b.click());
    await page.waitForFunction(() => document.querySelectorAll("[role=alert]").length === 0);
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
};
