import { useEffect, useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { me, useAct } from "../ui/act";
import { count, plural } from "../ui/format";
import { About, allKinds, Card, Empty, FailedSince, Failure, kindWord, Loading, Page, said, Severity, subjectOf, Time } from "../ui/parts";
import { go, to, turn } from "../ui/route";
import { useListKeys } from "../ui/shortcuts";
import { forEach } from "./fleet-bulk";

type Alert = Schema["Alert"];
type State = Schema["AlertState"];

const states: [State | "", string][] = [
  ["open", "Open"],
  ["acknowledged", "Acknowledged"],
  ["cleared", "Cleared"],
  ["", "All"],
];

/** How long ago, in hours, by what the address says of it. */
const sinces: Record<string, [number, string]> = { "1h": [1, "Raised in the last hour"], "24h": [24, "Raised in the last 24 h"], "7d": [168, "Raised in the last 7 days"], "30d": [720, "Raised in the last 30 days"] };

export function AlertsPage({ query }: { query: URLSearchParams }) {
  const state = (query.get("state") ?? "open").replace("all", "") as State | "";
  const kind = (query.get("kind") ?? "") as Alert["kind"] | "";
  const deviceId = query.get("device") ?? "";
  const group = query.get("group") ?? "";
  const since = Object.keys(sinces).find((s) => s === query.get("since")) ?? "";
  const hours = sinces[since]?.[0];
  const [more, setMore] = useState(0);
  const [at, setAt] = useState(-1);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [busy, act] = useAct();
  const asked = [state, kind, deviceId, group, since].join("&");
  useEffect(() => (setPicked(new Set()), setMore(0), setAt(-1)), [asked]);

  const page = useRead(
    `alerts?${asked}`,
    async (signal) => {
      const wanted = { ...(state ? { state } : {}), ...(kind ? { kind } : {}), ...(deviceId ? { deviceId } : {}), ...(group ? { group } : {}), ...(hours ? { since: new Date(Date.now() - hours * 3_600_000).toISOString() } : {}) };
      let all = await call("get", "/alerts", { query: { ...wanted, top: 100 }, signal });
      for (let i = 0; i < more && all.continuation; i++) {
        const next = await call("get", "/alerts", { query: { ...wanted, top: 500, continuation: all.continuation }, signal });
        all = { ...next, alerts: [...all.alerts, ...next.alerts] };
      }
      return all;
    },
    ["alerts"],
  );
  useEffect(() => {
    if (more > 0) page.again();
  }, [more]);
  const alerts = page.data?.alerts ?? [];
  const toggle = (id: string) => setPicked((before) => (before.has(id) ? new Set([...before].filter((i) => i !== id)) : new Set([...before, id])));
  const acknowledge = (ids: string[]) =>
    act(async () => {
      try {
        await forEach(ids, (id) => call("post", "/alerts/{id}/acknowledge", { path: { id }, body: me.get() ? { by: me.get() } : {} }), "alert");
        setPicked(new Set());
      } finally {
        page.again();
      }
    }, `${plural(ids.length, "alert")} acknowledged.`);
  useListKeys(alerts.length, at, setAt, (i) => alerts[i] && go(to(["alerts", alerts[i].id])), (i) => alerts[i] && toggle(alerts[i].id));
  const isAll = state === "open" && !kind && !deviceId && !group && !hours;
  const all = alerts.length > 0 && alerts.every((a) => picked.has(a.id));
  // A column that says the same, or nothing, of every row takes the room of what is to be read.
  const has = { cause: alerts.some((a) => a.cause), state: state === "" || state === "cleared", who: alerts.some((a) => a.assignee || a.acknowledgedBy) };

  return (
    <Page
      title="Alerts"
      about={page.data ? `${count(alerts.length)}${page.data.continuation ? " and more" : ""}, the newest first` : "The newest first"}
      actions={
        picked.size > 0 && (
          <button class="main" disabled={busy} aria-busy={busy} onClick={() => acknowledge([...picked])}>
            Acknowledge {count(picked.size)}
          </button>
        )
      }
    >
      <div class="bar" role="search">
        <div class="tabs" role="group" aria-label="State">
          {states.map(([value, name]) => (
            <button key={value} {...(state === value ? { "aria-current": "true" as const } : {})} onClick={() => turn({ state: value === "open" ? undefined : value || "all" })}>
              {name}
            </button>
          ))}
        </div>
        <select aria-label="Kind" value={kind} onChange={(e) => turn({ kind: e.currentTarget.value })}>
          <option value="">Any kind</option>
          {allKinds.map((k) => (
            <option key={k} value={k}>
              {kindWord(k)}
            </option>
          ))}
        </select>
        <select aria-label="Raised" value={since} onChange={(e) => turn({ since: e.currentTarget.value })}>
          <option value="">Raised whenever</option>
          {Object.entries(sinces).map(([value, [, name]]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        <div class="grow">
          <input
            key={group}
            type="search"
            aria-label="Group"
            placeholder="Of one group: its name"
            defaultValue={group}
            spellcheck={false}
            autocomplete="off"
            onChange={(e) => turn({ group: e.currentTarget.value.trim() })}
          />
        </div>
        <div class="grow">
          <input
            key={deviceId}
            type="search"
            data-filter
            aria-label="Device"
            placeholder="Of one device: its id"
            defaultValue={deviceId}
            spellcheck={false}
            autocomplete="off"
            onChange={(e) => turn({ device: e.currentTarget.value.trim() })}
          />
        </div>
      </div>
      <FailedSince error={page.data && page.error} />
      <Card title={states.find(([s]) => s === state)?.[1] ?? "Alerts"}>
        {page.error && !page.data ? (
          <Failure error={page.error} again={page.again} />
        ) : !page.data ? (
          <Loading lines={8} />
        ) : (
          <div class="scroll" aria-busy={page.loading}>
            {alerts.length === 0 ? (
              <Empty title={isAll ? "No open alert" : "No alert like that"}>{isAll && "Every device is within its limits, or somebody looks after it."}</Empty>
            ) : (
              <table class="folding">
                <thead>
                  <tr>
                    <th class="pick">
                      <input type="checkbox" aria-label="Pick all" checked={all} onChange={() => setPicked(all ? new Set() : new Set(alerts.map((a) => a.id)))} />
                    </th>
                    <th scope="col">Severity</th>
                    <th scope="col">Alert</th>
                    <th scope="col">About</th>
                    {has.cause && <th scope="col">Cause</th>}
                    <th scope="col">Raised</th>
                    {has.state && <th scope="col">{state === "cleared" ? "Cleared" : "State"}</th>}
                    {has.who && <th scope="col">Looked after by</th>}
                    <th scope="col">
                      <span class="hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {alerts.map((a, i) => (
                    <tr key={a.id} class={`${i === at ? "here" : ""} ${picked.has(a.id) ? "picked" : ""}`}>
                      <td class="pick">
                        <input type="checkbox" aria-label={`Pick ${kindWord(a.kind)} of ${subjectOf(a) ?? "the backend"}`} checked={picked.has(a.id)} onChange={() => toggle(a.id)} />
                      </td>
                      <td>
                        <Severity of={a.severity} />
                      </td>
                      <th scope="row" class="wide">
                        <a href={to(["alerts", a.id])}>{kindWord(a.kind)}</a>
                        <div class="soft break">
                          {said(a)}
                          {a.mutedBy && " Muted."}
                        </div>
                      </th>
                      <td class="about">
                        <About of={a} />
                      </td>
                      {has.cause && <td class={a.cause ? "" : "spare"}>{a.cause ?? <span class="soft">–</span>}</td>}
                      <td>
                        <Time at={a.raisedAt} />
                      </td>
                      {has.state && <td>{state === "cleared" ? <Time at={a.clearedAt} only /> : a.state}</td>}
                      {has.who && <td class={a.assignee || a.acknowledgedBy ? "break" : "spare"}>{a.assignee ?? a.acknowledgedBy ?? <span class="soft">–</span>}</td>}
                      <td class="num wide">
                        {a.state === "open" && (
                          <button disabled={busy} onClick={() => acknowledge([a.id])}>
                            Acknowledge
                          </button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            {page.data.continuation && (
              <div class="more">
                <span>{alerts.length > 0 ? `The newest ${count(alerts.length)}` : "None among the newest"}</span>
                <button onClick={() => setMore(more + 1)}>Show more</button>
              </div>
            )}
          </div>
        )}
      </Card>
    </Page>
  );
}
