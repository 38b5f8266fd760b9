import { strict as assert } from "node:assert";

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

  async An_alert_says_why_it_was_raised_and_keeps_what_people_write({ open, backend }) {
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
    await page.getByText("Ada wrote").waitFor();
    await page.axe();
    const seen = await backend.operate("GET", `alerts/${encodeURIComponent(alerts[0].id)}`);
    assert.deepEqual([seen.assignee, seen.history.some((h) => h.text === "On my way with a new cell")], ["Ada", true]);
  },
};
