import { useState } from "preact/hooks";
import { ApiError, call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, Dialog, type Question } from "../ui/act";
import { full } from "../ui/format";
import { allKinds, Card, Empty, Failure, kindWord, Loading } from "../ui/parts";
import { SchemaForm } from "../ui/schema-form";

type Route = Schema["Route"];

export function Routes() {
  const read = useRead("routes", (signal) => call("get", "/routes", { signal }), ["settings"]);
  const [editing, setEditing] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const none = read.error instanceof ApiError && read.error.status === 404;
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
            <button onClick={() => setEditing(true)}>{read.data ? "Change" : "Make routes"}</button>
          </span>
        }
      >
        {none ? (
          <Empty title="No routes">Every channel gets what its own settings let through.</Empty>
        ) : read.data ? (
          <div class="body">
            <Branch route={read.data} root />
          </div>
        ) : read.error ? (
          <Failure error={read.error} again={read.again} />
        ) : (
          <Loading lines={4} />
        )}
      </Card>
      <Preview />
      {editing && (
        <Dialog title="Routes" close={() => setEditing(false)}>
          <div class="inside">
            <h1>Routes</h1>
            <SchemaForm schema="Route" value={(none ? {} : (read.data ?? {})) as Record<string, unknown>} without={["match"]} send={(body) => call("put", "/routes", { body })} done="The routes are saved." close={() => (setEditing(false), read.again())} />
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
            <select value={supposed.kind} onChange={(e) => setSupposed({ ...supposed, kind: e.currentTarget.value as Schema["AlertKind"] })}>
              {allKinds.map((k) => (
                <option key={k} value={k}>
                  {kindWord(k)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Severity</span>
            <select value={supposed.severity ?? "warning"} onChange={(e) => setSupposed({ ...supposed, severity: e.currentTarget.value as Schema["Severity"] })}>
              <option>information</option>
              <option>warning</option>
              <option>critical</option>
            </select>
          </label>
          <label>
            <span>Device</span>
            <input spellcheck={false} autocomplete="off" onInput={(e) => setSupposed(withText(supposed, "deviceId", e.currentTarget.value))} />
          </label>
          <label>
            <span>or group</span>
            <input spellcheck={false} autocomplete="off" onInput={(e) => setSupposed(withText(supposed, "group", e.currentTarget.value))} />
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
          <dd>{answer.why.join("; ")}</dd>
        </dl>
      )}
    </Card>
  );
}

function withText<K extends "deviceId" | "group">(supposed: Schema["Supposed"], name: K, text: string): Schema["Supposed"] {
  const { [name]: _, ...rest } = supposed;
  return (text.trim() ? { ...rest, [name]: text.trim() } : rest) as Schema["Supposed"];
}
