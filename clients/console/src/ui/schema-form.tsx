import { useMemo, useState } from "preact/hooks";
import { useRead } from "../api/live";
import { words } from "../pages/alert";
import { say } from "./act";
import { Failure, Loading } from "./parts";

/** As much of JSON Schema as the API's description uses. */
interface Node {
  $ref?: string;
  anyOf?: Node[];
  type?: string;
  const?: string;
  enum?: string[];
  format?: string;
  pattern?: string;
  description?: string;
  default?: unknown;
  examples?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  additionalProperties?: Node | boolean;
}

type Value = Record<string, unknown>;

interface FormProps {
  /** A schema's name in the API's description. */
  schema: string;
  /** What it starts with. */
  value: Value;
  /** Members that are not asked for. */
  without?: string[];
  verb?: string;
  send: (body: never) => Promise<unknown>;
  done: string;
  close: () => void;
  remove?: (() => void) | undefined;
}

/** Any document the API takes, as a form made from the API's own description; what the API has against it is shown in its words. */
export function SchemaForm(props: FormProps) {
  const read = useRead("openapi", async (signal) => (await (await fetch("/api/openapi.json", { signal })).json()) as { components: { schemas: Record<string, Node> } }, []);
  if (!read.data) return read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={6} />;
  return <Form {...props} schemas={read.data.components.schemas} />;
}

function Form({ schema, value, without = [], verb = "Save", send, done, close, remove, schemas }: FormProps & { schemas: Record<string, Node> }) {
  const [now, setNow] = useState<Value>(value);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const resolve = useMemo(() => resolver(schemas), [schemas]);
  const node = resolve(schemas[schema] ?? {});
  // A document of several kinds: its kind is chosen first.
  const kinds = node.anyOf?.map((n) => resolve(n)).filter((n) => n.properties?.type?.const) ?? [];
  const kind = kinds.find((k) => k.properties?.type?.const === now.type) ?? kinds[0];
  const shown = kind ?? node;
  return (
    <form
      class="stack"
      onSubmit={async (e) => {
        e.preventDefault();
        setBusy(true);
        setError("");
        try {
          const body = clean(kind ? { ...now, type: kind.properties?.type?.const } : now) ?? {};
          await send(only(body as Value, shown, without, !!kind) as never);
          say(done);
          close();
        } catch (failed) {
          setError((failed as Error).message);
          setBusy(false);
        }
      }}
    >
      {(shown.description || node.description) && <p class="soft">{shown.description ?? node.description}</p>}
      {kinds.length > 0 && (
        <label>
          <span>Type</span>
          <select value={(kind?.properties?.type?.const as string) ?? ""} onChange={(e) => setNow({ ...now, type: e.currentTarget.value })}>
            {kinds.map((k) => (
              <option key={k.properties?.type?.const}>{k.properties?.type?.const}</option>
            ))}
          </select>
        </label>
      )}
      <Members node={shown} value={now} set={setNow} resolve={resolve} without={[...without, "type"]} depth={0} wrong={error} />
      {error && (
        <p class="note bad" role="alert">
          {error}
        </p>
      )}
      <div class="row end">
        {remove && (
          <>
            <button type="button" class="danger" onClick={remove}>
              Delete
            </button>
            <span class="grow" />
          </>
        )}
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button class="main" disabled={busy} aria-busy={busy}>
          {verb}
        </button>
      </div>
    </form>
  );
}

interface PartProps {
  node: Node;
  resolve: (node: Node) => Node;
  depth: number;
  wrong: string;
}

function Members({ node, value, set, resolve, without, depth, wrong }: PartProps & { value: Value; set: (value: Value) => void; without: string[] }) {
  const entries = Object.entries(node.properties ?? {}).filter(([name]) => !without.includes(name));
  const simple = entries.filter(([, n]) => !isGroup(resolve(n)));
  const groups = entries.filter(([, n]) => isGroup(resolve(n)));
  const change = (name: string) => (v: unknown) => set({ ...value, [name]: v });
  return (
    <>
      {simple.length > 0 && (
        <div class="fields">
          {simple.map(([name, n]) => (
            <Field key={name} name={name} node={resolve(n)} resolve={resolve} value={value[name]} set={change(name)} required={node.required?.includes(name) ?? false} wrong={wrong} />
          ))}
        </div>
      )}
      {groups.map(([name, n]) => (
        <details key={name} open={value[name] != null || undefined}>
          <summary>{words(name)}</summary>
          <div class="stack tight card body">
            {n.description && <p class="hint">{n.description}</p>}
            <Members node={resolve(n)} value={(value[name] as Value | undefined) ?? {}} set={change(name)} resolve={resolve} without={[]} depth={depth + 1} wrong={wrong} />
          </div>
        </details>
      ))}
    </>
  );
}

