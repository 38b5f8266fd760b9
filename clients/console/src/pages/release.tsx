import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, me, type Question } from "../ui/act";
import { bytes, count, digest, full, plural } from "../ui/format";
import { Card, DeviceLink, Empty, Failure, Loading, Page, Shown, Time } from "../ui/parts";
import { ReleaseState } from "./releases";

type Release = Schema["ReleaseDocument"];
type Verdict = Schema["Verdict"];

const marks: Record<Verdict, [string, string]> = { passed: ["good", "passed"], skipped: ["idle", "not asked for"], held: ["bad", "held"], waiting: ["warn", "waits"] };

export function ReleasePage({ id }: { id: string }) {
  const read = useRead(`release/${id}`, (signal) => call("get", "/releases/{id}", { path: { id }, signal }), ["releases"], 15_000);
  const [asking, setAsking] = useState<{ gate: string } | "approve" | null>(null);
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
          <button class="main" onClick={() => setAsking("approve")}>
            Approve
          </button>
        )
      }
    >
      <div class="columns">
        <div class="stack">
          <Gates release={r} override={(gate) => setAsking({ gate })} />
          <Card title="Image" body>
            <dl class="facts">
              <dt>Image</dt>
              <dd class="mono">{r.image}</dd>
              <dt>Digest</dt>
              <dd class="mono">{r.digest}</dd>
              <dt>Tags</dt>
              <dd>{r.tags.join(", ")}</dd>
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
      {asking === "approve" && <Decide id={id} close={() => (setAsking(null), read.again())} />}
      {asking && asking !== "approve" && <Decide id={id} gate={asking.gate} close={() => (setAsking(null), read.again())} />}
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

const order = ["running", "installed", "installing", "downloaded", "downloading", "told", "deferred", "failed", "waiting"];
const bars: Record<string, string> = { running: "good", failed: "bad", deferred: "warn", waiting: "idle" };

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
                <div class="bar-chart" role="img" aria-label={states.map(([s, c]) => `${c} ${s}`).join(", ")}>
                  {states.map(([s, c]) => (
                    <i key={s} class={bars[s] ?? ""} style={{ width: `${(100 * c) / all}%` }} />
                  ))}
                </div>
                <div class="row">
                  {states.map(([s, c]) => (
                    <button key={s} class={only === s ? "" : "plain"} aria-pressed={only === s} onClick={() => setOnly(only === s ? "" : s)}>
                      {count(c)} {s}
                    </button>
                  ))}
                </div>
              </div>
              <div class="scroll">
                <table class="folding">
                  <thead>
                    <tr>
                      <th scope="col">Device</th>
                      <th scope="col">State</th>
                      <th scope="col">Why</th>
                      <th scope="col">Since</th>
                    </tr>
                  </thead>
                  <tbody>
                    {devices.slice(0, 200).map((d) => (
                      <tr key={d.deviceId}>
                        <th scope="row">
                          <DeviceLink id={d.deviceId} />
                        </th>
                        <td>{d.state}</td>
                        <td class={d.reason ? "wide break" : "spare"}>{d.reason ?? <span class="soft">–</span>}</td>
                        <td class={d.at ? "" : "spare"}>{d.at ? <Time at={d.at} only /> : <span class="soft">–</span>}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
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
            {d.standsInTheWay.length > 0 && <p class="note warn">In its way: {d.standsInTheWay.join(", ")}</p>}
            {d.excluded.map((e) => (
              <p key={e.reason} class="break">
                Not for {plural(e.devices, "device")}: {e.reason}{" "}
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
            ))}
          </div>
        )}
      </Shown>
    </Card>
  );
}

/** An approval, or with a gate an override of it. */
function Decide({ id, gate, close }: { id: string; gate?: string; close: () => void }) {
  const [by, setBy] = useState(me.get());
  const [why, setWhy] = useState("");
  const question: Question = {
    title: gate ? `Let “${gate}” not count?` : "Approve this release?",
    verb: gate ? "Override" : "Approve",
    danger: !!gate,
    done: gate ? `${gate} does not count for this release.` : "Approved.",
    act: async () => {
      me.set(by);
      if (gate) await call("post", "/releases/{id}/override", { path: { id }, body: { gate, by, reason: why } });
      else await call("post", "/releases/{id}/approve", { path: { id }, body: { by, ...(why ? { note: why } : {}) } });
    },
    children: (
      <>
        {gate && <p>The release goes on as if this gate had passed. Who did it and why is kept with it for good.</p>}
        <div class="fields">
          <label>
            <span>Your name</span>
            <input value={by} required maxLength={200} autocomplete="name" onInput={(e) => setBy(e.currentTarget.value)} />
          </label>
          <label>
            <span>{gate ? "Why" : "Note"}</span>
            <input value={why} required={!!gate} maxLength={1000} onInput={(e) => setWhy(e.currentTarget.value)} />
          </label>
        </div>
      </>
    ),
  };
  return <Confirm question={question} close={close} />;
}

