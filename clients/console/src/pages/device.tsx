import { useMemo, useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, type Question } from "../ui/act";
import { brief, bytes, count, digest, duration, durationText, full, number, plural, span } from "../ui/format";
import { Battery, Card, Empty, Failure, kindWord, Loading, Page, Severity, Shown, Status, Time } from "../ui/parts";
import { Once } from "../ui/once";
import { Plot, type PlotProps } from "../ui/plot";
import { go, to } from "../ui/route";
import { BulkMove, BulkMute } from "./fleet-bulk";

type Device = Schema["DeviceDocument"];
type History = Schema["DeviceHistory"];

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
            <a key={g} class="chip" href={to(["fleet"], { filter: `group:${g}` })}>
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
            <>
              <Card title="Heartbeats, gaps and alerts" body>
                <Timeline device={d} history={h} alerts={alerts.data?.alerts ?? []} />
              </Card>
              <div class="columns">
                <Card title="Battery" body>
                  <BatteryPlot device={d} history={h} />
                </Card>
                <Card title="Link" body>
                  <LinkPlot history={h} device={d} />
                </Card>
              </div>
            </>
          )}
        </Shown>
        <div class="columns">
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
                          <pre tabIndex={0} aria-label="A reading's bytes">{r.body}</pre>
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
                        <a href={to(["alerts", a.id])}>{kindWord(a.kind)}</a> <span class="soft">{a.summary}</span>
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
            <a key={k} class="chip" href={to(["fleet"], { filter: `label.${k}:${v}` })}>
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

const seconds = (iso: string) => Date.parse(iso) / 1000;

