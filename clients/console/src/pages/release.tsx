import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { bytes, count, digest, full, number, plural } from "../ui/format";
import { Card, DeviceLink, Empty, Failure, Loading, Page, Shown, Table, Time } from "../ui/parts";
import { Decide, type Decision } from "./decide";
import { ReleaseState } from "./releases";
import { RolloutCard, Timeline } from "./rollout";

type Release = Schema["ReleaseDocument"];
type Verdict = Schema["Verdict"];

function asksFor(p: Schema["Privileges"]): string {
  const list = (name: string, values: readonly string[] | undefined) => (values?.length ? `${name} ${values.join(", ")}` : "");
  return (
    [p.root && "root", p.privileged && "every privilege", p.hostNetwork && "the host’s network", list("capabilities", p.capabilities), list("mounts", p.mounts), list("ports", p.ports), list("calls", p.egress)]
      .filter(Boolean)
      .join("; ") || "nothing special"
  );
}

const marks: Record<Verdict, [string, string]> = { passed: ["good", "passed"], skipped: ["idle", "not asked for"], held: ["bad", "held"], waiting: ["warn", "waits"] };

export function ReleasePage({ id }: { id: string }) {
  const read = useRead(`release/${id}`, (signal) => call("get", "/releases/{id}", { path: { id }, signal }), ["releases"], 15_000);
  const [asking, setAsking] = useState<Decision | null>(null);
  if (!read.data) return <Page title="Release">{read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={8} />}</Page>;
  const r = read.data;
  const wantsApproval = r.gates.some((g) => /approv/i.test(g.gate) && g.verdict === "waiting");
  return (
    <Page
      title={`${r.track} ${r.tag}`}
      about={
        <span class="row">
          <ReleaseState of={r.state} />
          <span class="mono">{digest(r.digest)}</span>
          <span>
            first seen <Time at={r.firstSeenAt} />
          </span>
        </span>
      }
      actions={
        wantsApproval && (
          <button class="main" onClick={() => setAsking(approval(id))}>
            Approve
          </button>
        )
      }
    >
      {r.exposed && (
        <p class="note bad break spaced" role="alert">
          Since <Time at={r.exposed.since} /> it would not be let out any more: {r.exposed.verdicts.map((v) => v.reason).join(" ")}
        </p>
      )}
      {r.sourceGoneAt && (
        <p class="note warn spaced">
          The registry no longer has it, since <Time at={r.sourceGoneAt} />: devices that wait cannot fetch it.
        </p>
      )}
      <div class="columns">
        <div class="stack">
          <RolloutCard id={id} />
          <Gates release={r} override={(gate) => setAsking(override(id, gate))} />
          <Card title="Image" body>
            <dl class="facts">
              <dt>Image</dt>
              <dd class="mono">{r.image}</dd>
              <dt>Digest</dt>
              <dd class="mono">{r.digest}</dd>
              <dt>Tags</dt>
              <dd>{r.tags.join(", ")}</dd>
              {r.privileges && (
                <>
                  <dt>Asks for</dt>
                  <dd>{asksFor(r.privileges)}</dd>
                </>
              )}
              {r.platforms.map((p) => (
                <>
                  <dt key={p.platform}>{p.platform}</dt>
                  <dd>
                    {bytes(p.sizeBytes)} <span class="mono soft">{digest(p.digest)}</span>
                  </dd>
                </>
              ))}
            </dl>
            {[...r.unusable, ...r.contradictions].map((text) => (
              <p key={text} class="note warn break">
                {text}
              </p>
            ))}
          </Card>
        </div>
        <div class="stack">
          <Progress release={r} />
          <DryRun release={r} />
          <Timeline id={id} />
          {(r.approvals.length > 0 || r.overrides.length > 0) && (
            <Card title="Who decided" body>
              <ol class="history">
                {r.approvals.map((a) => (
                  <li key={a.at + a.by} class="good">
                    <div>{a.by} approved</div>
                    {a.note && <div class="break">{a.note}</div>}
                    <div class="soft">{full(new Date(a.at))}</div>
                  </li>
                ))}
                {r.overrides.map((o) => (
                  <li key={o.at + o.gate} class="warn">
                    <div>
                      {o.by} let “{o.gate}” not count
                    </div>
                    <div class="break">{o.reason}</div>
                    <div class="soft">{full(new Date(o.at))}</div>
                  </li>
                ))}
              </ol>
            </Card>
          )}
        </div>
      </div>
      {asking && <Decide of={asking} close={() => (setAsking(null), read.again())} />}
    </Page>
  );
}

