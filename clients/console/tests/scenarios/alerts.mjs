import { strict as assert } from "node:assert";
import { unique } from "../backend.mjs";

/** What needs somebody. */
export const scenarios = {
  async A_new_alert_is_shown_without_a_reload_and_leaves_once_it_is_acknowledged({ open, backend }) {
    const device = await backend.tired("live");
    const page = await open("#/alerts?kind=battery.critical");
    await page.settled();
    await device.exhaust();
    const row = page.getByRole("row").filter({ hasText: device.id });
    await row.waitFor();
    await row.getByRole("button", { name: "Acknowledge" }).click();
    await row.waitFor({ state: "detached" });
    const { alerts } = await backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`);
    assert.equal(alerts[0].state, "acknowledged");
  },

  async An_alert_says_why_it_was_raised_keeps_what_people_write_and_says_how_it_ended({ open, backend }) {
    const device = await backend.tired("why");
    await device.exhaust();
    const { alerts } = await backend.until("alert", () => backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`), (a) => a.alerts.length > 0);
    const page = await open(`#/alerts/${encodeURIComponent(alerts[0].id)}`);
    await page.getByText("Why it was raised").waitFor();
    await page.getByLabel("Your name, in its history").fill("Ada");
    await page.getByRole("button", { name: "Assign to me" }).click();
    await page.getByText("Ada does.").waitFor();
    await page.getByLabel("Comment").fill("On my way with a new cell");
    await page.getByRole("button", { name: "Comment" }).click();
    // That it was assigned is written in its history too.
    await page.getByRole("listitem").filter({ hasText: "On my way with a new cell" }).getByText("Ada wrote").waitFor();
    await page.axe();
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("Acknowledged by Ada").waitFor();
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("dialog").getByLabel(/^Why/).fill("A cell is on its way");
    await page.getByRole("button", { name: "Mute 1 device" }).click();
    await page.getByText("1 device muted for 4 h.").waitFor();
    const seen = await backend.operate("GET", `alerts/${encodeURIComponent(alerts[0].id)}`);
    assert.deepEqual([seen.assignee, seen.history.some((h) => h.text === "On my way with a new cell")], ["Ada", true]);
    await page.getByRole("button", { name: "Nobody" }).click();
    await page.getByText("Nobody yet.").waitFor();
    await backend.send(device, ...Array.from({ length: 24 }, () => ({ battery: { percent: 95 } })));
    await page.getByRole("heading", { name: "How it ended" }).waitFor();
    await page.getByText(alerts[0].summary, { exact: true }).waitFor();
    await page.getByText(/again\.$/).waitFor();
    await page.axe();
  },

  async Several_are_picked_and_acknowledged_by_keyboard_and_found_again_by_their_state_and_device({ open, backend }) {
    const devices = [await backend.tired("several"), await backend.tired("several")];
    for (const device of devices) await device.exhaust();
    const page = await open("#/alerts?kind=battery.critical");
    const rows = devices.map((d) => page.getByRole("row").filter({ hasText: d.id }));
    for (const row of rows) await row.getByRole("checkbox").press("Space");
    await page.getByRole("button", { name: "Acknowledge 2" }).focus();
    await page.keyboard.press("Enter");
    for (const row of rows) await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Acknowledged" }).click();
    for (const row of rows) await row.waitFor();
    await page.getByLabel("Device", { exact: true }).fill(devices[0].id);
    await page.keyboard.press("Enter");
    await rows[1].waitFor({ state: "detached" });
    await rows[0].waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByText("Why it was raised").waitFor();
  },

  async What_happened_at_a_site_of_late_is_found_by_its_group_page_by_page({ open, backend }) {
    const group = unique("site");
    const devices = [await backend.tired("here", { groups: [group] }), await backend.tired("here", { groups: [group] }), await backend.tired("elsewhere")];
    for (const device of devices) await device.exhaust();
    for (const device of devices) await backend.until("its alert", () => backend.operate("GET", `alerts?deviceId=${device.id}&kind=battery.critical`), (a) => a.alerts.length > 0);
    const page = await open("#/alerts?state=all&kind=battery.critical");
    await page.settled();
    const rows = devices.map((d) => page.getByRole("row").filter({ hasText: d.id }));
    // A page of one alert.
    await page.route(/\/api\/alerts\?.*top=100/, (route) => route.continue({ url: route.request().url().replace("top=100", "top=1") }));
    await page.getByLabel("Group", { exact: true }).fill(group);
    await page.keyboard.press("Enter");
    await page.getByText("The newest 1", { exact: true }).waitFor();
    const [asked] = await Promise.all([page.waitForRequest(/\/api\/alerts\?.*since=/), page.getByLabel("Raised", { exact: true }).selectOption("24h")]);
    assert.ok(Math.abs(Date.now() - 86_400_000 - Date.parse(new URL(asked.url()).searchParams.get("since"))) < 600_000);
    await page.getByRole("button", { name: "Show more" }).click();
    for (const row of rows.slice(0, 2)) await row.waitFor();
    assert.equal(await rows[2].count(), 0);
    await page.axe();
    // What is asked for is in the address, and a page without it asks for nothing of it.
    await page.reload();
    assert.equal(await page.getByLabel("Group", { exact: true }).inputValue(), group);
    await page.to("alerts");
    assert.equal(await page.getByLabel("Group", { exact: true }).inputValue(), "");
    // All that it sent came at once: no line over time.
    await page.to(`devices/${devices[0].id}`);
    await page.getByText("Signal strength was reported once of late: -60 dBm.").waitFor();
  },

  async What_needs_somebody_is_on_the_first_page_and_leads_to_it({ open, backend }) {
    const device = await backend.tired("urgent");
    const page = await open("#/now");
    await page.getByRole("heading", { level: 1, name: /need/ }).waitFor();
    // Others' batteries are critical too, and of many only the newest three are named.
    await page.route(/\/api\/alerts\?/, async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      await route.fulfill({ response, json: { ...answer, alerts: answer.alerts.filter((a) => a.deviceId === device.id) } });
    });
    await device.exhaust();
    await page.getByRole("listitem").filter({ hasText: device.id }).getByRole("link", { name: /Battery critical/ }).click();
    await page.getByText(device.id).first().waitFor();
    await page.to("now");
    await page.getByRole("link", { name: /offline/ }).click();
    await page.getByRole("heading", { name: "Fleet" }).waitFor();
    assert.match(page.url(), /filter=status%3Aoffline/);
  },

  async A_tag_that_cannot_be_read_and_a_paused_rollout_behind_many_others_need_somebody({ open }) {
    const at = new Date().toISOString();
    const unreadable = (tag) => ({ id: `unreadable-${tag}`, kind: "release.held", severity: "warning", worstSeverity: "warning", state: "open", summary: `${tag} cannot be read.`, evidence: { track: "yard", tag }, raisedAt: at, saidAt: at, saidBy: "backend" });
    const releases = Array.from({ length: 22 }, (_, i) => ({ id: `r${i}`, track: "yard", tag: `r-${i}`, state: "active", rollout: i < 21 ? "running" : "paused", gates: [], firstSeenAt: at }));
    const page = await open("#/nowhere");
    await page.route(/\/api\/alerts\?/, (route) => route.fulfill({ json: { alerts: [unreadable("1.0.0"), unreadable("1.1.0")] } }));
    await page.route("**/api/releases", (route) => route.fulfill({ json: { releases } }));
    await page.route("**/api/releases/*/rollout", (route) => {
      const { id, track, rollout } = releases.find((r) => route.request().url().includes(`/${r.id}/`));
      return route.fulfill({ json: { release: id, track, state: rollout, limits: [], counts: {}, fleet: 1, wave: 0, waveSince: at } });
    });
    await page.route("**/api/status", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), partitions: [], queues: {}, deadLetters: 0 } });
    });
    await page.to("now");
    // The two are one thing to look into.
    await page.getByRole("heading", { level: 1, name: "2 things need you" }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "paused" }).getByRole("link", { name: "yard r-21" }).waitFor();
    const tag = page.getByRole("link", { name: "yard 1.1.0" });
    assert.equal(await tag.getAttribute("href"), "#/releases?track=yard");
  },
};
