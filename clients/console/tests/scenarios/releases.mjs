import { strict as assert } from "node:assert";
import { unique } from "../backend.mjs";

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
    const page = await open(`#/${at}`);
    await page.settled();
    await page.axe();
    const decide = async (button, verb, why) => {
      await button.click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Your name").fill("Ada");
      if (why) await dialog.getByLabel(/Why|Note/).fill(why);
      await dialog.getByRole("button", { name: verb, exact: true }).click();
      await dialog.waitFor({ state: "detached" });
    };
    await decide(page.getByRole("listitem").filter({ hasText: "sbom" }).getByRole("button", { name: "Override" }), "Override", "It follows.");
    await page.getByText("overridden", { exact: true }).waitFor();
    await decide(page.getByRole("button", { name: "Approve" }), "Approve", "Looked at it");
    await page.getByText("Approved by Ada").waitFor();
    await page.getByText("It waits for an operator").first().waitFor();
    await decide(page.getByRole("button", { name: "Start" }), "Start");
    await page.getByText(/0 through, 1 begun of 1 device/).waitFor();
    await page.axe();

    // Who decides about what has gone on meanwhile is told so, and nothing is done.
    await page.getByRole("button", { name: "Roll back" }).click();
    await backend.operate("POST", `${at}/pause`, { by: "ben", why: "Lunch" });
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText(/has gone on since you looked/).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Paused by ben").waitFor();
    await decide(page.getByRole("button", { name: "Resume" }), "Resume");
    await decide(page.getByRole("button", { name: "Pause" }), "Pause", "Rain");
    await page.getByText("Paused by Ada").waitFor();
    await decide(page.getByRole("button", { name: "Roll back" }), "Roll back", "Not today");
    await page.getByText("All devices are back").waitFor();
    const { steps } = await backend.operate("GET", `${at}/timeline`);
    assert.deepEqual(steps.map((s) => `${s.what} ${s.by}`).slice(0, 5), ["rolledBack backend", "rollingBack Ada", "paused Ada", "resumed Ada", "paused ben"]);
    await page.axe();
  },

  async Pinned_devices_are_listed_and_let_go({ open, backend }) {
    const name = unique("pin");
    await backend.follow(name, { rollout: { waves: [100] } });
    for (let i = 0; i < 2; i++) await backend.register(`${name}-${i}`, { groups: [name] });
    const page = await open(`#/fleet?filter=group:${name}`);
    await page.getByText("2 devices match").waitFor();
    await page.getByLabel("Do something with them").selectOption("pin");
    await page.getByLabel(/^Track/).selectOption(name);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel(/^Why/).fill("On trial elsewhere");
    await page.getByRole("button", { name: "Pin 2 devices" }).click();
    await page.getByText("2 devices pinned.").waitFor();
    await page.to("system/tracks");
    const row = page.getByRole("row").filter({ hasText: `${name}-1` });
    await row.getByText("On trial elsewhere").waitFor();
    await row.getByRole("button", { name: `Let ${name}-1 go` }).click();
    await row.waitFor({ state: "detached" });
    assert.deepEqual((await backend.operate("GET", `tracks/${name}/held`)).held.map((h) => h.device), [`${name}-0`]);
  },

  async Who_runs_a_package_is_asked_by_its_name({ open }) {
    const page = await open("#/releases?view=exposure");
    await page.getByLabel("CVE or package").fill("openssl");
    await page.getByRole("button", { name: "Who runs it?" }).click();
    await page.getByText(/No device runs it|None that is known of|Mended by/).first().waitFor();
    await page.getByText(/concerned, as of .* (CET|CEST)/).waitFor();
    await page.axe();
  },
};
