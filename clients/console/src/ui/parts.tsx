import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Schema } from "../api/client";
import { ApiError, Unreachable } from "../api/client";
import type { Read } from "../api/live";
import { brief, full, relative, span } from "./format";
import { to } from "./route";

let second = Date.now();
const clocks = new Set<() => void>();
setInterval(() => {
  second = Date.now();
  if (!document.hidden) for (const tick of clocks) tick();
}, 10_000);

/** Draws it anew every ten seconds. */
export function useClock() {
  const [, set] = useState(0);
  useEffect(() => {
    const tick = () => set((n) => n + 1);
    clocks.add(tick);
    return () => void clocks.delete(tick);
  }, []);
  return second;
}

interface TimeProps {
  at: string | Date | null | undefined;
  ago?: boolean;
  only?: boolean;
}

/** A time with its zone, and how long ago that is. */
export function Time(props: TimeProps) {
  useClock();
  return <TimeAsDrawn {...props} />;
}

/** The same where it is drawn anew often enough by itself, such as in rows by the hundred. */
export function TimeAsDrawn({ at, ago = true, only = false }: TimeProps) {
  if (!at) return <span class="soft">never</span>;
  const date = typeof at === "string" ? new Date(at) : at;
  return (
    <time dateTime={date.toISOString()} title={full(date)} class="nowrap">
      {only ? relative(date) : brief(date)}
      {ago && !only && <span class="soft"> · {relative(date)}</span>}
    </time>
  );
}

