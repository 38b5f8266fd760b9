/** Numbers with their units and times with their zone, in the reader's own time and one way of writing. */

const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortClock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const whole = new Intl.NumberFormat("en");

export const zoneOf = (at: Date) => zone.formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "";

/** `28 Nov 2026, 18:02:33 UTC` */
export const full = (at: Date) => `${day.format(at)}, ${clock.format(at)} ${zoneOf(at)}`;

/** As short as it can be understood today: `18:02 UTC`, `27 Nov 18:02 UTC`, `27 Nov 2025`. */
export function brief(at: Date, now = new Date()): string {
  if (at.toDateString() === now.toDateString()) return `${shortClock.format(at)} ${zoneOf(at)}`;
  const days = Math.abs(at.getTime() - now.getTime()) / 86_400_000;
  return days < 300 ? `${dayOnly.format(at)} ${shortClock.format(at)} ${zoneOf(at)}` : day.format(at);
}

const steps: [number, string][] = [
  [86_400_000 * 365, "y"],
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** `3 d`, `41 min`, `12 s`: the largest unit that says enough; no line ends before it. */
export function span(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  for (const [unit, name] of steps) {
    if (size < unit) continue;
    const n = size / unit;
    return `${n < 10 && name !== "s" && Math.round(n * 10) % 10 ? n.toFixed(1) : Math.floor(n)}\u00a0${name}`;
  }
  return size < 1 ? "0\u00a0s" : `${Math.round(size)}\u00a0ms`;
}

/** `41 min ago`, `in 3 d`. */
export function relative(at: Date, now = Date.now()): string {
  const ms = now - at.getTime();
  if (Math.abs(ms) < 1000) return "now";
  return ms > 0 ? `${span(ms)} ago` : `in ${span(ms)}`;
}

/** An ISO 8601 duration in milliseconds; NaN = it is none. */
export function duration(iso: string): number {
  const m = /^(-?)P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso);
  if (!m) return NaN;
  const [, sign, w, d, h, min, s] = m;
  const n = (x: string | undefined) => Number(x ?? 0);
  return (sign ? -1 : 1) * (n(w) * 604_800_000 + n(d) * 86_400_000 + n(h) * 3_600_000 + n(min) * 60_000 + n(s) * 1000);
}

/** An ISO 8601 duration in words; null = there is none. */
export const durationText = (iso: string | null | undefined) => (iso && !Number.isNaN(duration(iso)) ? span(duration(iso)) : null);

export const count = (n: number) => whole.format(n);

export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export const number = (n: number, digits = 1) => (Number.isInteger(n) ? whole.format(n) : n.toFixed(digits));

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) [n, i] = [n / 1000, i + 1];
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)}\u00a0${units[i]}`;
}

/** What cannot be seen, or turns what follows round, as JSON would spell it. */
export const visible = (text: string) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** `sha256:0123456789ab`: enough to tell digests apart. */
export const digest = (text: string) => text.slice(0, text.indexOf(":") + 13);
