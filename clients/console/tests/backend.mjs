/** The backend as the tests need it beside the page: an operator's calls, and devices that send. */
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { promisify } from "node:util";

/** Everything of a scenario bears a name of its own: they share the backend. */
export const unique = (name) => `${name}-${Math.random().toString(36).slice(2, 8)}`;

/** Where alerts go is one for the whole backend: a scenario that sends them elsewhere and one that waits for its own come one after the other. */
let before = Promise.resolve();
export const alone = (scenario) => (given) => (before = before.catch(() => {}).then(() => scenario(given)));

/** Where a webhook channel may send: what it got, and what it answers. */
export async function receive(status) {
  const got = [];
  const server = createServer(async (request, response) => {
    got.push(await json(request));
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, got, answers: (next) => (status = next), close: () => server.close() };
}

export class Backend {
  constructor({ url, key, registry, webhookKey }) {
    Object.assign(this, { url, key, registry, webhookKey });
  }

  async operate(method, path, body) {
    const response = await fetch(`${this.url}/api/${path}`, {
      method,
      headers: { "x-functions-key": this.key, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async register(id, registration = {}) {
    const made = await this.operate("PUT", `fleet/devices/${id}`, { model: "cell", reportingInterval: "PT1H", ...registration });
    return { id, key: made.primaryKey };
  }

  async call(device, method, path, body, type = "application/json") {
    const sr = encodeURIComponent(`localhost/devices/${device.id}`);
    const se = Math.floor(Date.now() / 1000) + 600;
    const sig = encodeURIComponent(createHmac("sha256", Buffer.from(device.key, "base64")).update(`${sr}\n${se}`).digest("base64"));
    const response = await fetch(`${this.url}/${path}`, {
      method,
      headers: { authorization: `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}`, ...(body === undefined ? {} : { "content-type": type }) },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  send(device, ...readings) {
    return this.call(device, "POST", `api/devices/${device.id}/telemetry`, readings);
  }

  /** Straight to the hub, whatever it is, by Microsoft's client. */
  async sendOverHub(device, ...readings) {
    await this.sendWithToken(await this.hubToken(device), ...readings);
  }

  hubToken(device) {
    return this.call(device, "POST", `api/devices/${device.id}/hub-token`);
  }

  async sendWithToken(token, ...readings) {
    const sending = promisify(execFile)("node", ["send.mjs"], { cwd: join(import.meta.dirname, "../../../tests/EndToEnd.Tests/node") });
    sending.child.stdin.end(JSON.stringify({ ...token, readings }));
    await sending;
  }

  /** A device that could raise battery.critical, and what does it: one low report alone is none. */
  async tired(name, registration) {
    await this.operate("PUT", "fleet/models/tired", { battery: { lowPercent: 20, criticalPercent: 10 } });
    const device = await this.register(unique(name), { model: "tired", ...registration });
    const exhaust = () => this.send(device, ...Array.from({ length: 24 }, (_, i) => ({ battery: { percent: i < 9 ? 60 : 5 }, link: { rssi: -60, gateway: "gw-1" } })));
    return { ...device, exhaust };
  }

  /** A track of the local registry for devices of a group of the same name. */
  async follow(name, more) {
    await this.operate("PUT", `registries/${this.registry}`, { kind: "distribution", endpoint: `http://${this.registry}`, webhookKey: this.webhookKey });
    await this.operate("PUT", `tracks/${name}`, { registry: this.registry, repository: name, targets: { groups: [name] }, ...more });
  }

  /** The release that comes of a push. */
  async push(track, tag) {
    await promisify(execFile)(join(import.meta.dirname, "../../../scripts/push-image"), ["--registry", this.registry, "--repository", track, "--tag", tag]);
    const { releases } = await this.until(`release ${tag}`, () => this.operate("GET", `releases?track=${track}`), (a) => a.releases.some((r) => r.tag === tag && r.gates.length > 0));
    return releases.find((r) => r.tag === tag);
  }

  /** Asks until the answer is as wanted. */
  async until(what, ask, wanted) {
    for (const end = Date.now() + 120_000; ; await new Promise((r) => setTimeout(r, 200))) {
      const answer = await ask();
      if (wanted(answer)) return answer;
      if (Date.now() > end) throw new Error(`${what}: not within 120 s; last ${JSON.stringify(answer).slice(0, 500)}`);
    }
  }
}
