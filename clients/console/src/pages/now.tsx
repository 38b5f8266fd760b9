import { useEffect, useRef } from "preact/hooks";
import { backendNow, call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { count, plural } from "../ui/format";
import { About, Card, Empty, kindWord, Page, Severity, Shown, statusWord, Time } from "../ui/parts";
import { to } from "../ui/route";
import { isStuck, RolloutTag, through, underWay } from "./rollout";
import { mostUndelivered, undeliveredNow } from "./undelivered";

type Alert = Schema["Alert"];

export function NowPage() {
  const alerts = useRead("now/alerts", (signal) => call("get", "/alerts", { query: { state: "open", top: 500 }, signal }), ["alerts"]);
  const releases = useRead("releases", (signal) => call("get", "/releases", { signal }), ["releases"]);
  const rollouts = useRead("rollouts", underWay, ["releases"], 30_000);
  const status = useRead("status", (signal) => call("get", "/status", { signal }), [], 15_000);
  const undelivered = useRead("undelivered", undeliveredNow, ["alerts", "settings"]);
  const known = alerts.data && releases.data && rollouts.data && status.data;
  // Of a large fleet it is long in coming: what needs somebody is not to wait behind it.
  const answered = [alerts, releases, rollouts, status].every((read) => read.data || read.error);
  const summary = useRead(answered ? "summary" : null, (signal) => call("get", "/fleet/summary", { signal }), ["devices", "alerts"], 15_000);
  // Figures of before a pause come at once; those of now a few seconds later.
  const isOld = !!summary.data && backendNow() - Date.parse(summary.data.at) > 60_000;
  const hurried = useRef(0);
  useEffect(() => {
    if (!isOld) hurried.current = 0;
    // Where that is no matter of seconds it comes with the rest: it costs the backend most.
    if (!isOld || hurried.current++ >= 5) return;
    const timer = setTimeout(summary.again, 3000);
    return () => clearTimeout(timer);
  }, [summary.data]);

  const groups = group(alerts.data?.alerts ?? []);
  const urgent = groups.filter((g) => g.severity !== "information");
  const needs = releases.data?.releases.filter((r) => r.state === "held" || r.state === "waiting") ?? [];
  const troubles = [...untold(undelivered.data?.undelivered ?? []), ...(status.data ? troublesOf(status.data) : [])];
  const stuck = rollouts.data?.filter((r) => isStuck(r.state)) ?? [];
  // Held and stopped releases are counted as what they are, not by their alerts too; what no release stands for is counted by its alert.
  const counted = new Set<unknown>([...needs.map((r) => r.id), ...stuck.map((r) => r.release)]);
  const n = urgent.filter((g) => (g.kind !== "release.held" && g.kind !== "release.paused") || g.alerts.some((a) => !counted.has(a.evidence.release))).length + needs.length + stuck.length + troubles.length;

  return (
    <Page
      title={!known ? "Now" : n === 0 ? "Nothing needs you" : `${plural(n, "thing needs", "things need")} you`}
      about={alerts.at && <>Alerts that nobody has acknowledged, releases that wait, and the backend itself</>}
    >
      <div class="stack">
        <Shown read={summary} lines={1}>
          {(fleet) => (
            <div class="figures few">
              <a href="#/fleet">
                <b>{count(fleet.devices)}</b>
                <span>
                  {fleet.devices === 1 ? "device" : "devices"}
                  {isOld && (
                    <span class="warn">
                      , counted <Time at={fleet.at} only />
                    </span>
                  )}
                </span>
              </a>
              {(["online", "offline", "neverSeen", "disabled"] as const)
                .filter((s) => s === "online" || s === "offline" || (fleet.byStatus[s] ?? 0) > 0)
                .map((s) => (
                  <a key={s} href={to(["fleet"], { filter: `status:${s}` })}>
                    <b class={s === "offline" && (fleet.byStatus[s] ?? 0) > 0 ? "bad" : ""}>{count(fleet.byStatus[s] ?? 0)}</b>
                    <span>{statusWord(s)}</span>
                  </a>
                ))}
            </div>
          )}
        </Shown>
        <div class="columns">
          <Card title="Open alerts, by what they are" actions={<a href="#/alerts">All alerts</a>}>
            <Shown read={alerts}>
              {() =>
                groups.length === 0 ? (
                  <Empty title="No open alert">Every device is within its limits, or somebody looks after it.</Empty>
                ) : (
                  <ul class="list">
                    {groups.map((g) => (
                      <AlertGroup key={g.key} group={g} />
                    ))}
                  </ul>
                )
              }
            </Shown>
          </Card>
          <div class="stack spread">
            <Card title="Releases on their way" actions={<a href="#/releases">All releases</a>}>
              <Shown read={rollouts} lines={2}>
                {(running) =>
                  needs.length + running.length === 0 ? (
                    <Empty title="No release is on its way, and none waits for anybody" />
                  ) : (
                    <ul class="list">
                      {running.map((r) => (
                        <li key={r.release}>
                          <RolloutTag of={r.state} />
                          <div class="grow">
                            <a href={to(["releases", r.release])}>
                              {r.track} {releases.data?.releases.find((one) => one.id === r.release)?.tag}
                            </a>
                            <div class="soft break">
                              {r.limits.length > 0 && `Wave ${r.wave} of ${r.limits.length}, ${count(through(r))} of ${plural(r.fleet, "device")} through`}
                              {r.reason && `. ${r.reason}`}
                            </div>
                          </div>
                          <span class="soft">
                            {r.limits.length > 0 ? <Time at={r.waveSince} only /> : r.startAt && <Time at={r.startAt} only />}
                          </span>
                        </li>
                      ))}
                      {needs.map((r) => (
                        <li key={r.id}>
                          <span class={`tag ${r.state === "held" ? "bad" : "warn"}`}>{r.state}</span>
                          <div class="grow">
                            <a href={to(["releases", r.id])}>
                              {r.track} {r.tag}
                            </a>
                            <div class="soft break">{r.gates.find((gate) => gate.verdict === r.state || gate.verdict === "held" || gate.verdict === "waiting")?.reason}</div>
                          </div>
                          <span class="soft">
                            <Time at={r.firstSeenAt} only />
                          </span>
                        </li>
                      ))}
                    </ul>
                  )
                }
              </Shown>
            </Card>
            <Card title="Backend" actions={<a href="#/system">System</a>}>
              <Shown read={status} lines={2}>
                {() =>
                  troubles.length === 0 ? (
                    <Empty title="The backend keeps up">No lag, no message that failed for good, no dead letter.</Empty>
                  ) : (
                    <ul class="list">
                      {troubles.map((t) => (
                        <li key={t.text}>
                          <span class={`tag ${t.bad ? "bad" : "warn"}`}>{t.word}</span>
                          <a class="grow break" href={t.href}>
                            {t.text}
                          </a>
                        </li>
                      ))}
                    </ul>
                  )
                }
              </Shown>
            </Card>
          </div>
        </div>
      </div>
    </Page>
  );
}

interface Group {
  key: string;
  kind: Alert["kind"];
  cause: string | null | undefined;
  severity: Alert["severity"];
  alerts: Alert[];
}

const rank = { critical: 0, warning: 1, information: 2 };

/** Alerts of one kind for one cause are one thing to look into, the worst first. */
function group(alerts: readonly Alert[]): Group[] {
  const groups = new Map<string, Group>();
  for (const alert of alerts) {
    const key = `${alert.kind}~${alert.cause ?? ""}~${alert.severity}`;
    const found = groups.get(key);
    if (found) found.alerts.push(alert);
    else groups.set(key, { key, kind: alert.kind, cause: alert.cause, severity: alert.severity, alerts: [alert] });
  }
  return [...groups.values()].sort((a, b) => rank[a.severity] - rank[b.severity] || b.alerts.length - a.alerts.length);
}

function AlertGroup({ group: g }: { group: Group }) {
  const [first] = g.alerts;
  if (!first) return null;
  const shown = g.alerts.slice(0, 3);
  const oldest = g.alerts[g.alerts.length - 1] ?? first;
  return (
    <li>
      <Severity of={g.severity} />
      <div class="grow">
        <div>
          <a href={g.alerts.length === 1 ? to(["alerts", first.id]) : to(["alerts"], { state: "open", kind: g.kind })}>
            {kindWord(g.kind)}
            {g.alerts.length > 1 && ` × ${count(g.alerts.length)}`}
          </a>
          {g.cause && <span class="soft"> · cause: {g.cause}</span>}
        </div>
        <div class="soft break">
          {g.alerts.length === 1 ? (
            <>
              {(first.deviceId || first.group) && (
                <>
                  <About of={first} /> –{" "}
                </>
              )}
              {first.summary}
            </>
          ) : (
            <>
              {shown.map((a, i) => (
                <span key={a.id}>
                  {i > 0 && ", "}
                  <About of={a} />
                </span>
              ))}
              {g.alerts.length > shown.length && ` and ${count(g.alerts.length - shown.length)} more`}
            </>
          )}
        </div>
      </div>
      <span class="soft">
        <Time at={oldest.raisedAt} only />
      </span>
    </li>
  );
}

export interface Trouble {
  word: "not told" | "failed" | "behind" | "refused";
  text: string;
  bad: boolean;
  href: string;
}

/** A channel that is not told is an alert nobody hears of. */
function untold(undelivered: readonly { channel: string }[]): Trouble[] {
  const channels = [...new Set(undelivered.map((u) => u.channel))].sort();
  return channels.map((channel) => {
    const n = undelivered.filter((u) => u.channel === channel).length;
    return { word: "not told", text: `${channel} was not told of ${plural(n, "alert")}${undelivered.length === mostUndelivered ? " or more" : ""}`, bad: true, href: "#/system/undelivered" };
  });
}

/** What of the backend's own state wants a look. */
export function troublesOf(status: Schema["StatusReport"]): Trouble[] {
  const found: Trouble[] = [];
  const lag = status.partitions.reduce((sum, p) => sum + p.lag, 0);
  for (const p of status.partitions) if (p.error) found.push({ word: "failed", text: `Partition ${p.partition}: ${p.error}`, bad: true, href: "#/system" });
  if (lag > 1000) found.push({ word: "behind", text: `${count(lag)} events wait to be processed`, bad: false, href: "#/system" });
  for (const [queue, length] of Object.entries(status.queues)) {
    if (queue.endsWith("-poison") && length > 0) found.push({ word: "failed", text: `${plural(length, "message")} in ${queue} failed for good`, bad: true, href: "#/system" });
    else if (length > 1000) found.push({ word: "behind", text: `${plural(length, "message")} wait in ${queue}`, bad: false, href: "#/system" });
  }
  if (status.deadLetters > 0) found.push({ word: "refused", text: `${plural(status.deadLetters, "event")} of devices refused`, bad: false, href: "#/system/dead-letters" });
  return found;
}
