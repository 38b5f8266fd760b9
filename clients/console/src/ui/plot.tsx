import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { zoneOf } from "./format";
import { Loading } from "./parts";

export interface Line {
  name: string;
  /** A custom property's name. */
  colour: string;
  values: (number | null)[];
  points?: boolean;
  dashed?: boolean;
}

export interface PlotProps {
  label: string;
  unit: string;
  /** Unix seconds, rising. */
  times: number[];
  lines: Line[];
  /** Filled between two of the lines, by their places. */
  band?: [number, number];
  levels?: { at: number; colour: string; name: string }[];
  range?: [number, number];
  height?: number;
  digits?: number;
}

/** Custom properties hold a pair of colours; only an element's own colour is one of them. */
function colours(of: Element): (name: string, alpha?: number) => string {
  const probe = document.createElement("i");
  of.append(probe);
  const found = new Map<string, string>();
  return (name, alpha = 1) => {
    if (!found.has(name)) {
      probe.style.color = `var(${name})`;
      found.set(name, getComputedStyle(probe).color);
    }
    const colour = found.get(name) ?? "";
    return alpha === 1 ? colour : colour.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
  };
}

/** A plot over time. The library comes with the first of them. */
export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const [Library, setLibrary] = useState<typeof uPlot>();
  const [cursor, setCursor] = useState("");
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    let here = true;
    void import("./uplot").then((m) => here && setLibrary(() => m.default));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setTheme((t) => t + 1);
    dark.addEventListener("change", changed);
    return () => ((here = false), dark.removeEventListener("change", changed));
  }, []);

  useEffect(() => {
    const at = box.current;
    if (!Library || !at) return;
    const { times, lines, band, levels = [], range, unit, height = 220, digits = 1 } = props;
    const colour = colours(at);
    const axis: uPlot.Axis = { stroke: colour("--soft"), grid: { stroke: colour("--faint"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const plot = new Library(
      {
        width: at.clientWidth,
        height,
        cursor: { y: false },
        legend: { show: false },
        scales: { y: { range: (_, low, high) => range ?? spread(low, high) } },
        axes: [{ ...axis, space: 64, values: (_, ticks, _i, _s, step) => ticks.map((t, i) => tick(t, i === 0 ? null : (ticks[i - 1] ?? null), step)) }, { ...axis, size: (_, labels) => 24 + 7 * Math.max(6, ...(labels ?? []).map((l) => l.length)), values: (_, ticks) => ticks.map((t) => `${Number(t.toFixed(3))} ${unit}`) }],
        series: [
          {},
          ...lines.map((l, i) => ({
            label: l.name,
            stroke: band?.includes(i) ? "transparent" : colour(l.colour),
            width: 1.6,
            spanGaps: false,
            points: { show: l.points ?? false, size: 4 },
            ...(l.dashed ? { dash: [6, 4] } : {}),
          })),
        ],
        ...(band ? { bands: [{ series: [band[0] + 1, band[1] + 1] as [number, number], fill: colour("--accent", 0.18) }] } : {}),
        hooks: {
          draw: [
            (u: uPlot) => {
              for (const level of levels) {
                const y = Math.round(u.valToPos(level.at, "y", true)) + 0.5;
                if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
                u.ctx.save();
                u.ctx.strokeStyle = colour(level.colour);
                u.ctx.setLineDash([4, 4]);
                u.ctx.beginPath();
                u.ctx.moveTo(u.bbox.left, y);
                u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
                u.ctx.stroke();
                u.ctx.restore();
              }
            },
          ],
          setCursor: [
            (u: uPlot) => {
              const i = u.cursor.idx;
              if (i == null) return setCursor("");
              const said = lines.flatMap((l) => (l.values[i] == null ? [] : `${l.name} ${Number(l.values[i]).toFixed(digits)} ${unit}`));
              setCursor(said.length ? `${new Date((times[i] ?? 0) * 1000).toLocaleString("en-GB", { timeZoneName: "short" })}: ${said.join(", ")}` : "");
            },
          ],
        },
      },
      [times, ...lines.map((l) => l.values)] as uPlot.AlignedData,
      at,
    );
    const resized = new ResizeObserver(() => at.clientWidth && plot.setSize({ width: at.clientWidth, height }));
    resized.observe(at);
    return () => (resized.disconnect(), plot.destroy());
  }, [Library, theme, props]);

  return (
    <figure class="stack tight">
      <div class="plot" ref={box} role="img" aria-label={props.label}>
        {!Library && <Loading lines={3} what="Drawing" />}
      </div>
      <figcaption class="row">
        <div class="legend">
          {props.lines.map((l, i) => (!props.band?.includes(i) ? <span key={l.name} class={l.colour === "--soft" ? "l-soft" : ""}>{l.name}</span> : null))}
          {props.band && <span class="l-band">90 % of cases</span>}
          {props.levels?.map((l) => (
            <span key={l.name} class={`l-${l.colour.slice(2)}`}>
              {l.name}
            </span>
          ))}
        </div>
        <div class="reading">{cursor}</div>
      </figcaption>
    </figure>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The day where it begins, the time of day else; below the first, the zone all of them are in. */
function tick(at: number, before: number | null, step: number): string {
  const date = new Date(at * 1000);
  if (step >= 86_400) return day.format(date);
  const time = (step < 60 ? seconds : clock).format(date);
  if (before === null) return `${time}\n${zoneOf(date)}`;
  return new Date(before * 1000).getDate() === date.getDate() ? time : `${time}\n${day.format(date)}`;
}

function spread(low: number | null, high: number | null): [number, number] {
  if (low == null || high == null) return [0, 1];
  const air = Math.max((high - low) * 0.12, Math.abs(high) * 0.01, 0.5);
  return [low - air, high + air];
}
