import { useState } from "preact/hooks";
import { call, callTagged, type Schema } from "../api/client";
import { renew, useRead } from "../api/live";
import { count, plural } from "../ui/format";
import { Card, Empty, Failure, Loading, Time } from "../ui/parts";
import { Decide, type Decision } from "./decide";
import { Criteria } from "./rollout-figures";

type Rollout = Schema["RolloutDocument"];
type State = Schema["RolloutState"];
type Act = "start" | "pause" | "resume" | "next-wave" | "retry" | "cancel" | "rollback";

const looks: Record<State, [string, string]> = {
  scheduled: ["idle", "scheduled"],
  running: ["good", "running"],
  paused: ["warn", "paused"],
  stopped: ["bad", "stopped"],
  done: ["good", "done"],
  cancelled: ["idle", "cancelled"],
  superseded: ["idle", "superseded"],
  rollingBack: ["warn", "rolling back"],
  rolledBack: ["idle", "rolled back"],
};

export function RolloutTag({ of }: { of: State }) {
  const [look, word] = looks[of];
  return <span class={`tag ${look}`}>{word}</span>;
}

/** Through, of all it is for. */
export const through = (r: Rollout) => (r.counts.done ?? 0) + (r.counts.failed ?? 0);

const onItsWay: (State | null | undefined)[] = ["scheduled", "running", "paused", "stopped", "rollingBack"];

/** It goes on once somebody says so. */
export const isStuck = (state: State | null | undefined) => state === "paused" || state === "stopped";

/** What is on its way, of releases that are out or are being taken back; what waits for somebody first. */
export async function underWay(signal: AbortSignal): Promise<Rollout[]> {
  const { releases } = await call("get", "/releases", { signal });
  const found = releases
    .filter((r) => onItsWay.includes(r.rollout))
    .sort((a, b) => Number(isStuck(b.rollout)) - Number(isStuck(a.rollout)))
    .slice(0, 20);
  return Promise.all(found.map(({ id }) => call("get", "/releases/{id}/rollout", { path: { id }, signal })));
}

const acts: Record<Act, { name: string; title: string; about: string; done: string; danger?: boolean }> = {
  start: { name: "Start", title: "Start the rollout?", about: "Its first wave is told as soon as its devices can be reached.", done: "The rollout starts." },
  pause: { name: "Pause", title: "Pause the rollout?", about: "Devices that have begun go on; no other is told until it is resumed.", done: "The rollout is paused." },
  resume: { name: "Resume", title: "Resume the rollout?", about: "It goes on where it was. What the figures said counts again only when it is worse than it was.", done: "The rollout goes on." },
  "next-wave": { name: "Next wave", title: "Begin the next wave?", about: "It begins now, without waiting for the rest of this one. What is worse stops it all the same.", done: "The next wave follows." },
  retry: { name: "Retry failed", title: "Tell the failed devices once more?", about: "Only devices that failed are told again, when they can be reached.", done: "The failed devices are told again." },
  cancel: { name: "Cancel rollout", title: "Cancel the rollout?", about: "Devices that have the release keep it; no other gets it. This is for good.", done: "The rollout is cancelled.", danger: true },
  rollback: { name: "Roll back", title: "Take the release back?", about: "Every device that was told is told what it ran before, and the release is withdrawn: it does not come back by itself.", done: "Devices are told what they ran before.", danger: true },
};

/** What the backend takes in which state. */
const possible: Record<State, Act[]> = {
  scheduled: ["start", "cancel"],
  running: ["pause", "next-wave", "retry", "cancel", "rollback"],
  paused: ["resume", "retry", "cancel", "rollback"],
  stopped: ["resume", "retry", "cancel", "rollback"],
  done: ["retry", "rollback"],
  cancelled: ["rollback"],
  superseded: [],
  rollingBack: [],
  rolledBack: [],
};

/** A release on its way out in waves, and what an operator can decide about it. */
export function RolloutCard({ id }: { id: string }) {
  const read = useRead(`rollout/${id}`, (signal) => callTagged("get", "/releases/{id}/rollout", { path: { id }, signal }), ["releases"], 10_000);
  const [deciding, setDeciding] = useState<{ act: Act; tag: string } | null>(null);
  if (!read.data) return <Card title="Rollout">{read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={5} />}</Card>;
  const { data: r, tag } = read.data;
  return (
    <>
      <Card
        title={
          <>
            Rollout <RolloutTag of={r.state} />
          </>
        }
        actions={
          <div class="row">
            {possible[r.state]
              .filter((a) => (a !== "retry" || (r.counts.failed ?? 0) > 0) && (a !== "next-wave" || r.wave < r.limits.length))
              .map((a) => (
                <button key={a} class={acts[a].danger ? "danger" : a === "start" || a === "resume" ? "main" : ""} onClick={() => setDeciding({ act: a, tag })}>
                  {acts[a].name}
                </button>
              ))}
          </div>
        }
        body
      >
        <div class="stack">
          {r.reason && <p class={`note break ${r.state === "stopped" ? "bad" : r.state === "paused" ? "warn" : ""}`}>{r.reason}</p>}
          <Waves of={r} />
          <Whys of={r} />
        </div>
      </Card>
      {r.criteria.length > 0 && <Criteria of={r} />}
      {deciding && <Decide of={decisionOf(deciding.act, id, deciding.tag)} close={() => (setDeciding(null), renew("releases"))} />}
    </>
  );
}

