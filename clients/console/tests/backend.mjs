/** The backend as the tests need it beside the page: an operator's calls, and devices that send. */
import { createHmac } from "node:crypto";

export class Backend {
  constructor(url, key) {
    this.url = url;
    this.key = key;
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

  async send(device, ...readings) {
    const sr = encodeURIComponent(`localhost/devices/${device.id}`);
    const se = Math.floor(Date.now() / 1000) + 600;
    const sig = encodeURIComponent(createHmac("sha256", Buffer.from(device.key, "base64")).update(`${sr}\n${se}`).digest("base64"));
    const response = await fetch(`${this.url}/api/devices/${device.id}/telemetry`, {
      method: "POST",
      headers: { authorization: `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}`, "content-type": "application/json" },
      body: JSON.stringify(readings),
    });
    if (response.status !== 202) throw new Error(`telemetry of ${device.id}: ${response.status} ${await response.text()}`);
  }

  /** Asks until the answer is as wanted. */
  async until(what, ask, wanted) {
    for (const end = Date.now() + 60_000; ; await new Promise((r) => setTimeout(r, 200))) {
      const answer = await ask();
      if (wanted(answer)) return answer;
      if (Date.now() > end) throw new Error(`${what}: not within 60 s; last ${JSON.stringify(answer).slice(0, 500)}`);
    }
  }
}
