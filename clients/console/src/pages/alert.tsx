import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { me, useAct } from "../ui/act";
import { full, number, plural, span } from "../ui/format";
import { About, Card, DeviceLink, Empty, Failure, kindWord, Loading, Page, Severity, Shown, subjectOf, Time } from "../ui/parts";
import { to } from "../ui/route";
import { BulkMute } from "./fleet-bulk";

type Details = Schema["AlertDetails"] & Schema["Alert"];

const around = 15 * 60_000;

export function AlertPage({ id }: { id: string }) {
  const read = useRead(`alert/${id}`, (signal) => call("get", "/alerts/{id}", { path: { id }, signal }), ["alerts", "settings"]);
  const others = useRead("alerts-around", (signal) => call("get", "/alerts", { query: { top: 500 }, signal }), ["alerts"]);
  const [busy, act] = useAct();
  const [by, setBy] = useState(me.get());
  const [text, setText] = useState("");
  const [muting, setMuting] = useState(false);

  if (!read.data) return <Page title="Alert">{read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={8} />}</Page>;
  const a = read.data as Details;
  const name = (value: string) => (setBy(value), me.set(value));
  const who = by ? { by } : {};
  const does = (work: () => Promise<unknown>, done: string) =>
    act(async () => {
      await work();
      read.again();
    }, done);

  // Of what ended long ago only the end was kept; what ends with what it said has no other words for it.
  const raise = a.raise ?? (a.saidBy === "cleared" ? null : a);
  const end = a.saidBy === "cleared" && a.raise?.summary !== a.summary ? a : undefined;
  const context = (
    <>
      {a.mutedBy && (
        <>
          <dt>Muted by</dt>
          <dd>
            <a href={to(["system", "mutes", a.mutedBy])}>{a.mutedBy}</a>
          </dd>
        </>
      )}
      {a.escalation && (
        <>
          <dt>Escalation</dt>
          <dd>{a.escalation}</dd>
        </>
      )}
    </>
  );

  return (
    <Page
      title={kindWord(a.kind)}
      about={
        <span class="row">
          <Severity of={a.severity} />
          <span>{a.state}</span>
          <About of={a} />
          <Time at={a.raisedAt} />
        </span>
      }
      actions={
        <>
          {a.deviceId && <button onClick={() => setMuting(true)}>Mute</button>}
          {a.state === "open" && (
            <button class="main" disabled={busy} aria-busy={busy} onClick={() => does(() => call("post", "/alerts/{id}/acknowledge", { path: { id }, body: who }), "Acknowledged.")}>
              Acknowledge
            </button>
          )}
        </>
      }
    >
      <div class="columns">
        <div class="stack">
          {raise && (
            <Card title="Why it was raised" body>
              <Said of={raise}>{context}</Said>
            </Card>
          )}
          {a.raise && a.saidBy !== "cleared" && (
            <Card title="What is known since" body>
              <Said of={a} />
            </Card>
          )}
          {a.clearedAt && (
            <Card title="How it ended" body>
              <Said of={end}>
                <dt>Lasted</dt>
                <dd>
                  {span(Date.parse(a.clearedAt) - Date.parse(a.raisedAt))}, until {full(new Date(a.clearedAt))}
                </dd>
                {!raise && context}
              </Said>
            </Card>
          )}
          <Card title="Who looks after it" body>
            <form
              class="stack tight"
              onSubmit={(e) => {
                e.preventDefault();
                void does(() => call("post", "/alerts/{id}/comments", { path: { id }, body: { text, ...who } }), "Written to its history.").then((ok) => ok && setText(""));
              }}
            >
              <p>{a.assignee ? `${a.assignee} does.` : "Nobody yet."}</p>
              <div class="fields">
                <label>
                  <span>Your name, in its history</span>
                  <input value={by} readOnly={me.isKnown()} maxLength={200} autocomplete="name" onInput={(e) => name(e.currentTarget.value)} />
                </label>
                <div class="row bottom">
                  <button type="button" disabled={busy || !by} onClick={() => does(() => call("post", "/alerts/{id}/assign", { path: { id }, body: { assignee: by, ...who } }), `${by} looks after it.`)}>
                    Assign to me
                  </button>
                  {a.assignee && (
                    <button type="button" class="plain" disabled={busy} onClick={() => does(() => call("post", "/alerts/{id}/assign", { path: { id }, body: who }), "Nobody looks after it now.")}>
                      Nobody
                    </button>
                  )}
                </div>
              </div>
              <label>
                <span>Comment</span>
                <textarea value={text} maxLength={1000} onInput={(e) => setText(e.currentTarget.value)} />
              </label>
              <div class="row end">
                <button disabled={busy || !text.trim()}>Comment</button>
              </div>
            </form>
          </Card>
        </div>
        <div class="stack">
          <Card title="What happened, and who was told" body>
            <History of={a} />
          </Card>
          <Card title="What else happened then">
            <Shown read={others} lines={3}>
              {(page) => {
                const near = page.alerts.filter((o) => o.id !== a.id && Math.abs(Date.parse(o.raisedAt) - Date.parse(a.raisedAt)) < around).map((o) => ({ o, shared: o.groups?.some((g) => a.groups?.includes(g) || g === a.group) || (!!o.group && (a.groups?.includes(o.group) ?? false)) }));
                near.sort((x, y) => Number(y.shared) - Number(x.shared));
                return near.length === 0 ? (
                  <Empty title="Nothing else within 15 min" />
                ) : (
                  <>
                    <ul class="list">
                      {near.slice(0, 12).map(({ o, shared }) => (
                        <li key={o.id}>
                          <Severity of={o.severity} />
                          <div class="grow break">
                            <a href={to(["alerts", o.id])}>{kindWord(o.kind)}</a>
                            <div class="soft">
                              {[subjectOf(o) && `of ${subjectOf(o)}`, shared && "in the same group"].filter(Boolean).join(", ") || o.summary}
                            </div>
                          </div>
                          <span class="soft nowrap">{offset(Date.parse(o.raisedAt) - Date.parse(a.raisedAt))}</span>
                        </li>
                      ))}
                    </ul>
                    {near.length > 12 && <div class="more">and {plural(near.length - 12, "more alert")}</div>}
                  </>
                );
              }}
            </Shown>
          </Card>
        </div>
      </div>
      {muting && a.deviceId && <BulkMute target={{ ids: [a.deviceId], filter: "", count: 1 }} close={() => setMuting(false)} />}
    </Page>
  );
}

