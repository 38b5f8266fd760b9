import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { unique } from "../backend.mjs";

/** A decision, with the name of who takes it. */
async function decide(page, button, verb, why) {
  await button.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your name").fill("Ada");
  if (why) await dialog.getByLabel(/Why|Note/).fill(why);
  await dialog.getByRole("button", { name: verb, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** From a push to every device, and back. */
export const scenarios = {
  async A_release_is_approved_started_paused_and_taken_back_with_who_and_why({ open, backend }) {
    const name = unique("roll");
    await backend.follow(name, { gates: { approvals: 1, sbom: true }, rollout: { waveDevices: [1], minimumSample: 1, waves: [100], soak: "PT1H", autoStart: false } });
    for (let i = 0; i < 3; i++) {
      const device = await backend.register(`${name}-${i}`, { platform: "linux/arm/v7", groups: [name] });
      await backend.send(device, { battery: { percent: 90 } });
    }
    const release = await backend.push(name, "1.0.0");
    const at = `releases/${encodeURIComponent(release.id)}`;
    const page = await open(`#/${at}`, { refused: /^412 / });
    await page.settled();
    await page.axe();
    await decide(page, page.getByRole("listitem").filter({ hasText: "sbom" }).getByRole("button", { name: "Override" }), "Override", "It follows.");
    await page.getByText("overridden", { exact: true }).waitFor();
    await decide(page, page.getByRole("button", { name: "Approve" }), "Approve", "Looked at it");
    await page.getByText("Approved by Ada").waitFor();
    await page.getByText("It waits for an operator").first().waitFor();
    await decide(page, page.getByRole("button", { name: "Start" }), "Start");
    await page.getByText(/0 through, 1 begun of 1 device/).waitFor();
    await page.axe();

    // Who decides about what has gone on meanwhile is told so, and nothing is done.
    await page.getByRole("button", { name: "Roll back" }).click();
    await backend.operate("POST", `${at}/pause`, { by: "ben", why: "Lunch" });
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText(/has changed since you looked/).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Paused by ben").waitFor();
    await decide(page, page.getByRole("button", { name: "Resume" }), "Resume");
    await decide(page, page.getByRole("button", { name: "Pause" }), "Pause", "Rain");
    await page.getByText("Paused by Ada").waitFor();
    // Who decides has seen what was decided before.
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await decide(page, page.getByRole("button", { name: "Roll back" }), "Roll back", "Not today");
    await page.getByText("All devices are back").waitFor();
    const { steps } = await backend.operate("GET", `${at}/timeline`);
    assert.deepEqual(steps.map((s) => `${s.what} ${s.by}`).slice(0, 5), ["rolledBack backend", "rollingBack Ada", "paused Ada", "resumed Ada", "paused ben"]);
    await page.axe();
  },

  async Pinned_devices_are_listed_and_let_go({ open, backend }) {
    const name = unique("pin");
    await backend.follow(name, { rollout: { waves: [100] } });
    for (let i = 0; i < 2; i++) await backend.register(`${name}-${i}`, { groups: [name] });
    const page = await open(`#/fleet?filter=group:${name}`, { refused: /^404 GET .*\/tracks\/deleted\/held$/ });
    await page.getByText("2 devices match").waitFor();
    await page.getByLabel("Do something with them").selectOption("pin");
    await page.getByLabel(/^Track/).selectOption(name);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel(/^Why/).fill("On trial elsewhere");
    await page.getByRole("button", { name: "Pin 2 devices" }).click();
    await page.getByText("2 devices pinned.").waitFor();
    // Of a track that was deleted since the list was read nothing is known, and nothing else is hidden by it.
    await page.route(/\/api\/tracks$/, async (route) => {
      const response = await route.fetch();
      const { tracks } = await response.json();
      await route.fulfill({ response, json: { tracks: [...tracks, { ...tracks[0], name: "deleted" }] } });
    });
    await page.to("system/tracks");
    const row = page.getByRole("row").filter({ hasText: `${name}-1` });
    await row.getByText("On trial elsewhere").waitFor();
    await row.getByRole("button", { name: `Let go ${name}-1` }).click();
    await row.waitFor({ state: "detached" });
    assert.deepEqual((await backend.operate("GET", `tracks/${name}/held`)).held.map((h) => h.device), [`${name}-0`]);
    await page.getByRole("button", { name: "Pin a device" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Device", { exact: true }).fill(`${name}-1`);
    await dialog.getByLabel(/^Track/).selectOption(name);
    await dialog.getByRole("button", { name: "Pin it" }).click();
    await row.waitFor();
  },

  async A_device_is_kept_out_of_a_release_from_its_page_and_listed_by_its_tag({ open, backend }) {
    const name = unique("out");
    await backend.follow(name, { rollout: { waves: [100], autoStart: false } });
    await backend.register(`${name}-0`, { platform: "linux/arm/v7", groups: [name] });
    const release = await backend.push(name, "1.0.0");
    const page = await open(`#/releases/${encodeURIComponent(release.id)}`);
    await page.getByRole("button", { name: "Keep a device out" }).click();
    const dialog = page.getByRole("dialog", { name: "Keep a device out of 1.0.0" });
    await dialog.getByText("It does not get this release; the next one it gets.").waitFor();
    await dialog.getByLabel("Device", { exact: true }).fill(`${name}-0`);
    await dialog.getByLabel("Your name").fill("Ada");
    await dialog.getByLabel(/^Why/).fill("Its modem is old");
    await dialog.getByRole("button", { name: "Keep it out" }).click();
    await page.getByText(`${name}-0 kept out of 1.0.0.`).waitFor();
    assert.deepEqual((await backend.operate("GET", `tracks/${name}/held`)).held.map((h) => [h.device, h.release, h.why]), [[`${name}-0`, release.id, "Its modem is old"]]);
    await page.to("system/tracks");
    await page.getByRole("row").filter({ hasText: `${name}-0` }).getByRole("link", { name: "1.0.0" }).waitFor();
    // What has not begun is no time old.
    await page.to("now");
    const item = page.getByRole("listitem").filter({ hasText: `${name} 1.0.0` }).filter({ has: page.getByText("scheduled", { exact: true }) });
    await item.waitFor();
    assert.doesNotMatch(await item.innerText(), /ago/);
  },

  async A_rollout_is_taken_to_its_next_wave_its_failed_devices_told_again_and_the_rest_cancelled({ open, backend }) {
    const name = unique("steer");
    await backend.follow(name, { rollout: { waveDevices: [1, 2], minimumSample: 1, waves: [100], soak: "PT1H", maxFailurePercent: 100 } });
    const devices = [];
    for (let i = 0; i < 3; i++) devices.push(await backend.register(`${name}-${i}`, { platform: "linux/arm/v7", groups: [name], reportingInterval: "PT5S" }));
    // What a device says of its update is looked at in its own rhythm.
    setInterval(() => devices.forEach((d) => void backend.send(d, { battery: { percent: 90 } }).catch(() => {})), 2000).unref();
    const release = await backend.push(name, "1.0.0");
    /** The devices that were told, once they are so many. */
    const told = (many) =>
      backend.until(`${many} told`, async () => {
        const wants = await Promise.all(devices.map((d) => backend.call(d, "GET", `api/devices/${d.id}/desired`)));
        return devices.filter((_, i) => wants[i].workloads.length > 0);
      }, (all) => all.length === many);
    const [first] = await told(1);
    const at = `releases/${encodeURIComponent(release.id)}`;
    const page = await open(`#/${at}`);
    await decide(page, page.getByRole("button", { name: "Next wave" }), "Next wave", "No time");
    await page.getByText("Next wave asked for by Ada").waitFor();
    await told(2);
    await backend.call(first, "POST", `api/devices/${first.id}/reported`, { release: release.id, state: "failed", reason: "exec format error" });
    await page.getByText("1 said so themselves").waitFor();
    await page.getByRole("button", { name: "1 failed" }).click();
    await page.getByRole("row").filter({ hasText: first.id }).getByText("exec format error").waitFor();
    await page.axe();
    await decide(page, page.getByRole("button", { name: "Retry failed" }), "Retry failed", "It was the proxy");
    await page.getByText("Failed devices told again by Ada").waitFor();
    await page.getByText("1 said so themselves").waitFor({ state: "detached" });
    await decide(page, page.getByRole("button", { name: "Cancel rollout" }), "Cancel rollout", "Enough");
    await page.getByText("Cancelled by Ada").waitFor();
    const { steps } = await backend.operate("GET", `${at}/timeline`);
    assert.deepEqual(steps.filter((s) => s.by === "Ada").map((s) => [s.what, s.why]), [["cancelled", "Enough"], ["retried", "It was the proxy"], ["nextWave", "No time"]]);
    assert.equal((await told(2)).length, 2);
  },

  async A_release_that_waits_is_on_the_first_page_and_in_its_tracks_list_and_approved_by_keyboard({ open, backend }) {
    const name = unique("waits");
    await backend.follow(name, { gates: { approvals: 1 } });
    await backend.push(name, "1.0.0");
    const page = await open("#/now");
    await page.getByRole("link", { name: `${name} 1.0.0` }).waitFor();
    await page.to("releases");
    await page.getByLabel("Track").selectOption(name);
    await page.getByRole("heading", { level: 2, name }).waitFor();
    await page.settled();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await page.reload();
    await page.getByRole("link", { name: `${name} 1.0.0` }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Approve" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await page.getByText("Approved by Ada").waitFor();
    await page.getByText("active", { exact: true }).waitFor();
  },

  async Who_runs_a_package_or_is_hit_by_a_CVE_is_asked_by_its_name({ open, backend }) {
    const name = unique("exposed");
    const [part, cve] = [unique("libfrost"), `CVE-2026-${Math.floor(Math.random() * 1e6) + 1e4}`];
    await backend.follow(name);
    const device = await backend.register(`${name}-0`, { platform: "linux/arm/v7", groups: [name] });
    const release = await backend.push(name, "1.0.0");
    await backend.operate("POST", `releases/${encodeURIComponent(release.id)}/evidence`, {
      bomFormat: "CycloneDX",
      components: [{ "bom-ref": "a", name: part, version: "3.0.1" }],
      vulnerabilities: [{ id: cve, ratings: [{ severity: "high" }], affects: [{ ref: "a" }] }],
    });
    await backend.send(device, { image: { track: name, digest: release.digest } });
    for (const query of [`package=${part}`, `cve=${cve}`]) await backend.until("exposure", () => backend.operate("GET", `exposure?${query}`), (a) => a.concerned.some((c) => c.seen));
    const page = await open("#/releases?view=exposure");
    for (const asked of [part, cve]) {
      await page.getByLabel("CVE or package").fill(asked);
      await page.getByRole("button", { name: "Who runs it?" }).click();
      await page.getByRole("heading", { name: asked }).waitFor();
      await page.getByRole("row").filter({ hasText: device.id }).getByText(part).waitFor();
      await page.getByText(/1 device concerned, as of .* (CET|CEST)/).waitFor();
    }
    await page.axe();
    const [table] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "All as CSV" }).click()]);
    assert.match(table.suggestedFilename(), new RegExp(`^exposure-${cve}-\\d{4}-\\d\\d-\\d\\d\\.csv$`));
    assert.match(readFileSync(await table.path(), "utf8"), new RegExp(`^deviceId,track,.*\r\n${device.id},${name},1\\.0\\.0,`));
    // A release without a rollout has its devices over the whole of a large screen.
    await page.setViewportSize({ width: 3840, height: 2160 });
    await page.to(`releases/${encodeURIComponent(release.id)}`);
    await page.getByRole("heading", { name: "Devices", exact: true }).waitFor();
    const widths = await page.evaluate(() => [document.querySelector(".or-one").clientWidth, document.querySelector("main .columns").clientWidth]);
    assert.equal(widths[0], widths[1]);
    await page.to("releases?view=exposure");
    await page.getByLabel("CVE or package").fill("nothing-is-called-that");
    await page.keyboard.press("Enter");
    await page.getByText(/No device runs it|None that is known of/).waitFor();
  },
};
