import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { bytes, count, number, plural } from "../ui/format";
import { Card, DeviceLink, Shown, Time } from "../ui/parts";

export function DryRun({ release: r }: { release: Schema["ReleaseDocument"] }) {
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
              {d.platforms.filter((p) => p.devices > 0).map((p) => (
                <>
                  <dt key={p.platform}>{p.platform}</dt>
                  <dd>
                    {plural(p.devices, "device")}, {bytes(p.bytes)}
                  </dd>
                </>
              ))}
            </dl>
            {d.rollout && <Plan of={d.rollout} />}
            {d.standsInTheWay.length > 0 && (
              <ul class="note warn" aria-label="What stands in its way">
                {d.standsInTheWay.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            )}
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
