import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { type Kind, useFresh, useRead } from "../api/live";
import { Confirm, Dialog, type Question, useAct } from "../ui/act";
import { durationText, full, plural } from "../ui/format";
import { Card, Empty, Failure, Loading, Shown } from "../ui/parts";
import { go, to } from "../ui/route";
import { SchemaForm } from "../ui/schema-form";

interface Document {
  name: string;
  about: ComponentChildren;
}

/** A kind of named documents: how they are listed, read, written and deleted. */
interface Collection {
  part: string;
  one: string;
  many: string;
  none: string;
  schema: keyof Schema;
  kinds: Kind[];
  nameLabel?: string;
  /** Members that nobody needs. */
  without?: string[];
  list: (signal: AbortSignal) => Promise<Document[]>;
  get: (name: string, signal: AbortSignal) => Promise<unknown>;
  put: (name: string, body: never) => Promise<unknown>;
  remove: (name: string) => Promise<unknown>;
  actions?: (name: string) => ComponentChildren;
}

export const collections: Record<string, Collection> = {
  channels: {
    part: "channels",
    one: "channel",
    many: "Channels",
    none: "Alerts are kept, and told to nobody.",
    schema: "Channel",
    kinds: ["settings"],
    list: async (signal) => (await call("get", "/channels", { signal })).channels.map((c) => ({ name: c.name ?? "", about: `${c.type}${"url" in c && c.url ? ` · ${c.url}` : ""}${c.minSeverity && c.minSeverity !== "information" ? ` · from ${c.minSeverity}` : ""}` })),
    get: (name, signal) => call("get", "/channels/{name}", { path: { name }, signal }),
    put: (name, body) => call("put", "/channels/{name}", { path: { name }, body }),
    remove: (name) => call("delete", "/channels/{name}", { path: { name } }),
    actions: (name) => <TestChannel name={name} />,
  },
  escalations: {
    part: "escalations",
    one: "escalation",
    many: "Escalations",
    none: "Nobody else is told while an alert is not acknowledged.",
    schema: "Escalation",
    kinds: ["settings"],
    list: async (signal) => (await call("get", "/escalations", { signal })).escalations.map((e) => ({ name: e.name ?? "", about: (e.steps ?? []).map((s) => `after ${durationText(s.after)} ${(s.channels ?? []).join(", ")}`).join("; ") })),
    get: (name, signal) => call("get", "/escalations/{name}", { path: { name }, signal }),
    put: (name, body) => call("put", "/escalations/{name}", { path: { name }, body }),
    remove: (name) => call("delete", "/escalations/{name}", { path: { name } }),
  },
  mutes: {
    part: "mutes",
    one: "mute",
    many: "Mutes",
    none: "Every alert is told as the routes say.",
    schema: "MuteRequest",
    without: ["comment"],
    kinds: ["settings"],
    list: async (signal) => (await call("get", "/mutes", { signal })).mutes.map((m) => ({ name: m.name, about: `${muted(m.matchers)}${m.until ? ` · until ${full(new Date(m.until))}${Date.parse(m.until) < Date.now() ? ", over" : ""}` : ""}${m.reason ? ` · ${m.reason}` : ""}` })),
    get: (name, signal) => call("get", "/mutes/{name}", { path: { name }, signal }),
    put: (name, body) => call("put", "/mutes/{name}", { path: { name }, body }),
    remove: (name) => call("delete", "/mutes/{name}", { path: { name } }),
  },
  models: {
    part: "models",
    one: "model",
    many: "Models",
    none: "A model says what is known of a type of device: its platform, its battery, its limits.",
    schema: "DeviceModel",
    kinds: ["models"],
    list: async (signal) => (await call("get", "/fleet/models", { signal })).models.map((m) => ({ name: m.name ?? "", about: [m.platform, m.battery?.chemistry, m.battery?.lowPercent != null && `low at ${m.battery.lowPercent} %`, m.reportingInterval && `every ${durationText(m.reportingInterval)}`, m.securityTested || m.securityTest ? "security tested" : null].filter(Boolean).join(" · ") })),
    get: (model, signal) => call("get", "/fleet/models/{model}", { path: { model }, signal }),
    put: (model, body) => call("put", "/fleet/models/{model}", { path: { model }, body }),
    remove: (model) => call("delete", "/fleet/models/{model}", { path: { model } }),
  },
  registries: {
    part: "registries",
    one: "registry",
    many: "Registries",
    none: "Pushes are taken from registries that are named here.",
    schema: "RegistryRequest",
    kinds: ["settings"],
    nameLabel: "Host, as in the names of its images",
    list: async (signal) => (await call("get", "/registries", { signal })).registries.map((r) => ({ name: r.host, about: `${r.kind} · ${r.endpoint}${r.hasWebhookKey ? " · events are proven by a key" : ""}` })),
    get: (host, signal) => call("get", "/registries/{host}", { path: { host }, signal }),
    put: (host, body) => call("put", "/registries/{host}", { path: { host }, body }),
    remove: (host) => call("delete", "/registries/{host}", { path: { host } }),
  },
  tracks: {
    part: "tracks",
    one: "track",
    many: "Tracks",
    none: "A track follows a repository and says which devices get what is pushed there.",
    schema: "Track",
    kinds: ["settings", "releases"],
    list: async (signal) => (await call("get", "/tracks", { signal })).tracks.map((t) => ({ name: t.name ?? "", about: [`${t.registry}/${t.repository}`, targeted(t.targets), asked(t)].filter(Boolean).join(" · ") })),
    get: (track, signal) => call("get", "/tracks/{track}", { path: { track }, signal }),
    put: (track, body) => call("put", "/tracks/{track}", { path: { track }, body }),
    remove: (track) => call("delete", "/tracks/{track}", { path: { track } }),
  },
};

