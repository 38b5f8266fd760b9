import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, Dialog, type Question } from "../ui/act";
import { full } from "../ui/format";
import { allKinds, Card, Empty, kindWord, Shown } from "../ui/parts";
import { SchemaForm } from "../ui/schema-form";

type Route = Schema["Route"];

export function Routes() {
  const read = useRead("routes", async (signal) => ((await call("get", "/channels", { signal })).hasRoutes ? call("get", "/routes", { signal }) : null), ["settings"]);
  const [editing, setEditing] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <div class="columns">
      <Card
        title="Which alert goes where"
        actions={
          <span class="row">
            {read.data && (
              <button
                class="danger"
                onClick={() =>
                  setQuestion({ title: "Remove all routes?", children: <p>Every channel then gets what it wants.</p>, verb: "Remove", danger: true, done: "The routes are removed.", act: () => call("delete", "/routes") })
                }
              >
                Remove
              </button>
            )}
            <button disabled={read.loading || !!read.error} onClick={() => setEditing(true)}>{read.data ? "Change" : "Make routes"}</button>
          </span>
        }
      >
        <Shown read={read} lines={4}>
          {(root) =>
            root ? (
              <div class="body">
                <Branch route={root} root />
              </div>
            ) : (
              <Empty title="No routes">Every channel gets what its own settings let through.</Empty>
            )
          }
        </Shown>
      </Card>
      <Preview />
      {editing && (
        <Dialog title="Routes" close={() => setEditing(false)}>
          <div class="inside">
            <h1>Routes</h1>
            <SchemaForm schema="Route" value={(read.data ?? {}) as Record<string, unknown>} without={["match"]} send={(body) => call("put", "/routes", { body })} done="The routes are saved." close={() => (setEditing(false), read.again())} />
          </div>
        </Dialog>
      )}
      {question && <Confirm question={question} close={() => (setQuestion(null), read.again())} />}
    </div>
  );
}

function Branch({ route, root = false }: { route: Route; root?: boolean }) {
  const m = route.match;
  const when = [m?.severity?.join(" or "), m?.kinds?.map(kindWord).join(" or "), m?.groups?.length ? `group ${m.groups.join(" or ")}` : "", m?.models?.length ? `model ${m.models.join(" or ")}` : "", ...Object.entries(m?.labels ?? {}).map(([k, v]) => `${k}=${v}`)].filter(Boolean);
  return (
    <div class="stack tight">
      <div class="break">
        <b>{root ? "Every alert" : when.join(", ") || "every alert"}</b> → {route.channels?.length ? route.channels.join(", ") : <span class="soft">as above</span>}
        {route.escalation && <span class="soft"> · then {route.escalation}</span>}
        {route.continue && <span class="soft"> · and on</span>}
      </div>
      {route.routes && route.routes.length > 0 && (
        <ul class="history">
          {route.routes.map((r, i) => (
            <li key={i}>
              <Branch route={r} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Preview() {
  const [supposed, setSupposed] = useState<Schema["Supposed"]>({ kind: "device.offline", severity: "critical" } as Schema["Supposed"]);
  const set = (name: keyof Schema["Supposed"], text: string) => setSupposed((before) => ({ ...before, [name]: text || undefined }));
  const [answer, setAnswer] = useState<Schema["Audience"] | null>(null);
  const [error, setError] = useState("");
  return (
    <Card title="Who would be told?" body>
      <form
        class="stack tight"
        onSubmit={(e) => {
          e.preventDefault();
          setError("");
          call("post", "/routes/preview", { body: supposed }).then(setAnswer, (failed: Error) => (setAnswer(null), setError(failed.message)));
        }}
      >
        <div class="fields">
          <label>
            <span>Kind</span>
            <select value={supposed.kind} onChange={(e) => set("kind", e.currentTarget.value)}>
              {allKinds.map((k) => (
                <option key={k} value={k}>
                  {kindWord(k)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Severity</span>
            <select value={supposed.severity ?? "warning"} onChange={(e) => set("severity", e.currentTarget.value)}>
              <option>information</option>
              <option>warning</option>
              <option>critical</option>
            </select>
          </label>
          <label>
            <span>Device</span>
            <input spellcheck={false} autocomplete="off" onInput={(e) => set("deviceId", e.currentTarget.value.trim())} />
          </label>
          <label>
            <span>or group</span>
            <input spellcheck={false} autocomplete="off" onInput={(e) => set("group", e.currentTarget.value.trim())} />
          </label>
        </div>
        <div class="row end">
          <button class="main">Ask</button>
        </div>
      </form>
      {error && (
        <p class="note bad" role="alert">
          {error}
        </p>
      )}
      {answer && (
        <dl class="facts">
          <dt>Told</dt>
          <dd>{answer.channels.join(", ") || "nobody"}</dd>
          {answer.unwanted.length > 0 && (
            <>
              <dt>Do not want it</dt>
              <dd>{answer.unwanted.join(", ")}</dd>
            </>
          )}
          {answer.escalation && (
            <>
              <dt>Then</dt>
              <dd>{answer.escalation}</dd>
            </>
          )}
          {answer.mute && (
            <>
              <dt>Muted by</dt>
              <dd>{answer.mute}</dd>
            </>
          )}
          {answer.heldUntil && (
            <>
              <dt>Held until</dt>
              <dd>{full(new Date(answer.heldUntil))}</dd>
            </>
          )}
          <dt>Because</dt>
          <dd>{answer.why.map(branch).join("; ")}</dd>
        </dl>
      )}
    </Card>
  );
}

/** The branch at a place in the tree, counted as it is drawn. */
const branch = (place: string) => (place === "default" ? "no branch matches it" : /^(\.?routes\[\d+\])+$/.test(place) ? `branch ${[...place.matchAll(/\d+/g)].map(([i]) => Number(i) + 1).join(".")}` : place);