export function Page({ title, about, actions, children }: { title: ComponentChildren; about?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren }) {
  return (
    <main class="page" id="main" tabIndex={-1}>
      <header>
        <div>
          <h1>{title}</h1>
          {about && <p>{about}</p>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

export function Card({ title, actions, children, body = false }: { title: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; body?: boolean }) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {actions}
      </header>
      {body ? <div class="body">{children}</div> : children}
    </section>
  );
}

/** A table that becomes a list where the screen is narrow. A heading without a name is over buttons. */
export function Table({ heads, children }: { heads: string[]; children: ComponentChildren }) {
  return (
    <div class="scroll">
      <table class="folding">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head || <span class="hidden">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <b>{title}</b>
      {children}
    </div>
  );
}

export function Loading({ lines = 4, what = "Loading" }: { lines?: number; what?: string }) {
  return (
    <div class="loading" role="status">
      <span class="hidden">{what}</span>
      {Array.from({ length: lines }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <div class="empty" role="alert">
      <b>{error instanceof Unreachable ? "The backend does not answer" : missing ? "Not found" : "That did not work"}</b>
      <p class="break">{error instanceof Unreachable ? "It is asked again as soon as it is back." : error.message}</p>
      {again && !missing && <button onClick={again}>Try again</button>}
    </div>
  );
}

/** Over what was read before: that it is not read any more. Where nothing answers at all the page's bar says so. */
export function FailedSince({ error }: { error: Error | undefined }) {
  if (!error || error instanceof Unreachable) return null;
  return (
    <p class="note bad" role="alert">
      {error.message}
    </p>
  );
}

/** What is read, in whatever state that is. Data that is there is shown, however old; the page's bar says when contact is lost. */
export function Shown<T>({ read, lines = 4, children }: { read: Read<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  if (read.data !== undefined)
    return (
      <>
        <FailedSince error={read.error} />
        {children(read.data)}
      </>
    );
  return read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={lines} />;
}

export function Severity({ of }: { of: Schema["Severity"] }) {
  return <span class={`tag ${of === "critical" ? "bad" : of === "warning" ? "warn" : "idle"}`}>{of === "information" ? "info" : of}</span>;
}

const statuses: Record<Schema["DeviceStatus"], [string, string]> = {
  online: ["good", "online"],
  offline: ["bad", "offline"],
  neverSeen: ["idle", "never seen"],
  disabled: ["idle", "disabled"],
};

export function Status({ of }: { of: Schema["DeviceStatus"] }) {
  const [look, word] = statuses[of];
  return <span class={`tag ${look}`}>{word}</span>;
}

export const statusWord = (of: string) => statuses[of as Schema["DeviceStatus"]]?.[1] ?? of;

export function Battery({ of }: { of: Schema["BatteryCondition"] | null | undefined }) {
  if (!of) return <span class="soft">–</span>;
  const look = of.state === "critical" ? "bad" : of.state === "low" ? "warn" : "good";
  const text = of.percent != null ? `${Math.round(of.percent)} %` : of.voltage != null ? `${of.voltage.toFixed(2)} V` : of.state;
  return (
    <span class={`meter ${look === "good" ? "" : look}`} title={of.state}>
      {of.percent != null && (
        <svg viewBox="0 0 26 12" aria-hidden="true">
          <rect x="0.5" y="0.5" width="22" height="11" rx="2.5" fill="none" stroke="currentColor" opacity="0.55" />
          <rect x="23.5" y="3.5" width="2" height="5" rx="1" fill="currentColor" opacity="0.55" />
          <rect x="2" y="2" width={Math.max(0.5, (19 * of.percent) / 100)} height="8" rx="1.2" fill="currentColor" />
        </svg>
      )}
      {text}
      {of.state === "charging" && <span class="soft">charging</span>}
      {look !== "good" && <span class="hidden">{of.state}</span>}
    </span>
  );
}

/** When the battery is expected to be empty. Where nothing bounds it from above, the date is one of many: only what it lasts at least is known. */
export function EmptyBy({ of }: { of: Schema["Forecast"] | null | undefined }) {
  if (!of?.expectedAt) return <span class="soft">–</span>;
  if (of.latest) return <TimeAsDrawn at={of.expectedAt} only />;
  if (!of.earliest) return <span class="soft">–</span>;
  const earliest = new Date(of.earliest);
  return (
    <span class="soft nowrap" title={`Not before ${full(earliest)}, in 90 % of cases. How long it lasts at most cannot be told yet.`}>
      not for {span(Math.max(0, earliest.getTime() - Date.now()))}
    </span>
  );
}

export const DeviceLink = ({ id }: { id: string }) => (
  <a class="break" href={to(["devices", id])}>
    {id}
  </a>
);

/** What an alert is about: a device, a group, or a release by its track and tag, also where there is no such release yet. */
export function About({ of: a }: { of: Subject }) {
  if (a.deviceId) return <DeviceLink id={a.deviceId} />;
  if (a.group) return <a class="break" href={to(["fleet"], { filter: `group:${a.group}` })}>{a.group}</a>;
  const release = releaseOf(a);
  return release ? <a class="break" href={release.at}>{release.name}</a> : <span class="soft">–</span>;
}

interface Subject {
  deviceId?: string | null;
  group?: string | null;
  evidence?: Schema["Alert"]["evidence"];
}

export const subjectOf = (a: Subject) => a.deviceId ?? a.group ?? releaseOf(a)?.name;

function releaseOf({ evidence = {} }: Subject) {
  const { release, track, tag } = evidence as Record<string, string | undefined>;
  const name = [track, tag].filter(Boolean).join(" ") || release;
  return name ? { at: release ? to(["releases", release]) : to(["releases"], track ? { track } : {}), name } : undefined;
}

/** Why it was raised, and how it ended where it did. */
export const said = ({ raise, summary, saidBy }: Schema["Alert"]) => (saidBy === "cleared" && raise && raise.summary !== summary ? `${raise.summary} ${summary}` : summary);

const kinds: Record<Schema["AlertKind"], string> = {
  "device.offline": "Offline",
  "device.flapping": "Flapping",
  "device.dataLoss": "Losing data",
  "link.degraded": "Weak link",
  "battery.low": "Battery low",
  "battery.critical": "Battery critical",
  "battery.drain": "Abnormal drain",
  "battery.forecast": "Battery will not last",
  "battery.replaced": "Battery replaced",
  "group.outage": "Group outage",
  "device.imageMismatch": "Wrong image",
  "release.held": "Release held",
  "release.paused": "Rollout paused",
  "security.authFailures": "Failed sign-ins",
  "security.unattestedModel": "Model not security tested",
  "security.digestChanged": "Tag moved to another digest",
  "security.exposed": "Vulnerable image is out",
  "group.degraded": "Group degraded",
  "release.step": "Rollout step",
  "release.sourceGone": "Image is gone from its registry",
};

export const kindWord = (kind: string) => kinds[kind as Schema["AlertKind"]] ?? kind;
export const allKinds = Object.keys(kinds) as Schema["AlertKind"][];