/** Heartbeats over time as an even row of cells: how many came in each, and what was open then. */
function Timeline({ device, history, alerts }: { device: Device; history: History; alerts: readonly Schema["Alert"][] }) {
  const end = Date.now();
  const first = history.readings[0];
  const begin = Math.max(Date.parse(history.since), first ? Date.parse(first.at) - 60_000 : end - 3_600_000);
  const cells = 120;
  const width = Math.max(1, (end - begin) / cells);
  const counts = new Array<number>(cells).fill(0);
  for (const r of history.readings) {
    const i = Math.floor((Date.parse(r.at) - begin) / width);
    if (i >= 0 && i < cells) counts[i] = (counts[i] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const timeout = device.link?.timeout ? duration(device.link.timeout as string) : NaN;
  const gaps: [number, number][] = [];
  const all = [...history.readings.map((r) => Date.parse(r.at)), end];
  for (let i = 1; i < all.length; i++) {
    const [a = 0, b = 0] = [all[i - 1], all[i]];
    if (b - a > (Number.isNaN(timeout) ? Infinity : timeout)) gaps.push([a, b]);
  }
  const shown = alerts.filter((a) => !a.clearedAt || Date.parse(a.clearedAt) > begin);
  const x = (at: number) => (1200 * Math.min(1, Math.max(0, (at - begin) / (end - begin)))).toFixed(1);
  if (history.readings.length === 0)
    return (
      <p class="soft">
        No reading since <Time at={history.since} ago={false} />.
      </p>
    );
  const summary = `${plural(history.readings.length, "reading")} since ${full(new Date(begin))}${gaps.length ? `; ${plural(gaps.length, "gap")}, the longest ${span(Math.max(...gaps.map(([a, b]) => b - a)))}` : "; no gap"}${shown.length ? `; ${plural(shown.length, "alert")}` : ""}.`;
  return (
    <div class="stack tight">
      <svg class="beats" viewBox="0 0 1200 44" preserveAspectRatio="none" role="img" aria-label={summary}>
        {gaps.map(([a, b]) => (
          <rect key={a} x={x(a)} y="12" width={Math.max(2, Number(x(b)) - Number(x(a)))} height="32" fill="var(--bad-faint)" />
        ))}
        {counts.map((n, i) => (n > 0 ? <rect key={i} x={i * 10 + 1} y={44 - Math.max(3, (29 * n) / most)} width="8" height={Math.max(3, (29 * n) / most)} fill="var(--accent)" opacity="0.75" /> : null))}
        {shown.map((a) => (
          <rect
            key={a.id}
            x={x(Date.parse(a.raisedAt))}
            y="2"
            width={Math.max(4, Number(x(a.clearedAt ? Date.parse(a.clearedAt) : end)) - Number(x(Date.parse(a.raisedAt))))}
            height="6"
            rx="2"
            fill={a.severity === "critical" ? "var(--bad)" : a.severity === "warning" ? "var(--warn)" : "var(--soft)"}
          />
        ))}
      </svg>
      <div class="row soft">
        <span class="grow">{brief(new Date(begin))}</span>
        <span>now</span>
      </div>
      <p class="soft">{summary} Bars are readings, marks above them alerts, shaded what was longer than the timeout.</p>
    </div>
  );
}

function BatteryPlot({ device, history }: { device: Device; history: History }) {
  const plot = useMemo((): PlotProps | null => {
    const course = history.battery;
    if (!course || course.points.length === 0) return null;
    const isPercent = course.unit === "percent";
    const now = Date.now() / 1000;
    const level = isPercent ? device.battery?.percent : device.battery?.voltage;
    const past: [number, number][] = course.points.map((p) => [seconds(p.at), p.level]);
    if (level != null && (past.at(-1)?.[0] ?? 0) < now - 1) past.push([now, level]);
    // Lines from here to where the forecast has it, at its earliest, expected and latest.
    const target = device.forecast?.empty?.expectedAt ? { f: device.forecast.empty, at: 0 } : device.forecast?.critical?.expectedAt ? { f: device.forecast.critical, at: course.critical ?? 0 } : device.forecast?.low?.expectedAt ? { f: device.forecast.low, at: course.low ?? 0 } : null;
    const from = past.at(-1);
    const lines: PlotProps["lines"] = [];
    let times = past.map(([t]) => t);
    const levels = past.map(([, v]): number | null => v);
    if (target && from && isPercent && target.f.expectedAt) {
      const life = Math.max(60, now - (past[0]?.[0] ?? now));
      const expected = seconds(target.f.expectedAt);
      const early = target.f.earliest ? seconds(target.f.earliest) : expected;
      // Open on that side: it may as well stay as it is.
      const late = target.f.latest ? seconds(target.f.latest) : Infinity;
      const end = Math.min(Math.max(Number.isFinite(late) ? late : 0, expected), now + Math.max(life * 3, (expected - now) * 1.6));
      const n = 40;
      const ahead = Array.from({ length: n }, (_, i) => from[0] + ((end - from[0]) * (i + 1)) / n);
      const line = (until: number) => [...past.map((_, i): number | null => (i === past.length - 1 ? from[1] : null)), ...ahead.map((t) => (until <= from[0] ? null : Math.max(target.at, from[1] - ((from[1] - target.at) * (t - from[0])) / (until - from[0]))))];
      lines.push({ name: "at its latest", colour: "--accent", values: line(late) }, { name: "at its earliest", colour: "--accent", values: line(Math.max(early, from[0] + 1)) });
      lines.push({ name: "forecast", colour: "--soft", values: line(expected), dashed: true });
      times = [...times, ...ahead];
    }
    lines.push({ name: "level", colour: "--accent", values: [...levels, ...new Array<null>(times.length - levels.length).fill(null)] });
    return {
      label: `Battery level in ${course.unit} since ${full(new Date(past[0]![0] * 1000))}, now ${level ?? "unknown"}${device.forecast?.empty?.expectedAt ? `; expected empty ${full(new Date(device.forecast.empty.expectedAt))}` : ""}`,
      unit: isPercent ? "%" : "V",
      digits: isPercent ? 1 : 3,
      times,
      lines,
      ...(lines.length === 4 ? { band: [0, 1] as [number, number] } : {}),
      levels: [
        ...(course.low != null ? [{ at: course.low, colour: "--warn", name: `low ${course.low} ${isPercent ? "%" : "V"}` }] : []),
        ...(course.critical != null ? [{ at: course.critical, colour: "--bad", name: `critical ${course.critical} ${isPercent ? "%" : "V"}` }] : []),
      ],
      ...(isPercent ? { range: [0, 102] as [number, number] } : {}),
    };
  }, [history, device.battery?.percent, device.battery?.voltage, device.forecast]);
  const f = device.forecast;
  if (!plot) return <p class="soft">This device reports no battery.</p>;
  return (
    <div class="stack tight">
      <Plot {...plot} />
      <dl class="facts">
        {(["low", "critical", "empty"] as const).map((level) =>
          f?.[level]?.expectedAt ? (
            <>
              <dt key={level}>{level[0]!.toUpperCase() + level.slice(1)}</dt>
              <dd>
                <Time at={f[level]?.expectedAt} />
                {f[level]?.earliest && (
                  <span class="soft">
                    {" "}
                    · in 90 % of cases {f[level]?.latest ? `${brief(new Date(f[level]!.earliest!))} to ${brief(new Date(f[level]!.latest!))}` : `not before ${brief(new Date(f[level]!.earliest!))}`}
                  </span>
                )}
              </dd>
            </>
          ) : null,
        )}
      </dl>
      {!f && <p class="soft">No forecast: the level does not fall, or not for long enough.</p>}
    </div>
  );
}

function LinkPlot({ device, history }: { device: Device; history: History }) {
  const plot = useMemo((): PlotProps | null => {
    const heard = history.readings.filter((r) => r.rssi != null);
    if (heard.length < 2) return null;
    const timeout = device.link?.timeout ? duration(device.link.timeout as string) / 1000 : Infinity;
    const times: number[] = [];
    const values: (number | null)[] = [];
    for (const r of heard) {
      const t = seconds(r.at);
      const before = times.at(-1);
      // A silence is a hole in the line.
      if (before !== undefined && t - before > timeout) {
        times.push(before + 0.001);
        values.push(null);
      }
      if (before !== undefined && t <= before) continue;
      times.push(t);
      values.push(r.rssi ?? null);
    }
    return {
      label: `Signal strength in dBm, ${plural(heard.length, "reading")}`,
      unit: "dBm",
      digits: 0,
      times,
      lines: [{ name: "signal", colour: "--accent", values }],
      levels: device.link?.rssiBaseline != null ? [{ at: device.link.rssiBaseline, colour: "--soft", name: `usually ${Math.round(device.link.rssiBaseline)} dBm` }] : [],
    };
  }, [history, device.link?.rssiBaseline]);
  return plot ? <Plot {...plot} /> : <p class="soft">No signal strength was reported of late.</p>;
}

const disable = (id: string): Question => ({
  title: `Disable ${id}?`,
  children: <p>It is let in nowhere until it is enabled again: what it sends is refused.</p>,
  verb: "Disable",
  danger: true,
  act: () => call("post", "/fleet/devices/{deviceId}/disable", { path: { deviceId: id } }),
  done: `${id} is disabled.`,
});

const enable = (id: string): Question => ({
  title: `Enable ${id}?`,
  children: <p>Its keys are taken again.</p>,
  verb: "Enable",
  act: () => call("post", "/fleet/devices/{deviceId}/enable", { path: { deviceId: id } }),
  done: `${id} is enabled.`,
});

const rotate = (id: string, show: (key: string) => void): Question => ({
  title: `A new key for ${id}?`,
  children: <p>The key before the last one is void at once; the last one becomes the secondary and goes on working.</p>,
  verb: "Make a new key",
  act: async () => show((await call("post", "/fleet/devices/{deviceId}/rotate-keys", { path: { deviceId: id } })).primaryKey ?? ""),
  done: `${id} has a new key.`,
});

const remove = (id: string): Question => ({
  title: `Remove ${id}?`,
  children: <p>Its keys are void for good, and what is known of it is forgotten. This cannot be undone.</p>,
  verb: "Remove",
  danger: true,
  type: id,
  act: async () => {
    await call("delete", "/fleet/devices/{deviceId}", { path: { deviceId: id } });
    go("#/fleet");
  },
  done: `${id} is removed.`,
});
