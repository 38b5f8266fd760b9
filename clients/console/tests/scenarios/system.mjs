import { strict as assert } from "node:assert";
import { alone, receive, unique } from "../backend.mjs";

/** What the backend is told to do. */
export const scenarios = {
  async A_form_shows_what_the_API_has_against_it_and_saves_once_that_is_mended({ open, backend }) {
    const name = unique("form");
    const page = await open("#/system/channels/+", { refused: /^400 PUT / });
    await page.getByLabel(/^Name/).fill(name);
    await page.getByRole("dialog").getByLabel(/^Type/).selectOption("ntfy");
    await page.getByLabel(/^URL/).fill("ftp://example.com/alerts");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText(/url/i).waitFor();
    await page.axe();
    await page.getByLabel(/^URL/).fill("https://ntfy.example.com/alerts");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name }).waitFor();
    assert.equal((await backend.operate("GET", `channels/${name}`)).type, "ntfy");
    await page.getByRole("link", { name }).click();
    await page.getByLabel(/^URL/).fill("https://ntfy.example.com/others");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("ntfy · https://ntfy.example.com/others").waitFor();
    await page.getByRole("link", { name }).click();
    assert.equal(await page.getByLabel(/^URL/).inputValue(), "https://ntfy.example.com/others");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: /Delete/ }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name }).waitFor({ state: "detached" });
  },

  async A_preview_says_who_would_be_told({ open }) {
    const page = await open("#/system/routes");
    await page.settled();
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByText("Because", { exact: true }).waitFor();
  },

  async Each_form_is_refused_in_the_APIs_words_and_then_taken({ open, backend }) {
    const page = await open("#/system", { refused: /^400 PUT / });
    await page.settled();
    const forms = {
      escalations: {
        path: "escalations",
        wrong: async (dialog) => {
          await dialog.getByRole("button", { name: "Add" }).click();
          await dialog.getByLabel(/^After/).fill("PT1S");
        },
        right: async (dialog) => {
          await dialog.getByLabel(/^After/).fill("PT10M");
          await dialog.getByLabel(/^Channels/).fill("demo");
        },
        taken: (d) => d.steps[0].after === "PT10M",
      },
      mutes: {
        path: "mutes",
        wrong: (dialog) => dialog.getByLabel(/^Reason/).fill("Stocktaking"),
        right: async (dialog) => {
          await dialog.getByText("Matchers", { exact: true }).click();
          await dialog.getByLabel(/^Groups/).fill("yard");
          await dialog.getByLabel(/^Until/).fill(new Date(Date.now() + 86_400_000).toISOString());
        },
        taken: (d) => d.matchers.groups[0] === "yard",
      },
      models: {
        path: "fleet/models",
        wrong: (dialog) => dialog.getByLabel(/^Reporting interval/).fill("an hour"),
        right: (dialog) => dialog.getByLabel(/^Reporting interval/).fill("PT1H"),
        taken: (d) => d.reportingInterval === "PT1H",
      },
      registries: {
        path: "registries",
        wrong: (dialog) => dialog.getByLabel(/^Endpoint/).fill("ftp://registry.example.com"),
        right: (dialog) => dialog.getByLabel(/^Endpoint/).fill("https://registry.example.com"),
        taken: (d) => d.endpoint.startsWith("https://registry.example.com"),
      },
      tracks: {
        path: "tracks",
        wrong: async (dialog) => {
          await dialog.getByLabel(/^Registry/).fill("nowhere.example.com");
          await dialog.getByLabel(/^Repository/).fill("fleet/sensor");
        },
        right: async (dialog) => {
          await dialog.getByText("Targets", { exact: true }).click();
          const [registry, labels] = [dialog.getByLabel(/^Registry/), dialog.getByLabel(/^Labels/)];
          // Both before anything is drawn.
          await registry.evaluate(
            (one, [labels, registry]) => {
              for (const [field, text] of [[one, registry], [labels, "floor=2\nhall=b"]]) {
                Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, text);
                field.dispatchEvent(new Event("input", { bubbles: true }));
              }
            },
            [await labels.elementHandle(), backend.registry],
          );
        },
        taken: (d) => d.registry === backend.registry && d.targets.labels.hall === "b" && d.targets.labels.floor === "2",
        before: () => backend.operate("PUT", `registries/${backend.registry}`, { kind: "distribution", endpoint: `http://${backend.registry}`, webhookKey: backend.webhookKey }),
      },
    };
    for (const [part, form] of Object.entries(forms)) {
      const name = part === "registries" ? `${unique("r")}.example.com` : unique("doc");
      await form.before?.();
      await page.to(`system/${part}/+`);
      const dialog = page.getByRole("dialog");
      await dialog.locator("input").first().fill(name);
      await form.wrong(dialog);
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByRole("alert").waitFor();
      await form.right(dialog);
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByRole("link", { name, exact: true }).waitFor();
      const kept = await backend.operate("GET", `${form.path}/${name}`);
      assert.equal(form.taken(kept), true, `${part}: ${JSON.stringify(kept)}`);
      await backend.operate("DELETE", `${form.path}/${name}`);
    }
  },

  Routes_are_made_with_their_branches_previewed_and_removed: alone(async ({ open, backend }) => {
    try {
      // They may be removed between the two questions that are asked of them.
      const page = await open("#/system/routes", { refused: /^400 PUT |^404 GET .*\/routes$/ });
      await page.settled();
      await page.getByRole("button", { name: "Make routes" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Add" }).click();
      const branch = dialog.getByRole("group", { name: /routes 1/i });
      await branch.getByText("Match", { exact: true }).click();
      await branch.getByLabel(/^Groups/).fill("yard");
      // What is read anew meanwhile draws the form anew, and takes nothing that is typed.
      await Promise.all([
        page.waitForResponse((r) => r.url().endsWith("/api/channels")),
        backend.operate("PUT", `mutes/${unique("redraw")}`, { matchers: { groups: ["nobody"] }, until: new Date(Date.now() + 60_000).toISOString(), reason: "To draw it anew" }),
      ]);
      await branch.getByLabel(/^Channels/).fill("no-such-channel");
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByRole("alert").getByText(/no-such-channel/).waitFor();
      await branch.getByLabel(/^Channels/).fill("");
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByText("group yard").waitFor();
      await page.axe();
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("No routes", { exact: true }).waitFor();
      await assert.rejects(backend.operate("GET", "routes"), /404/);
    } finally {
      // Whatever comes of it: other tests have their alerts told without routes.
      await backend.operate("DELETE", "routes").catch(() => {});
    }
  }),

  async A_claims_token_is_shown_this_once_and_lets_a_device_in({ open, backend }) {
    const prefix = unique("in");
    const page = await open("#/system/claims");
    await page.settled();
    await page.getByRole("button", { name: "New claim" }).click();
    await page.getByLabel(/^Id prefix/).fill(prefix);
    await page.getByRole("button", { name: "Make" }).click();
    await page.getByRole("heading", { name: /The token of/ }).waitFor();
    const token = await page.locator("dialog pre").innerText();
    await page.axe();
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("listitem").filter({ hasText: prefix });
    await row.getByText("0 of 1 device").waitFor();
    const response = await fetch(`${backend.url}/api/devices/enroll`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: token.trim(), deviceId: `${prefix}-1`, nonce: "0123456789abcdef" }),
    });
    assert.equal(response.status, 201, await response.text());
    await row.getByText("1 of 1 device").waitFor();
    await row.getByRole("link").click();
    await page.getByRole("dialog").getByRole("link", { name: `${prefix}-1` }).click();
    await page.getByRole("heading", { name: `${prefix}-1` }).waitFor();
    const { id } = await backend.operate("POST", "fleet/claims", { idPrefix: prefix, uses: 9 });
    await page.to("system/claims");
    await page.getByRole("button", { name: `Revoke ${id}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("listitem").filter({ hasText: id }).getByText("revoked").waitFor();
    assert.doesNotMatch(JSON.stringify(await backend.operate("GET", "fleet/claims")), new RegExp(token.trim()));
  },

  async What_was_refused_is_read_and_sent_again_unless_that_counts_its_other_readings_twice({ open, backend }) {
    const [whole, part] = [await backend.register(unique("whole")), await backend.register(unique("part"))];
    await backend.sendOverHub(whole, "rather full");
    await backend.call(part, "POST", `devices/${part.id}/messages/events?api-version=2020-03-13`, [{ seq: 1 }, "rather full"]);
    const page = await open("#/system/dead-letters", { refused: /^409 POST .*\/resubmit$/ });
    const look = async (device) => {
      await page.getByRole("row").filter({ hasText: device.id }).getByRole("button", { name: "Look" }).click();
      await page.getByText(/rather full/).waitFor();
    };
    await look(part);
    await page.axe();
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText(/counted twice/).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    const lettersOf = async (device) => (await backend.operate("GET", "dead-letters?top=100")).deadLetters.filter((l) => l.deviceId === device.id);
    const [first] = await backend.until("its refusal", () => lettersOf(whole), (letters) => letters.length > 0);
    await look(whole);
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    // Nobody can read it now either.
    await backend.until("its second refusal", () => lettersOf(whole), (letters) => letters.length > 0 && letters[0].id !== first.id);
  },

  async All_that_was_refused_for_a_reason_is_sent_again_once_that_is_mended({ open, backend }) {
    const device = await backend.register(unique("late"));
    const token = await backend.hubToken(device);
    await backend.operate("DELETE", `fleet/devices/${device.id}`);
    await backend.sendWithToken(token, ...[50, 49, 48].map((percent) => ({ battery: { percent } })));
    await backend.until("its refusals", () => backend.operate("GET", `dead-letters?reason=${device.id}`), (a) => a.deadLetters.length === 3);
    const page = await open("#/system/dead-letters");
    await page.settled();
    const why = page.getByLabel("Why refused", { exact: true });
    await why.fill(device.id);
    await page.keyboard.press("Enter");
    await page.getByText("3 match", { exact: true }).waitFor();
    // Those of other devices for the same reason.
    await page.getByRole("row").filter({ hasText: device.id }).first().getByRole("button", { name: "All like it" }).click();
    await backend.until("the reason", () => why.inputValue(), (reason) => reason === "is not registered.");
    await why.fill(`${device.id} is not`);
    await page.keyboard.press("Enter");
    await page.getByText("3 match", { exact: true }).waitFor();
    await backend.register(device.id);
    await page.getByRole("button", { name: "Send all again" }).click();
    const dialog = page.getByRole("dialog", { name: "Send 3 again?" });
    await page.axe();
    await dialog.getByRole("button", { name: "Send all again" }).click();
    await page.getByText("3 events on their way again.").waitFor();
    await page.getByText("Nothing was refused for that reason").waitFor();
    await backend.until("what it sent", () => backend.operate("GET", `fleet/devices/${device.id}`), (d) => d.battery?.percent === 48);
  },

  A_channel_says_what_its_test_came_to_and_what_it_was_not_told_is_sent_again: alone(async ({ open, backend }) => {
    const name = unique("gone");
    const receiver = await receive(410);
    await backend.operate("PUT", `channels/${name}`, { type: "webhook", url: receiver.url, secret: `whsec_${Buffer.alloc(24, 1).toString("base64")}`, groups: [name], minSeverity: "critical" });
    try {
      const page = await open("#/system/channels", { refused: /^502 POST .*\/test$/ });
      const test = page.getByRole("button", { name: `Send a test message to ${name}` });
      await test.click();
      await page.locator(".toast.bad").getByText(new RegExp(`Channel '${name}' .*410.*Check its address`)).waitFor();
      const device = await backend.tired("told", { groups: [name] });
      await device.exhaust();
      // An alert that nobody hears of needs somebody.
      await page.to("now");
      await page.getByRole("link", { name: `${name} was not told of 1 alert` }).click();
      const row = page.getByRole("row").filter({ hasText: name });
      await row.getByText(/410/).waitFor();
      await row.getByRole("link", { name: device.id }).waitFor();
      const refused = receiver.got.length;
      receiver.answers(204);
      await row.getByRole("button", { name: "Send again" }).click();
      await row.waitFor({ state: "detached" });
      await backend.until("delivery", () => receiver.got.slice(refused), (got) => got.some((g) => g.data?.deviceId === device.id));
      await page.to("system/channels");
      await test.click();
      await page.getByText(`${name} took the test message.`).waitFor();
    } finally {
      receiver.close();
      await backend.operate("DELETE", `channels/${name}`);
    }
  }),

  async The_backends_own_state_is_told_in_numbers_with_what_they_count({ open }) {
    const page = await open("#/system");
    for (const what of ["events wait to be processed", "messages in queues", "messages that failed for good", "events of devices refused"])
      await page.locator(".figures").getByText(what).locator("xpath=..").getByText(/^[\d,]+$/).waitFor();
    await page.getByText(/as of .*\d\d:\d\d:\d\d CES?T/).waitFor();
    await page.getByRole("row").filter({ hasText: /no\. [\d,]+/ }).first().waitFor();
    await page.getByRole("link", { name: /events of devices refused/ }).click();
    await page.getByRole("heading", { name: "Telemetry that was refused" }).waitFor();
  },

  async A_form_opens_with_what_is_stored_now_or_not_at_all_and_a_later_failure_takes_nothing_that_is_typed({ open, backend }) {
    const name = unique("stored");
    const store = (to) => backend.operate("PUT", `channels/${name}`, { type: "ntfy", url: `https://ntfy.example.com/${to}` });
    await store("first");
    const page = await open(`#/system/channels/${name}`, { refused: new RegExp(`^503 GET .*/channels/${name}$`) });
    const burn = () => page.route(`**/api/channels/${name}`, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail: "The store is on fire." }) }));
    const dialog = page.getByRole("dialog");
    const url = dialog.getByLabel(/^URL/);
    await url.waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await store("second");
    await burn();
    await page.getByRole("link", { name }).click();
    await dialog.getByRole("alert").getByText("The store is on fire.").waitFor();
    assert.equal(await url.count(), 0);
    await page.unroute(`**/api/channels/${name}`);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await url.waitFor();
    assert.equal(await url.inputValue(), "https://ntfy.example.com/second");
    await url.fill("https://ntfy.example.com/typed");
    await burn();
    // Everything is read once more when the backend is back.
    await page.route(/\/api\/changes/, (route) => route.abort());
    await backend.operate("PUT", `mutes/${unique("told")}`, { matchers: { groups: ["nobody"] }, until: new Date(Date.now() + 60_000).toISOString(), reason: "So that the page asks again" });
    await page.getByText(/has not answered since/).waitFor();
    await Promise.all([page.waitForResponse((r) => r.status() === 503), page.unroute(/\/api\/changes/)]);
    await page.getByText(/has not answered since/).waitFor({ state: "detached" });
    assert.equal(await url.inputValue(), "https://ntfy.example.com/typed");
    await backend.operate("DELETE", `channels/${name}`);
  },

  async A_new_document_replaces_none_of_its_name_also_where_it_was_not_known_what_there_is({ open, backend }) {
    const name = unique("there");
    await backend.operate("PUT", `channels/${name}`, { type: "ntfy", url: "https://ntfy.example.com/first" });
    const page = await open("#/nowhere", { refused: /^503 GET .*\/channels$/ });
    await page.route("**/api/channels", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ detail: "The store is on fire." }) }));
    await page.to("system/channels/+");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Name/).fill(name);
    await dialog.getByLabel(/^Type/).selectOption("ntfy");
    await dialog.getByLabel(/^URL/).fill("https://ntfy.example.com/second");
    const save = dialog.getByRole("button", { name: "Save" });
    await save.click();
    await dialog.getByRole("alert").getByText("The store is on fire.").waitFor();
    await page.unroute("**/api/channels");
    await save.click();
    await dialog.getByRole("alert").getByText(`There is a channel ${name} already.`).waitFor();
    assert.equal((await backend.operate("GET", `channels/${name}`)).url, "https://ntfy.example.com/first");
    await backend.operate("DELETE", `channels/${name}`);
  },
};
