import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { count, full } from "../ui/format";
import { Interval } from "../ui/interval";
import { Card, Shown } from "../ui/parts";

const answers: Record<Schema["Answer"], [string, string]> = { notWorse: ["good", "not worse"], cannotTell: ["idle", "cannot tell yet"], worse: ["bad", "worse"] };
const criteria: Record<string, string> = { failures: "Failures", silence: "Silence", restarts: "Restarts", drain: "Drain of batteries" };

/** What each criterion said last. */
export function Criteria({ of: r }: { of: Schema["RolloutDocument"] }) {
  const limits: Record<string, number> = { drain: r.rules.drain?.worsePercent ?? 25, failures: r.rules.maxFailurePercent ?? 5 };
  return (
    <Card title="Is it worse than before?">
      <ul class="list">
        {r.criteria.map((c) => (
          <li key={c.criterion}>
            <div class="stack tight grow">
              <div class="row">
                <b class="grow">{criteria[c.criterion] ?? c.criterion}</b>
                <span class={`tag ${answers[c.answer][0]}`}>{answers[c.answer][1]}</span>
              </div>
              {c.effect != null && (
                <Interval
                  name={criteria[c.criterion] ?? c.criterion}
                  effect={c.effect * 100}
                  low={c.low == null ? null : c.low * 100}
                  high={c.high == null ? null : c.high * 100}
                  {...(limits[c.criterion] === undefined ? {} : { limit: limits[c.criterion] as number })}
                  isChange={c.criterion === "drain"}
                />
              )}
              <p class="soft break">{c.reason}</p>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const steps: Record<string, [string, string]> = {
  approved: ["good", "Approved"],
  overridden: ["warn", "Gate overridden"],
  scheduled: ["", "Scheduled"],
  started: ["", "Start decided"],
  begun: ["good", "Begun"],
  wave: ["good", "Wave"],
  nextWave: ["warn", "Next wave asked for"],
  paused: ["warn", "Paused"],
  resumed: ["good", "Resumed"],
  stopped: ["bad", "Stopped"],
  held: ["warn", "Device pinned"],
  letGo: ["", "Device let go"],
  retried: ["", "Failed devices told again"],
  done: ["good", "Done"],
  cancelled: ["bad", "Cancelled"],
  superseded: ["", "Superseded"],
  rollingBack: ["warn", "Taken back"],
  rolledBack: ["", "All devices are back"],
};

/** What was decided about a release and the steps of its rollouts, with who and why. */
export function Timeline({ id }: { id: string }) {
  const read = useRead(`timeline/${id}`, (signal) => call("get", "/releases/{id}/timeline", { path: { id }, signal }), ["releases"], 10_000);
  if (read.data?.steps.length === 0) return null;
  return (
    <Card title="Timeline" body>
      <Shown read={read} lines={3}>
        {(answer) => (
          <ol class="history">
            {answer.steps.map((s) => (
              <li key={`${s.what}/${s.at}/${s.by}`} class={steps[s.what]?.[0] ?? ""}>
                <div>
                  {s.what === "wave" ? `Wave ${s.wave} begun` : (steps[s.what]?.[1] ?? s.what)}
                  {s.by !== "backend" && ` by ${s.by}`}
                </div>
                {s.why && <div class="break">{s.why}</div>}
                <div class="soft">
                  {full(new Date(s.at))}
                  {s.counts && (s.counts.done ?? 0) + (s.counts.failed ?? 0) > 0 && ` · ${count(s.counts.done ?? 0)} done, ${count(s.counts.failed ?? 0)} failed`}
                </div>
              </li>
            ))}
          </ol>
        )}
      </Shown>
    </Card>
  );
}