const decisionOf = (act: Act, id: string, match: string): Decision => ({
  ...acts[act],
  verb: acts[act].name,
  why: "Why",
  act: (by, why) => call("post", `/releases/{id}/${act}`, { path: { id }, match, body: { by, ...(why ? { why } : {}) } }),
});

const begunSteps = ["offering", "told", "observed", "done", "failed"];

function Waves({ of: r }: { of: Rollout }) {
  const begun = begunSteps.reduce((n, s) => n + (r.counts[s] ?? 0), 0);
  const ended = through(r);
  const last = r.forecast.at(-1);
  if (r.limits.length === 0) return <Empty title={r.startAt ? "It waits for its time" : "It waits for an operator"}>{r.startAt && <Time at={r.startAt} />}</Empty>;
  return (
    <div class="stack tight">
      <ol class="waves">
        {r.limits.map((limit, i) => {
          const before = r.limits[i - 1] ?? 0;
          const size = limit - before;
          // Waves fill one after the other: what has begun beyond the ones before is this one's.
          const here = (n: number) => Math.max(0, Math.min(size, n - before));
          const expected = r.forecast.find((f) => f.wave === i + 1);
          const isNow = i + 1 === r.wave && r.state !== "done";
          return (
            <li key={limit} class={isNow ? "now" : ""}>
              <b>Wave {i + 1}</b>
              <div class="bar-chart" role="img" aria-label={`${here(ended)} through, ${here(begun)} begun of ${size}`}>
                <i class="good" style={{ width: `${(100 * here(ended)) / Math.max(1, size)}%` }} />
                <i style={{ width: `${(100 * (here(begun) - here(ended))) / Math.max(1, size)}%` }} />
              </div>
              <span class="soft">
                {here(ended) === size ? `all ${count(size)} through` : here(begun) > 0 ? `${count(here(ended))} through, ${count(here(begun))} begun of ${plural(size, "device")}` : plural(size, "device")}
                {expected && here(ended) < size && (
                  <>
                    {isNow ? ", through by " : ", from "}
                    <Time at={isNow ? expected.ends : expected.begins} ago={false} />
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      <p class="soft">
        {r.endedAt ? (
          <>
            Ended <Time at={r.endedAt} />
          </>
        ) : r.windowOpensAt ? (
          <>
            Devices are told again from <Time at={r.windowOpensAt} />, in the track’s hours
          </>
        ) : r.askAgainAt ? (
          <>
            The figures cannot tell yet; they are looked at again <Time at={r.askAgainAt} />
          </>
        ) : (
          last && (
            <>
              If all goes well, through by <Time at={last.ends} />
            </>
          )
        )}
      </p>
    </div>
  );
}

/** What the API names by a code, as it stands after a count or alone. */
export const reasons: Record<string, string> = {
  offline: "offline",
  battery: "battery too low",
  charging: "to be charged",
  otherTrack: "busy with another track’s update",
  gateway: "too many behind their gateway",
  deferred: "put off by the device",
  retry: "to be told again",
  wave: "a later wave",
  window: "outside the track’s hours",
  pace: "the pace",
  paused: "an operator: it is paused",
  stopped: "an operator: it was stopped",
  removed: "removed",
  disabled: "disabled",
  unknownPlatform: "platform unknown",
  incompatible: "no image for their platform",
  segment: "not in the segment its privileges are for",
  pinned: "pinned",
  excluded: "kept out of this release",
  notTargeted: "not meant any more",
  reported: "said so themselves",
  silent: "fell silent",
  mismatch: "run another image",
  timeout: "did not get through in time",
  restarts: "restart again and again",
  returned: "went back to the image before",
  outage: "in an outage of their site",
};

/** Who waits, failed or left, by why. */
function Whys({ of: r }: { of: Rollout }) {
  const waiting = r.counts.waiting ?? 0;
  const named = Object.values(r.waiting).reduce((n, c) => n + c, 0);
  const rows: [string, string, Record<string, number>][] = [
    ["Wait", "idle", waiting > named ? { ...r.waiting, wave: waiting - named + (r.waiting.wave ?? 0) } : r.waiting],
    ["Told", "warn", r.told],
    ["Failed", "bad", r.failed],
    ["Left out", "warn", r.lost],
  ];
  const shown = rows.filter(([, , by]) => Object.keys(by).length > 0);
  if (shown.length === 0) return null;
  return (
    <dl class="facts">
      {shown.map(([title, look, by]) => (
        <>
          <dt key={title}>
            <span class={`tag ${look}`}>{title}</span>
          </dt>
          <dd>
            {Object.entries(by)
              .sort((a, b) => b[1] - a[1])
              .map(([code, n]) => `${count(n)} ${reasons[code] ?? code}`)
              .join(", ")}
          </dd>
        </>
      ))}
    </dl>
  );
}
