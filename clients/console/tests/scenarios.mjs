import { strict as assert } from "node:assert";

const unique = (name) => `${name}-${Math.random().toString(36).slice(2, 8)}`;
const toDevice = (id) => `#/devices/${id}`;

/** Each begins with what it needs and waits for what it asserts. */
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
    await page.getByRole("heading", { name: /Nothing needs you|need you/ }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Operator key").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },

  async A_new_alert_is_shown_without_a_reload_and_leaves_once_it_is_acknowledged({ open, backend }) {
    const device = await backend.register(unique("live"));
    const page = await open("#/alerts?kind=battery.critical");
    await page.settled();
    await backend.send(device, { battery: { percent: 50 } }, { battery: { percent: 5 } }, { battery: { percent: 5 } }, { battery: { percent: 5 } });
    const row = page.getByRole("row").filter({ hasText: device.id });
    await row.waitFor();
    await row.getByRole("button", { name: "Acknowledge" }).click();
    await row.waitFor({ state: "detached" });
    const { alerts } = await backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`);
    assert.equal(alerts[0].state, "acknowledged");
  },

  async An_alert_says_why_it_was_raised_and_keeps_what_people_write({ open, backend }) {
    const device = await backend.register(unique("why"));
    await backend.send(device, { battery: { percent: 4 } }, { battery: { percent: 4 } }, { battery: { percent: 4 } });
    const { alerts } = await backend.until("alert", () => backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`), (a) => a.alerts.length > 0);
    const page = await open(`#/alerts/${encodeURIComponent(alerts[0].id)}`);
    await page.getByText("Why it was raised").waitFor();
    await page.getByLabel("Your name, in its history").fill("Ada");
    await page.getByRole("button", { name: "Assign to me" }).click();
    await page.getByText("Ada does.").waitFor();
    await page.getByLabel("Comment").fill("On my way with a new cell");
    await page.getByRole("button", { name: "Comment" }).click();
    await page.getByText("Ada wrote").waitFor();
    await page.axe();
    const seen = await backend.operate("GET", `alerts/${encodeURIComponent(alerts[0].id)}`);
    assert.deepEqual([seen.assignee, seen.history.some((h) => h.text === "On my way with a new cell")], ["Ada", true]);
  },

  async The_fleet_is_filtered_sorted_and_opened_by_keyboard_alone({ open, backend }) {
    const prefix = unique("keys");
    for (const [i, percent] of [40, 90, 60].entries()) await backend.send(await backend.register(`${prefix}-${i}`), { battery: { percent } }, { battery: { percent } });
    await backend.until("levels", () => backend.operate("GET", `fleet/devices?filter=id:${prefix}&sort=-battery`), (a) => a.devices.length === 3 && a.devices.every((d) => d.battery?.percent));
    const page = await open("#/fleet");
    await page.settled();
    await page.keyboard.press("/");
    await page.keyboard.type(prefix);
    await page.getByText("3 devices match").waitFor();
    await page.getByRole("button", { name: "Battery" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => document.querySelector("tbody th")?.textContent === id, `${prefix}-1`);
    assert.match(page.url(), new RegExp(`filter=id%3A${prefix}&sort=-battery`));
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `${prefix}-2` }).waitFor();
  },

  async A_bulk_action_says_how_many_it_is_about_and_asks_for_that_number({ open, backend }) {
    const prefix = unique("bulk");
    for (let i = 0; i < 3; i++) await backend.register(`${prefix}-${i}`);
    const page = await open(`#/fleet?filter=id:${prefix}`);
    await page.getByText("3 devices match").waitFor();
    await page.getByLabel("Do something with them").selectOption("disable");
    const button = page.getByRole("button", { name: "Disable 3 devices" });
    assert.equal(await button.isDisabled(), true);
    await page.getByLabel("Type 3 to go on").fill("3");
    await page.axe();
    await button.click();
    await page.getByText("3 devices disabled.").waitFor();
    await backend.until("disabled", () => backend.operate("GET", `fleet/devices?filter=id:${prefix}`), (a) => a.devices.every((d) => !d.enabled));
    await page.getByLabel("Pick all on this page").check();
    await page.getByLabel("Do something with them").selectOption("move");
    await page.getByLabel("Group").fill("yard");
    await page.getByRole("button", { name: "Move 3 devices" }).click();
    await page.getByText("3 devices moved to yard.").waitFor();
    const moved = await backend.operate("GET", `fleet/devices/${prefix}-0`);
    assert.deepEqual([moved.groups, moved.model], [["yard"], "cell"]);
  },

  async A_device_shows_its_readings_as_they_came_and_what_they_mean({ open, backend }) {
    const device = await backend.register(unique("shown"), { groups: ["site-a"] });
    await backend.send(device, { seq: 1, battery: { percent: 70 }, link: { rssi: -70 } });
    await backend.send(device, { seq: 2, battery: { percent: 69 }, link: { rssi: -72 } });
    await backend.until("archive", () => backend.operate("GET", `fleet/devices/${device.id}/history`), (h) => h.readings.length === 2 && h.battery);
    const page = await open(toDevice(device.id));
    await page.settled();
    await page.locator(".plot canvas").first().waitFor();
    await page.getByText('"seq":2').waitFor();
    await page.getByText(/2 readings since/).waitFor();
    await page.axe();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("disabled", { exact: true }).waitFor();
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

  async A_form_shows_what_the_API_has_against_it_and_saves_once_that_is_mended({ open, backend }) {
    const name = unique("form");
    const page = await open("#/system/channels/+");
    await page.getByLabel("Name").fill(name);
    await page.getByRole("dialog").getByLabel("Type").selectOption("ntfy");
    await page.getByLabel("Url").fill("ftp://example.com/alerts");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText(/url/i).waitFor();
    await page.axe();
    await page.getByLabel("Url").fill("https://ntfy.example.com/alerts");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name }).waitFor();
    assert.equal((await backend.operate("GET", `channels/${name}`)).type, "ntfy");
    await page.getByRole("link", { name }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: /Delete/ }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name }).waitFor({ state: "detached" });
  },

  async Registering_a_device_shows_its_key_this_once({ open, backend }) {
    const id = unique("made");
    const page = await open("#/system/devices/new");
    await page.getByLabel("Device id").fill(id);
    await page.getByLabel("Groups").fill("site-a, site-b");
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByRole("heading", { name: `The key of ${id}` }).waitFor();
    assert.match(await page.locator("dialog pre").innerText(), /^[A-Za-z0-9+/]{43}=$/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { name: id }).waitFor();
    assert.deepEqual((await backend.operate("GET", `fleet/devices/${id}`)).groups, ["site-a", "site-b"]);
  },

  async A_preview_says_who_would_be_told({ open }) {
    const page = await open("#/system/routes");
    await page.settled();
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("Because", { exact: true }).waitFor();
  },

  async While_the_backend_is_away_the_page_says_since_when_and_goes_on_once_it_is_back({ open, backend }) {
    const device = await backend.register(unique("away"));
    const page = await open(toDevice(device.id));
    await page.settled();
    await page.route("**/api/**", (route) => route.abort());
    await page.evaluate(() => (location.hash = "#/alerts?state=all"));
    await page.getByText(/has not answered since .*CET/).waitFor();
    await page.getByText("The backend does not answer", { exact: true }).waitFor();
    await page.axe();
    await page.unroute("**/api/**");
    await page.getByText("Live").waitFor();
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

  async No_page_has_an_axe_violation_or_is_too_wide_in_the_dark_on_a_phone_or_by_day_at_a_desk({ open, backend }) {
    const device = await backend.register(unique("wide"), { groups: ["a-group-with-a-rather-long-name"], labels: { floor: "2" } });
    await backend.send(device, { battery: { percent: 30 }, link: { rssi: -60, gateway: "gw-1" } });
    const places = ["now", "fleet", `devices/${device.id}`, "alerts?state=all", "releases", "releases?view=exposure", "system", "system/dead-letters", "system/channels", "system/routes", "system/escalations", "system/mutes", "system/models", "system/registries", "system/tracks", "system/tracks/+", "system/devices/new"];
    for (const look of [{ width: 390, height: 844, dark: true }, { width: 1440, height: 900 }]) {
      const page = await open("#/now", look);
      for (const place of places) {
        await page.evaluate((hash) => (location.hash = hash), `#/${place}`);
        await page.settled();
        await page.fits();
        await page.axe();
      }
    }
    const wall = await open("#/fleet", { width: 3840, height: 2160 });
    await wall.settled();
    await wall.fits();
  },
};