function Gates({ release: r, override }: { release: Release; override: (gate: string) => void }) {
  return (
    <Card title="Gates">
      {r.gates.length === 0 ? (
        <Empty title="Not judged yet" />
      ) : (
        <ul class="gates">
          {r.gates.map((g) => {
            const [look, word] = marks[g.verdict];
            const lifted = r.overrides.some((o) => o.gate === g.gate);
            return (
              <li key={g.gate}>
                <span class={`tag ${lifted ? "warn" : look}`}>
                  <span class="hidden">{word}</span>
                </span>
                <div class="break">
                  <b>{g.gate}</b> <span class="soft">{lifted ? "overridden" : word}</span>
                  <div class="soft">
                    {g.reason}
                    {g.until && ` Until ${full(new Date(g.until))}.`}
                  </div>
                  {g.evidence && <div class="mono soft">{g.evidence}</div>}
                </div>
                {(g.verdict === "held" || g.verdict === "waiting") && !lifted ? <button onClick={() => override(g.gate)}>Override</button> : <span />}
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

const order = ["running", "observed", "installed", "installing", "downloaded", "downloading", "told", "deferred", "failed", "lost", "rolledBack", "superseded", "waiting"];
const bars: Record<string, string> = { running: "good", failed: "bad", deferred: "warn", lost: "warn", rolledBack: "idle", superseded: "idle", waiting: "idle" };
const stateWords: Record<string, string> = { observed: "soaking", lost: "left out", rolledBack: "rolled back" };
const stateWord = (state: string) => stateWords[state] ?? state;

function Progress({ release: r }: { release: Release }) {
  const [only, setOnly] = useState("");
  const read = useRead(`release/${r.id}/devices`, (signal) => call("get", "/releases/{id}/devices", { path: { id: r.id }, signal }), ["releases"], 10_000);
  return (
    <Card title="Devices">
      <Shown read={read} lines={4}>
        {(answer) => {
          const states = Object.entries(answer.counts).sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
          const all = states.reduce((n, [, c]) => n + c, 0);
          if (all === 0) return <Empty title="No device is meant">The track targets none, or none that is registered.</Empty>;
          const devices = answer.devices.filter((d) => !only || d.state === only);
          return (
            <>
              <div class="body stack tight card-pad">
                <div class="bar-chart" role="img" aria-label={states.map(([s, c]) => `${c} ${stateWord(s)}`).join(", ")}>
                  {states.map(([s, c]) => (
                    <i key={s} class={bars[s] ?? ""} style={{ width: `${(100 * c) / all}%` }} />
                  ))}
                </div>
                <div class="row">
                  {states.map(([s, c]) => (
                    <button key={s} class={only === s ? "" : "plain"} aria-pressed={only === s} onClick={() => setOnly(only === s ? "" : s)}>
                      {count(c)} {stateWord(s)}
                    </button>
                  ))}
                </div>
              </div>
              <Table heads={["Device", "State", "Why", "Since"]}>
                {devices.slice(0, 200).map((d) => (
                  <tr key={d.deviceId}>
                    <th scope="row">
                      <DeviceLink id={d.deviceId} />
                    </th>
                    <td>{stateWord(d.state)}</td>
                    <td class={d.reason ? "wide break" : "spare"}>
                      {d.reason ?? <span class="soft">–</span>}
                      {d.until && <span class="soft"> · till {full(new Date(d.until))}</span>}
                    </td>
                    <td class={d.at ? "" : "spare"}>{d.at ? <Time at={d.at} only /> : <span class="soft">–</span>}</td>
                  </tr>
                ))}
              </Table>
              {devices.length > 200 && <div class="more">The first 200 of {count(devices.length)}</div>}
            </>
          );
        }}
      </Shown>
    </Card>
  );
}

function DryRun({ release: r }: { release: Release }) {
  const read = useRead(`release/${r.id}/dry-run`, (signal) => call("get", "/releases/{id}/dry-run", { path: { id: r.id }, signal }), ["releases", "devices"]);
  return (
    <Card title="What it would do now" body>
      <Shown read={read} lines={3}>
        {(d) => (
          <div class="stack tight">
            <dl class="facts">
              <dt>Devices</dt>
              <dd>{count(d.devices)}</dd>
              <dt>To download</dt>
              <dd>
                {bytes(d.bytes)} at most{d.bytesAfterCurrent < d.bytes && `, ${bytes(d.bytesAfterCurrent)} where what they run now shares layers`}
              </dd>
              {d.notBefore && (
                <>
                  <dt>Not before</dt>
                  <dd>
                    <Time at={d.notBefore} />
                  </dd>
                </>
              )}
              {d.platforms.map((p) => (
                <>
                  <dt key={p.platform}>{p.platform}</dt>
                  <dd>
                    {plural(p.devices, "device")}, {bytes(p.bytes)}
                  </dd>
                </>
              ))}
            </dl>
            {d.rollout && <Plan of={d.rollout} />}
            {d.standsInTheWay.length > 0 && <p class="note warn">In its way: {d.standsInTheWay.join(", ")}</p>}
            {d.excluded.map((e) => (
              <Some key={e.reason} of={e} what="Not for" />
            ))}
          </div>
        )}
      </Shown>
    </Card>
  );
}

/** The waves it would go in, who could not be told now, and what it would cost their batteries. */
function Plan({ of: plan }: { of: Schema["RolloutPlan"] }) {
  return (
    <>
      <dl class="facts">
        {plan.waves.map((w) => (
          <>
            <dt key={w.wave}>Wave {w.wave}</dt>
            <dd>
              {plural(w.devices, "device")}, <Time at={w.begins} ago={false} /> to <Time at={w.ends} ago={false} />
            </dd>
          </>
        ))}
        {plan.charge.map((c) => (
          <>
            <dt key={c.model}>{c.model}</dt>
            <dd>
              takes {number(c.percent)} % of the charge of {plural(c.devices, "device")} <span class="soft">({c.updates === 0 ? "a guess" : `learned from ${plural(c.updates, "update")}`})</span>
            </dd>
          </>
        ))}
      </dl>
      {plan.waiting.map((e) => (
        <Some key={e.reason} of={e} what="Later for" />
      ))}
    </>
  );
}

function Some({ of: e, what }: { of: Schema["Exclusion"]; what: string }) {
  return (
    <p class="break">
      {what} {plural(e.devices, "device")}: {e.reason}{" "}
      <span class="soft">
        ({e.names.slice(0, 5).map((n, i) => (
          <span key={n}>
            {i > 0 && ", "}
            <DeviceLink id={n} />
          </span>
        ))}
        {e.devices > 5 && " …"})
      </span>
    </p>
  );
}

const approval = (id: string): Decision => ({
  title: "Approve this release?",
  verb: "Approve",
  why: "Note",
  done: "Approved.",
  act: (by, note) => call("post", "/releases/{id}/approve", { path: { id }, body: { by, ...(note ? { note } : {}) } }),
});

const override = (id: string, gate: string): Decision => ({
  title: `Let “${gate}” not count?`,
  about: "The release goes on as if this gate had passed. Who did it and why is kept with it for good.",
  verb: "Override",
  danger: true,
  why: "Why",
  needsWhy: true,
  done: `${gate} does not count for this release.`,
  act: (by, reason) => call("post", "/releases/{id}/override", { path: { id }, body: { gate, by, reason: reason ?? "" } }),
});