function targeted(t: Schema["Targets"] | null | undefined): string {
  const parts = [t?.groups?.join(", "), t?.models?.join(", "), Object.entries(t?.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(", ")];
  return `for ${parts.filter(Boolean).join("; ") || "every device"}`;
}

/** Of a track's rules those that an operator looks for: whether somebody has to approve, and in which waves it goes. */
function asked(t: Schema["Track"]): string {
  const approvals = t.gates?.approvals ?? 0;
  return [approvals > 0 && plural(approvals, "approval"), t.rollout?.waves?.length ? `waves of ${t.rollout.waves.join(", ")} %` : "to all at once"].filter(Boolean).join(" · ");
}

function muted(m: Schema["MuteMatchers"]): string {
  const parts = [m.deviceIds?.length ? `${m.deviceIds.slice(0, 3).join(", ")}${m.deviceIds.length > 3 ? ` and ${m.deviceIds.length - 3} more` : ""}` : "", m.groups?.join(", "), m.kinds?.join(", "), m.maxSeverity ? `up to ${m.maxSeverity}` : ""];
  return parts.filter(Boolean).join(" · ") || "everything";
}

export function Documents({ of: c, name }: { of: Collection; name: string }) {
  const read = useRead(`documents/${c.part}`, c.list, c.kinds);
  const isNew = name === "+";
  const back = () => (go(to(["system", c.part]), true), read.again());
  return (
    <>
      <Card title={c.many} actions={<button onClick={() => go(to(["system", c.part, "+"]))}>New {c.one}</button>}>
        <Shown read={read} lines={4}>
          {(all) =>
            all.length === 0 ? (
              <Empty title={`No ${c.one} yet`}>{c.none}</Empty>
            ) : (
              <ul class="list">
                {all.map((d) => (
                  <li key={d.name}>
                    <div class="grow break">
                      <a href={to(["system", c.part, d.name])}>{d.name}</a>
                      <div class="soft">{d.about}</div>
                    </div>
                    {c.actions?.(d.name)}
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
      </Card>
      {name && <Edit key={name} of={c} name={isNew ? "" : name} close={back} />}
    </>
  );
}

function Edit({ of: c, name, close }: { of: Collection; name: string; close: () => void }) {
  const read = useRead(name ? `document/${c.part}/${name}` : null, (signal) => c.get(name, signal), []);
  const fresh = useFresh(read);
  const [given, setGiven] = useState(name);
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <Dialog title={name || `New ${c.one}`} close={close} kind="wide">
      <div class="inside">
        <h1>{name || `New ${c.one}`}</h1>
        {!name && (
          <label>
            <span>
              {c.nameLabel ?? "Name"}
              <span aria-hidden="true"> *</span>
            </span>
            <input value={given} required autofocus spellcheck={false} autocomplete="off" onInput={(e) => setGiven(e.currentTarget.value.trim())} />
          </label>
        )}
        {name && !fresh ? (
          read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={5} />
        ) : (
          <SchemaForm
            schema={c.schema}
            value={(fresh ?? {}) as Record<string, unknown>}
            without={["name", ...(c.without ?? [])]}
            send={async (body) => {
              if (!given) throw new Error("Give it a name.");
              // A new one would replace what has its name: what there is now is asked for, not what was listed behind the form.
              if (!name && (await c.list(new AbortController().signal)).some((d) => d.name === given)) throw new Error(`There is a ${c.one} ${given} already. Give this one another name, or change that one.`);
              await c.put(given, body);
            }}
            done={`${given} is saved.`}
            close={close}
            remove={name ? () => setQuestion({ title: `Delete ${c.one} ${name}?`, verb: "Delete", danger: true, done: `${name} is deleted.`, act: async () => (await c.remove(name), close()) }) : undefined}
          />
        )}
      </div>
      {question && <Confirm question={question} close={() => setQuestion(null)} />}
    </Dialog>
  );
}

function TestChannel({ name }: { name: string }) {
  const [busy, act] = useAct();
  return (
    <button disabled={busy} aria-busy={busy} aria-label={`Send a test message to ${name}`} onClick={() => act(() => call("post", "/channels/{name}/test", { path: { name } }), `${name} took the test message.`)}>
      Test
    </button>
  );
}