function Said({ of, children }: { of: Pick<Details, "summary" | "cause" | "evidence"> | undefined; children?: ComponentChildren }) {
  return (
    <div class="stack tight">
      {of && <p class="break">{of.summary}</p>}
      <dl class="facts">
        {of?.cause && (
          <>
            <dt>Cause</dt>
            <dd>{of.cause}</dd>
          </>
        )}
        {of && <Evidence of={of.evidence} />}
        {children}
      </dl>
    </div>
  );
}

const offset = (ms: number) => (Math.abs(ms) < 1000 ? "at the same time" : `${span(ms)} ${ms < 0 ? "before" : "after"}`);

/** Names in camel case as words; numbers and times as they are read elsewhere. */
export function Evidence({ of }: { of: Record<string, unknown> }) {
  return (
    <>
      {Object.entries(of).map(([name, value]) => (
        <>
          <dt key={name}>{words(name.replace(/(Percent|Voltage|Seconds)$/, ""))}</dt>
          <dd>
            {name === "members" && Array.isArray(value) ? (
              <Members ids={value as string[]} />
            ) : typeof value === "object" && value !== null ? (
              <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
            ) : (
              valueText(...inUnit(name, value))
            )}
          </dd>
        </>
      ))}
    </>
  );
}

const mostMembers = 50;

function Members({ ids }: { ids: string[] }) {
  return (
    <>
      {ids.slice(0, mostMembers).map((id, i) => (
        <span key={id}>
          {i > 0 && ", "}
          <DeviceLink id={id} />
        </span>
      ))}
      {ids.length > mostMembers && ` and ${plural(ids.length - mostMembers, "device")} more`}
    </>
  );
}

export const words = (name: string) => {
  const spaced = name.replaceAll(".", " ").replace(/[a-z0-9](?=[A-Z])|[a-z](?=\d)/g, "$& ").toLowerCase().replace(/\b(cpu|rssi|sbom|url)\b/g, (short) => short.toUpperCase());
  return spaced[0]!.toUpperCase() + spaced.slice(1);
};

function inUnit(name: string, value: unknown): [unknown, string] {
  if (typeof value !== "number") return [value, ""];
  if (/seconds$/i.test(name)) return [span(value * 1000), ""];
  if (/share$/i.test(name)) return [100 * value, "%"];
  return [value, /percent$/i.test(name) ? "%" : /voltage$/i.test(name) ? "V" : /rssi$/i.test(name) ? "dBm" : ""];
}

function valueText(value: unknown, unit: string): string {
  if (typeof value === "number") return unit ? `${number(value, unit === "V" ? 2 : undefined)}\u00a0${unit}` : number(value, 2);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))) return full(new Date(value));
  return String(value);
}

const looks: Record<string, string> = { opened: "bad", cleared: "good", notDelivered: "warn" };

function History({ of: a }: { of: Details }) {
  return (
    <ol class="history">
      {a.history.map((h, i) => (
        <li key={i} class={looks[h.what] ?? ""}>
          <div>
            {h.what === "told" && `${h.channel} was told${h.told ? `: ${h.told}` : ""}`}
            {h.what === "notDelivered" && `${h.channel} could not be told`}
            {h.what === "comment" && (
              <>
                <bdi>{h.by ?? "Somebody"}</bdi> wrote
              </>
            )}
            {h.what === "opened" && "Raised"}
            {h.what === "acknowledged" && `Acknowledged${h.by ? ` by ${h.by}` : ""}`}
            {h.what === "cleared" && "Cleared"}
            {h.together && h.together > 1 ? ` together with ${h.together - 1} more` : ""}
          </div>
          {h.text && <div class="break">{h.text}</div>}
          <div class="soft">{full(new Date(h.at))}</div>
        </li>
      ))}
    </ol>
  );
}
