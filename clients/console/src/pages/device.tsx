import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, type Question } from "../ui/act";
import { brief, bytes, count, digest, duration, durationText, number, plural, span, visible } from "../ui/format";
import { Battery, Card, Empty, Failure, kindWord, Loading, Page, said, Severity, Shown, Status, Time } from "../ui/parts";
import { Once } from "../ui/once";
import { go, to } from "../ui/route";
import { Evidence } from "./alert";
import { disable, enable, remove, rotate } from "./device-actions";
import { BatteryPlot, LinkPlot, Timeline } from "./device-plots";
import { BulkMove, BulkMute } from "./fleet-bulk";

type Device = Schema["DeviceDocument"];

export function DevicePage({ id }: { id: string }) {
  const device = useRead(`device/${id}`, (signal) => call("get", "/fleet/devices/{deviceId}", { path: { deviceId: id }, signal }), ["alerts", "devices"], 5000);
  const history = useRead(`history/${id}`, (signal) => call("get", "/fleet/devices/{deviceId}/history", { path: { deviceId: id }, signal }), [], 15_000);
  const alerts = useRead(`alerts/${id}`, (signal) => call("get", "/alerts", { query: { deviceId: id, top: 50 }, signal }), ["alerts"]);
  const [question, setQuestion] = useState<Question | null>(null);
  const [newKey, setNewKey] = useState("");
  const [bulk, setBulk] = useState<"mute" | "move" | null>(null);
  const target = { ids: [id], filter: "", count: 1 };

  if (!device.data) return <Page title={id}>{device.error ? <Failure error={device.error} again={device.again} /> : <Loading lines={8} />}</Page>;
  const d = device.data;
  return (
    <Page
      title={id}
      about={
        <span class="row">
          <Status of={d.status} />
          {d.model && <span>{d.model}</span>}
          {d.groups.map((g) => (
            <a key={g} class="chip" title={g} href={to(["fleet"], { filter: `group:${g}` })}>
              {g}
            </a>
          ))}
        </span>
      }
      actions={
        <>
          <button onClick={() => setBulk("mute")}>Mute</button>
          <button onClick={() => setBulk("move")}>Move</button>
          <button onClick={() => go(to(["system", "devices", id]))}>Edit</button>
          <button onClick={() => setQuestion(d.enabled ? disable(id) : enable(id))}>{d.enabled ? "Disable" : "Enable"}</button>
          <button onClick={() => setQuestion(rotate(id, setNewKey))}>New key</button>
          <button class="danger" onClick={() => setQuestion(remove(id))}>
            Remove
          </button>
        </>
      }
    >
      <div class="stack">
        <div class="figures">
          <div>
            <b>{d.lastSeenAt ? <Time at={d.lastSeenAt} only /> : "never"}</b>
            <span>last seen{d.lastSeenAt && ` · ${brief(new Date(d.lastSeenAt))}`}</span>
          </div>
          <div>
            <b>
              <Battery of={d.battery} />
            </b>
            <span>
              battery
              {d.battery?.drainPerDay != null && Math.abs(d.battery.drainPerDay) > 0.0005 && ` · ${drain(d.battery.drainPerDay, d.battery.drainUnit === "volt" ? "V" : "%")}`}
            </span>
          </div>
          <div>
            <b>{d.link?.rssi != null ? `${Math.round(d.link.rssi)} dBm` : "–"}</b>
            <span>signal{d.link?.rssiBaseline != null && ` · usually ${Math.round(d.link.rssiBaseline)} dBm`}</span>
          </div>
          <div>
            <b class={(d.link?.lossRatio ?? 0) > 0.1 ? "bad" : ""}>{d.link?.lossRatio != null ? `${(d.link.lossRatio * 100).toFixed(1)} %` : "–"}</b>
            <span>of messages lost lately</span>
          </div>
          <div>
            <b>{durationText(d.link?.interval as string | undefined) ?? "–"}</b>
            <span>between reports{d.link?.timeout ? ` · offline after ${durationText(d.link.timeout as string)}` : ""}</span>
          </div>
        </div>
        {d.openAlerts && d.openAlerts.length > 0 && (
          <Card title={plural(d.openAlerts.length, "open alert")}>
            <ul class="list">
              {d.openAlerts.map((a) => (
                <li key={a.id}>
                  <Severity of={a.severity} />
                  <div class="grow">
                    <a href={to(["alerts", a.id])}>{kindWord(a.kind)}</a>
                    <div class="soft break">
                      {a.summary}
                      {a.cause && ` Cause: ${a.cause}.`}
                    </div>
                    <details>
                      <summary>Evidence</summary>
                      <dl class="facts">
                        <Evidence of={a.evidence} />
                      </dl>
                    </details>
                  </div>
                  <span class="soft">
                    <Time at={a.raisedAt} only />
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        )}
        <Shown read={history} lines={6}>
          {(h) => (
            <Card title="Heartbeats, gaps and alerts" body>
              <Timeline device={d} history={h} alerts={alerts.data?.alerts ?? []} />
            </Card>
          )}
        </Shown>
        <div class="columns">
          {history.data && (
            <>
              <Card title="Battery" body>
                <BatteryPlot device={d} history={history.data} />
              </Card>
              <Card title="Link" body>
                <LinkPlot device={d} history={history.data} />
              </Card>
            </>
          )}
          <Facts device={d} />
          <Card title="Latest readings, as they came">
            <Shown read={history} lines={3}>
              {(h) =>
                h.raw.length === 0 ? (
                  <Empty title="No reading is found">
                    <span>
                      Looked for since <Time at={h.since} ago={false} />.
                    </span>
                  </Empty>
                ) : (
                  <ul class="list">
                    {h.raw.slice(0, 3).map((r) => (
                      <li key={r.at}>
                        <div class="grow stack tight">
                          <span class="soft">
                            <Time at={r.at} /> · {r.contentType ?? "no content type"}
                          </span>
                          <pre tabIndex={0} aria-label="A reading's bytes">{visible(r.body)}</pre>
                        </div>
                      </li>
                    ))}
                  </ul>
                )
              }
            </Shown>
          </Card>
        </div>
        <Card title="Alerts of this device">
          <Shown read={alerts} lines={3}>
            {(page) =>
              page.alerts.length === 0 ? (
                <Empty title="None so far" />
              ) : (
                <ul class="list">
                  {page.alerts.map((a) => (
                    <li key={a.id}>
                      <Severity of={a.severity} />
                      <div class="grow break">
                        <a href={to(["alerts", a.id])}>{kindWord(a.kind)}</a>
                        <div class="soft">{said(a)}</div>
                      </div>
                      <span class="soft nowrap">
                        {a.state === "cleared" && a.clearedAt ? `lasted ${span(Date.parse(a.clearedAt) - Date.parse(a.raisedAt))} · ` : `${a.state} · `}
                        <Time at={a.raisedAt} only />
                      </span>
                    </li>
                  ))}
                </ul>
              )
            }
          </Shown>
        </Card>
      </div>
      {newKey && (
        <Once title={`The key of ${id}`} secret={newKey} close={() => setNewKey("")}>
          It is shown this once. The device signs with it from now on; with the last one too, until the next is made.
        </Once>
      )}
      {question && <Confirm question={question} close={() => (setQuestion(null), device.again())} />}
      {bulk === "mute" && <BulkMute target={target} close={() => setBulk(null)} />}
      {bulk === "move" && <BulkMove target={target} close={() => (setBulk(null), device.again())} />}
    </Page>
  );
}

function Facts({ device: d }: { device: Device }) {
  const desired = useRead(`desired/${d.deviceId}`, () => runsWhat(d), ["releases"]);
  return (
    <Card title="Registration and software" body>
      <dl class="facts">
        <dt>Platform</dt>
        <dd>{d.platform ?? "not said"}</dd>
        <dt>Reports every</dt>
        <dd>{durationText(d.reportingInterval) ?? "learned"}</dd>
        <dt>Gateway</dt>
        <dd>{d.link?.gateway ?? "none reported"}</dd>
        <dt>Labels</dt>
        <dd class="row">
          {Object.entries(d.labels).map(([k, v]) => (
            <a key={k} class="chip" title={`${k}=${v}`} href={to(["fleet"], { filter: `label.${k}:${v}` })}>
              {k}={v}
            </a>
          ))}
          {Object.keys(d.labels).length === 0 && "none"}
        </dd>
        <dt>Readings</dt>
        <dd>{count(d.readings ?? 0)} in all</dd>
        <dt>Clock</dt>
        <dd>{d.clockSkew ? skew(d.clockSkew) : "unknown"}</dd>
        <dt>Registered</dt>
        <dd>
          <Time at={d.registeredAt} />
        </dd>
        {Object.entries(d.images ?? {}).map(([track, image]) => (
          <>
            <dt key={track}>Runs {track}</dt>
            <dd>
              <span class="mono">{digest(image)}</span>
            </dd>
          </>
        ))}
        {desired.data?.map((r) => (
          <>
            <dt key={r.release.id}>Wants {r.release.track}</dt>
            <dd>
              <a href={to(["releases", r.release.id])}>
                {r.release.tag}
              </a>{" "}
              <span class="soft">
                {r.size != null && `${bytes(r.size)} · `}
                <span class="mono">{digest(r.release.digest)}</span>
              </span>
            </dd>
          </>
        ))}
      </dl>
    </Card>
  );
}

/** The active releases that have an image for this device's platform, of tracks it runs or may run. */
async function runsWhat(d: Device) {
  const { tracks } = await call("get", "/tracks");
  const mine = tracks.filter((t) => targets(t.targets, d));
  if (mine.length === 0) return [];
  const { releases } = await call("get", "/releases");
  return mine.flatMap((t) => {
    const release = releases.find((r) => r.track === t.name && r.state === "active");
    return release ? [{ release, size: release.platforms.find((p) => p.platform === d.platform)?.sizeBytes ?? null }] : [];
  });
}

function targets(t: Schema["Track"]["targets"], d: Device): boolean {
  const groups = t?.groups ?? [];
  const models = t?.models ?? [];
  const labels = Object.entries(t?.labels ?? {});
  return (
    (groups.length === 0 || groups.some((g) => d.groups.includes(g))) &&
    (models.length === 0 || (!!d.model && models.includes(d.model))) &&
    labels.every(([k, v]) => d.labels[k] === v)
  );
}

/** By the day, or for what empties sooner by what lets a number be read. */
function drain(perDay: number, unit: string) {
  const [rate, per] = Math.abs(perDay) < 100 ? [perDay, "a day"] : Math.abs(perDay) < 2400 ? [perDay / 24, "an hour"] : [perDay / 1440, "a minute"];
  return `${rate < 0 ? "gains" : "loses"} ${number(Math.abs(rate), 2)} ${unit} ${per}`;
}

function skew(iso: string) {
  const ms = duration(iso);
  return Math.abs(ms) < 1000 ? "right to the second" : ms > 0 ? `${span(ms)} behind` : `${span(ms)} ahead`;
}