function Field({ name, node, value, set, resolve, required, wrong }: { name: string; node: Node; value: unknown; set: (value: unknown) => void; resolve: (node: Node) => Node; required: boolean; wrong: string }) {
  const items = node.items ? resolve(node.items) : undefined;
  const hint = node.description;
  const id = `hint-${name}`;
  const common = { "aria-describedby": hint ? id : undefined, "aria-invalid": new RegExp(`\\b${name}\\b`).test(wrong), required };
  const title = (
    <span>
      {words(name)}
      {required && <span aria-hidden="true"> *</span>}
    </span>
  );
  const below = hint && (
    <span class="hint" id={id}>
      {hint}
    </span>
  );

  if (node.type === "boolean")
    return (
      <label class="check">
        <input type="checkbox" checked={value === undefined ? node.default === true : !!value} onChange={(e) => set(e.currentTarget.checked)} aria-describedby={hint ? id : undefined} />
        <span>
          {words(name)}
          <br />
          {below}
        </span>
      </label>
    );
  if (node.enum)
    return (
      <label>
        {title}
        <select {...common} value={(value as string) ?? (node.default as string) ?? ""} onChange={(e) => set(e.currentTarget.value || undefined)}>
          {node.default === undefined && <option value="">not said</option>}
          {node.enum.map((v) => (
            <option key={v}>{v}</option>
          ))}
        </select>
        {below}
      </label>
    );
  if (node.type === "array" && items?.enum)
    return (
      <label class="wide">
        {title}
        <select {...common} multiple size={Math.min(6, items.enum.length)} onChange={(e) => set([...e.currentTarget.selectedOptions].map((o) => o.value))}>
          {items.enum.map((v) => (
            <option key={v} selected={(value as string[] | undefined)?.includes(v)}>
              {v}
            </option>
          ))}
        </select>
        {below}
      </label>
    );
  if (node.type === "array" && items?.type === "string")
    return (
      <label class={/key|root|log/i.test(name) ? "wide" : ""}>
        {title}
        {/key|root|log/i.test(name) ? (
          <textarea {...common} value={((value as string[] | undefined) ?? []).join("\n\n")} onChange={(e) => set(e.currentTarget.value.split(/\n\s*\n/).map((s) => s.trim()).filter(Boolean))} />
        ) : (
          <input {...common} value={((value as string[] | undefined) ?? []).join(", ")} placeholder="one, another" onChange={(e) => set(e.currentTarget.value.split(",").map((s) => s.trim()).filter(Boolean))} />
        )}
        {below}
      </label>
    );
  if (node.type === "array" && items && (items.type === "integer" || items.type === "number"))
    return (
      <label>
        {title}
        <input {...common} value={((value as number[] | undefined) ?? []).join(", ")} inputMode="numeric" onChange={(e) => set(e.currentTarget.value.split(",").map((s) => s.trim()).filter(Boolean).map(Number))} />
        {below}
      </label>
    );
  if (node.type === "integer" || node.type === "number")
    return (
      <label>
        {title}
        <input
          {...common}
          type="number"
          step={node.type === "integer" ? 1 : "any"}
          min={node.minimum}
          max={node.maximum}
          value={(value as number | undefined) ?? ""}
          placeholder={node.default === undefined ? "" : String(node.default)}
          onInput={(e) => set(e.currentTarget.value === "" ? undefined : Number(e.currentTarget.value))}
        />
        {below}
      </label>
    );
  if (node.type === "string") {
    const isSecret = /secret|webhookKey|password/i.test(name);
    return (
      <label>
        {title}
        <input
          {...common}
          type={(isSecret ? "password" : "text") as "text"}
          autocomplete={isSecret ? "new-password" : "off"}
          spellcheck={false}
          pattern={node.pattern?.replace(/^\^|\$$/g, "").replace(/\[([^\]]*)-\]/g, "[$1\\-]")}
          maxLength={node.maxLength}
          minLength={node.minLength}
          value={(value as string | undefined) ?? ""}
          placeholder={node.format === "duration" ? `such as ${node.examples?.[0] ?? "PT10M"}` : node.format === "date-time" ? "2026-12-31T12:00:00Z" : ""}
          onInput={(e) => set(e.currentTarget.value || undefined)}
        />
        {below}
      </label>
    );
  }
  return <Json title={title} below={below} value={value} set={set} />;
}

/** What has no form of its own: a list of documents, a table of texts. */
function Json({ title, below, value, set }: { title: preact.ComponentChildren; below: preact.ComponentChildren; value: unknown; set: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState("");
  return (
    <label class="wide">
      {title}
      <textarea
        rows={Math.min(16, Math.max(3, text.split("\n").length))}
        spellcheck={false}
        value={text}
        aria-invalid={!!wrong}
        placeholder="JSON"
        onInput={(e) => {
          const next = e.currentTarget.value;
          setText(next);
          try {
            set(next.trim() ? JSON.parse(next) : undefined);
            setWrong("");
            e.currentTarget.setCustomValidity("");
          } catch (failed) {
            setWrong((failed as Error).message);
            e.currentTarget.setCustomValidity("This is not JSON yet.");
          }
        }}
      />
      {wrong && <span class="hint bad">{wrong}</span>}
      {below}
    </label>
  );
}

const isGroup = (node: Node) => node.type === "object" && !!node.properties;

function resolver(schemas: Record<string, Node>) {
  return (node: Node): Node => {
    if (!node.$ref) return node;
    const { $ref, ...rest } = node;
    return { ...(schemas[$ref.split("/").at(-1) ?? ""] ?? {}), ...rest };
  };
}

/** Without what is empty: a member that is left out keeps its default. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== "object") return value === null ? undefined : value;
  const entries = Object.entries(value)
    .map(([k, v]) => [k, clean(v)] as const)
    .filter(([, v]) => v !== undefined && !(typeof v === "object" && v !== null && !Array.isArray(v) && Object.keys(v).length === 0));
  return Object.fromEntries(entries);
}

/** Of what an answer holds, what may be sent back. */
const only = (body: Value, node: Node, without: string[], keepType: boolean): Value =>
  Object.fromEntries(Object.entries(body).filter(([k]) => (k in (node.properties ?? {}) || (keepType && k === "type")) && !without.includes(k)));
