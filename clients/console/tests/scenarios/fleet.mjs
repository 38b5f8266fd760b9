import { strict as assert } from "node:assert";
import { unique } from "../backend.mjs";

/** Devices, many and one. */
export const scenarios = {
  async The_fleet_is_filtered_sorted_and_opened_by_keyboard_alone({ open, backend }) {
    const prefix = unique("keys");
    for (const [i, percent] of [40, 90, 60].entries()) await backend.send(await backend.register(`${prefix}-${i}`), { battery: { percent } }, { battery: { percent } });
    await backend.until("levels", () => backend.operate("GET", `fleet/devices?filter=id:${prefix}&sort=-battery`), (a) => a.devices.length === 3 && a.devices.every((d) => d.battery?.percent));
    const page = await open("#/fleet");
    await page.settled();
    await page.keyboard.press("/");
    await page.keyboard.type(prefix);
    // Of less than the whole prefix there may be three as well.
    await page.getByRole("heading", { name: `id:${prefix}`, exact: true }).waitFor();
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
    await page.getByRole("dialog").getByLabel(/^Group/).fill("yard");
    await page.getByRole("button", { name: "Move 3 devices" }).click();
    await page.getByText("3 devices moved to yard.").waitFor();
    const moved = await backend.operate("GET", `fleet/devices/${prefix}-0`);
    assert.deepEqual([moved.groups, moved.model], [["yard"], "cell"]);
  },

  async A_device_shows_its_readings_as_they_came_and_what_they_mean({ open, backend }) {
    const device = await backend.register(unique("shown"), { groups: ["site-a"] });
    await backend.send(device, { seq: 1, battery: { percent: 70 }, link: { rssi: -70 } });
    await backend.send(device, { seq: 2, battery: { percent: 69 }, link: { rssi: -72 } });
    await backend.until("archive", () => backend.operate("GET", `fleet/devices/${device.id}/history`), (h) => h.readings.length === 2);
    await backend.until("state", () => backend.operate("GET", `fleet/devices/${device.id}`), (d) => d.readings === 2);
    const page = await open(`#/devices/${device.id}`);
    await page.settled();
    await page.locator(".plot canvas").first().waitFor();
    await page.getByText('"seq":2').waitFor();
    await page.getByText(/2 readings since/).waitFor();
    for (const figure of await page.locator(".figures b").allInnerTexts()) assert.match(figure, /^–$|^now$|\d\s?(%|dBm|ms|s|min|h|d)( ago)?$/);
    await page.axe();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("disabled", { exact: true }).waitFor();
  },

  async Registering_a_device_shows_its_key_this_once({ open, backend }) {
    const id = unique("made");
    // Asked before it is registered: nobody has it.
    const page = await open("#/system/devices/new", { refused: new RegExp(`^404 GET .*/fleet/devices/${id}$`) });
    await page.getByLabel("Device id").fill(id);
    await page.getByLabel(/^Groups/).fill("site-a, site-b");
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByRole("heading", { name: `The key of ${id}` }).waitFor();
    assert.match(await page.locator("dialog pre").innerText(), /^[A-Za-z0-9+/]{43}=$/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { name: id, exact: true }).waitFor();
    assert.deepEqual((await backend.operate("GET", `fleet/devices/${id}`)).groups, ["site-a", "site-b"]);
  },

  async Many_are_muted_and_enabled_together_and_one_gets_a_new_key_and_is_removed({ open, backend }) {
    const prefix = unique("many");
    for (let i = 0; i < 2; i++) await backend.operate("POST", `fleet/devices/${(await backend.register(`${prefix}-${i}`)).id}/disable`);
    // The page may hear of the removal before its own answer, and look.
    const page = await open(`#/fleet?filter=id:${prefix}`, { refused: new RegExp(`^404 GET .*/fleet/devices/${prefix}-0`) });
    await page.getByText("2 devices match").waitFor();
    await page.getByLabel("Do something with them").selectOption("mute");
    await page.getByLabel(/^Why/).fill("New masts");
    await page.getByRole("button", { name: "Mute 2 devices" }).click();
    await page.getByText("2 devices muted for 4 h.").waitFor();
    const { mutes } = await backend.operate("GET", "mutes");
    assert.deepEqual(mutes.find((m) => m.matchers.deviceIds?.[0]?.startsWith(prefix))?.matchers.deviceIds, [`${prefix}-0`, `${prefix}-1`]);
    await page.getByLabel("Do something with them").selectOption("enable");
    await page.getByRole("button", { name: "Enable 2 devices" }).click();
    await page.getByText("2 devices enabled.").waitFor();
    assert.equal((await backend.operate("GET", `fleet/devices/${prefix}-1`)).enabled, true);
    await page.getByRole("link", { name: `${prefix}-0` }).click();
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("button", { name: "Make a new key" }).click();
    await page.getByRole("heading", { name: `The key of ${prefix}-0` }).waitFor();
    assert.match(await page.locator("dialog pre").innerText(), /^[A-Za-z0-9+/]{43}=$/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByLabel(/Type/).fill(`${prefix}-0`);
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
    await assert.rejects(backend.operate("GET", `fleet/devices/${prefix}-0`), /404/);
  },

  async A_filter_is_kept_in_the_address_with_its_order_and_its_page({ open, backend }) {
    const group = unique("kept");
    await Promise.all(Array.from({ length: 52 }, (_, i) => backend.register(`${group}-${String(i).padStart(3, "0")}`, { groups: [group] })));
    await backend.send(await backend.register(`${group}-seen`, { groups: [group] }), {});
    await backend.until("seen", () => backend.operate("GET", `fleet/devices?filter=group:${group}%20status:online`), (a) => a.devices.length === 1);
    const page = await open(`#/fleet?filter=group:${group}&sort=-id`);
    await page.getByText("53 devices match").waitFor();
    await page.getByLabel("Status").selectOption("neverSeen");
    await page.getByText("52 devices match").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("51–52 of 52").waitFor();
    await page.reload();
    await page.getByText("51–52 of 52").waitFor();
    assert.equal(await page.locator("tbody th").first().innerText(), `${group}-001`);
    assert.equal(await page.getByLabel("Filter devices").inputValue(), `group:${group} status:neverSeen`);
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByText("1–50 of 52").waitFor();
    await page.getByLabel("Status").selectOption("");
    await page.getByText("53 devices match").waitFor();
  },

  async What_is_typed_and_what_is_clicked_before_it_is_asked_for_are_both_kept({ open, backend }) {
    const prefix = unique("both");
    for (let i = 0; i < 2; i++) await backend.register(`${prefix}-${i}`);
    const page = await open("#/fleet");
    await page.settled();
    // In one go: a filter is asked for a moment after it is typed.
    await page.evaluate((prefix) => {
      const field = document.querySelector("[data-filter]");
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, prefix);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return new Promise((drawn) => requestAnimationFrame(() => {
        [...document.querySelectorAll("th button")].find((b) => b.textContent.startsWith("Model")).click();
        drawn();
      }));
    }, prefix);
    await page.getByText("2 devices match").waitFor();
    assert.deepEqual([...new URLSearchParams(page.url().split("?")[1])].sort(), [["filter", `id:${prefix}`], ["sort", "model"]]);
  },

  async A_device_is_enabled_muted_moved_and_edited_from_its_page({ open, backend }) {
    const device = await backend.register(unique("tended"), { groups: ["site-a"] });
    await backend.operate("POST", `fleet/devices/${device.id}/disable`);
    const page = await open(`#/devices/${device.id}`);
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Enable" }).click();
    await page.getByText("never seen", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("dialog").getByLabel("For").selectOption("24");
    await page.getByRole("dialog").getByLabel(/^Why/).fill("In the workshop");
    await page.getByRole("button", { name: "Mute 1 device" }).click();
    await page.getByText("1 device muted for 24 h.").waitFor();
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.getByRole("dialog").getByLabel(/^Group/).fill("site-b");
    await page.getByRole("dialog").getByLabel(/^Instead/).uncheck();
    await page.getByRole("button", { name: "Move 1 device" }).click();
    await page.getByRole("link", { name: "site-b" }).waitFor();
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel(/^Reporting interval/).fill("PT10M");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("10 min", { exact: true }).waitFor();
    const kept = await backend.operate("GET", `fleet/devices/${device.id}`);
    assert.deepEqual([kept.groups, kept.reportingInterval, kept.enabled], [["site-a", "site-b"], "PT10M", true]);
  },

  async An_id_that_is_taken_is_not_registered_again_and_the_palette_finds_it_however_many_devices_there_are({ open, backend }) {
    const device = await backend.register(unique("taken"), { groups: ["site-a"] });
    const page = await open("#/system/devices/new");
    // As of more than 5,000 devices: without an order a part of them is looked at, and there was none like that.
    await page.route(/\/api\/fleet\/devices\?(?!.*sort=)/, (route) => route.fulfill({ json: { devices: [], continuation: "further" } }));
    await page.getByLabel("Device id").fill(device.id);
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByRole("alert").getByText(`${device.id} is registered already.`).waitFor();
    assert.deepEqual((await backend.operate("GET", `fleet/devices/${device.id}`)).groups, ["site-a"]);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(device.id);
    await page.getByRole("option", { name: device.id }).click();
    await page.getByRole("heading", { name: device.id, exact: true }).waitFor();
  },

  async Where_the_fleet_cannot_be_read_any_more_the_list_says_so_and_what_was_seen_gets_older({ open, backend }) {
    const device = await backend.register(unique("older"));
    await backend.send(device, {});
    await backend.until("seen", () => backend.operate("GET", `fleet/devices?filter=id:${device.id}&sort=id`), (a) => a.devices[0]?.lastSeenAt);
    const page = await open(`#/fleet?filter=id:${device.id}`, { refused: /^503 GET .*\/fleet\/devices$/ });
    const seen = page.getByRole("row").filter({ hasText: device.id }).locator("time");
    await seen.waitFor();
    await page.route(/\/api\/fleet\/devices\?/, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail: "The store is on fire." }) }));
    await page.getByRole("alert").getByText("The store is on fire.").waitFor();
    await page.axe();
    const before = await seen.innerText();
    await page.waitForFunction((before) => document.querySelector("tbody time").textContent !== before, before);
  },
};
