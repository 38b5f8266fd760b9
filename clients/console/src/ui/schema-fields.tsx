import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { words } from "../pages/alert";

/** As much of JSON Schema as the API's description uses. */
export interface Node {
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

export type Value = Record<string, unknown>;

const isEmpty = (value: unknown) => value == null || Object.values(value).every((v) => v === undefined);

const isGroup = (node: Node) => node.type === "object" && !!node.properties;

interface PartProps {
  node: Node;
  resolve: (node: Node) => Node;
  wrong: string;
}

export function Members({ node, value, set, resolve, without, wrong }: PartProps & { value: Value; set: (value: Value) => void; without: string[] }) {
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
            {/* What may be left out as a whole asks for nothing until something of it is said. */}
            <Members node={isEmpty(value[name]) && !node.required?.includes(name) ? { ...resolve(n), required: [] } : resolve(n)} value={(value[name] as Value | undefined) ?? {}} set={change(name)} resolve={resolve} without={[]} wrong={wrong} />
          </div>
        </details>
      ))}
    </>
  );
}

function Field({ name, node, value, set, resolve, required, wrong }: { name: string; node: Node; value: unknown; set: (value: unknown) => void; resolve: (node: Node) => Node; required: boolean; wrong: string }) {
  const items = node.items ? resolve(node.items) : undefined;
  const hint = node.description;
  const id = useId();
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
  if (node.type === "array" && items && isGroup(items)) return <Rows name={name} node={items} below={below} value={(value as Value[] | undefined) ?? []} set={set} resolve={resolve} wrong={wrong} />;
  if (node.type === "object") return <Pairs title={title} below={below} value={(value as Record<string, string> | undefined) ?? {}} set={set} />;
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

/** A list of documents, each with a form of its own. */
function Rows({ name, node, below, value, set, resolve, wrong }: { name: string; node: Node; below: ComponentChildren; value: Value[]; set: (value: unknown) => void; resolve: (node: Node) => Node; wrong: string }) {
  return (
    <fieldset class="wide stack tight">
      <legend>{words(name)}</legend>
      {below}
      {value.map((one, i) => (
        <div key={i} class="card card-pad stack tight" role="group" aria-label={`${words(name)} ${i + 1}`}>
          <Members node={node} value={one} set={(next) => set(value.map((v, j) => (j === i ? next : v)))} resolve={resolve} without={[]} wrong={wrong} />
          <div class="row end">
            <button type="button" class="danger" onClick={() => set(value.filter((_, j) => j !== i))}>
              Remove
            </button>
          </div>
        </div>
      ))}
      <div>
        <button type="button" onClick={() => set([...value, {}])}>
          Add
        </button>
      </div>
    </fieldset>
  );
}

/** Names with texts, one a line. */
function Pairs({ title, below, value, set }: { title: ComponentChildren; below: ComponentChildren; value: Record<string, string>; set: (value: unknown) => void }) {
  const [text, setText] = useState(
    Object.entries(value)
      .map(([k, v]) => `${k}=${v}`)
      .join("\n"),
  );
  return (
    <label class="wide">
      {title}
      <textarea
        rows={Math.min(8, text.split("\n").length + 1)}
        spellcheck={false}
        value={text}
        placeholder="name=value, one a line"
        onInput={(e) => {
          const lines = e.currentTarget.value.split("\n").filter((l) => l.trim());
          setText(e.currentTarget.value);
          e.currentTarget.setCustomValidity(lines.every((l) => l.indexOf("=") > 0) ? "" : "Write name=value, one a line.");
          set(Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf("=")).trim(), l.slice(l.indexOf("=") + 1).trim()])));
        }}
      />
      {below}
    </label>
  );
}

/** What has several forms, such as keys. */
function Json({ title, below, value, set }: { title: ComponentChildren; below: ComponentChildren; value: unknown; set: (value: unknown) => void }) {
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
