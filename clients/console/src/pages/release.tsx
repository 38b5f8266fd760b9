import { useState } from "preact/hooks";
import { call, callTagged, type Schema } from "../api/client";
import { renew, useRead } from "../api/live";
import { bytes, digest, full } from "../ui/format";
import { Card, Empty, Failure, Loading, Page, Time } from "../ui/parts";
import { Decide, type Decision } from "./decide";
import { DryRun } from "./dry-run";
import { ReleaseDevices } from "./release-devices";
import { ReleaseState } from "./releases";
import { RolloutCard } from "./rollout";
import { Timeline } from "./rollout-figures";

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
  const read = useRead(`release/${id}`, (signal) => callTagged("get", "/releases/{id}", { path: { id }, signal }), ["releases"], 15_000);
  const [asking, setAsking] = useState<Decision | null>(null);
  if (!read.data) return <Page title="Release">{read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={8} />}</Page>;
  const { data: r, tag } = read.data;
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
          <button class="main" onClick={() => setAsking(approval(id, `${r.track} ${r.tag}`, tag))}>
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
          {r.rollout && <RolloutCard id={id} />}
          <Timeline id={id} />
        </div>
        <div class="stack">
          <Gates release={r} override={(gate) => setAsking(override(id, gate, tag))} />
          <DryRun release={r} />
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
        <div class="all or-one">
          <ReleaseDevices release={r} />
        </div>
      </div>
      {asking && <Decide of={asking} close={() => (setAsking(null), renew("releases"))} />}
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
                  <span class="hidden">{lifted ? "overridden" : word}</span>
                </span>
                <b class="break">{g.gate}</b>
                <div class="soft break why">
                  {lifted && "Overridden. "}
                  {g.reason}
                  {g.until && ` Until ${full(new Date(g.until))}.`}
                  {g.evidence && <div class="mono">{g.evidence}</div>}
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

const approval = (id: string, name: string, match: string): Decision => ({
  title: `Approve ${name}?`,
  verb: "Approve",
  why: "Note",
  done: "Approved.",
  act: (by, note) => call("post", "/releases/{id}/approve", { path: { id }, match, body: { by, ...(note ? { note } : {}) } }),
});

const override = (id: string, gate: string, match: string): Decision => ({
  title: `Let “${gate}” not count?`,
  about: "The release goes on as if this gate had passed. Who did it and why is kept with it for good.",
  verb: "Override",
  danger: true,
  why: "Why",
  needsWhy: true,
  done: `${gate} does not count for this release.`,
  act: (by, reason) => call("post", "/releases/{id}/override", { path: { id }, match, body: { gate, by, reason: reason ?? "" } }),
});
