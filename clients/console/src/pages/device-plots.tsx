import { useMemo } from "preact/hooks";
import type { Schema } from "../api/client";
import { brief, duration, full, plural, span } from "../ui/format";
import { Time } from "../ui/parts";
import { Plot, type PlotProps } from "../ui/plot";

type Device = Schema["DeviceDocument"];
type History = Schema["DeviceHistory"];

const weights = { information: 0, warning: 1, critical: 2 };

const seconds = (iso: string) => Date.parse(iso) / 1000;

/** Heartbeats over time as an even row of cells: how many came in each, and what was open then. */
export function Timeline({ device, history, alerts }: { device: Device; history: History; alerts: readonly Schema["Alert"][] }) {
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
  // The worst is drawn last, over the others.
  const shown = alerts.filter((a) => !a.clearedAt || Date.parse(a.clearedAt) > begin).sort((a, b) => weights[a.severity] - weights[b.severity]);
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

export function BatteryPlot({ device, history }: { device: Device; history: History }) {
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

export function LinkPlot({ device, history }: { device: Device; history: History }) {
  const plot = useMemo((): PlotProps | string => {
    const heard = history.readings.filter((r) => r.rssi != null);
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
    if (times.length < 2) return times.length === 0 ? "No signal strength was reported of late." : `Signal strength was reported once of late: ${values[0]} dBm.`;
    return {
      label: `Signal strength in dBm, ${plural(heard.length, "reading")}`,
      unit: "dBm",
      digits: 0,
      times,
      lines: [{ name: "signal", colour: "--accent", values }],
      levels: device.link?.rssiBaseline != null ? [{ at: device.link.rssiBaseline, colour: "--soft", name: `usually ${Math.round(device.link.rssiBaseline)} dBm` }] : [],
    };
  }, [history, device.link?.rssiBaseline]);
  return typeof plot === "string" ? <p class="soft">{plot}</p> : <Plot {...plot} />;
}
