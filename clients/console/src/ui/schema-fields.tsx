import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { words } from "../pages/alert";
import { durationText } from "./format";

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

/** Made from what is there then, not from what was drawn: two changes before the next drawing are both kept. */
type Change<T> = (next: (before: T) => T) => void;

const isEmpty = (value: unknown) => value == null || Object.values(value).every((v) => v === undefined);

/** A field that is empty is what the API calls null. */
const hintOf = (node: Node) => node.description?.replace(/\b(n)ull =/gi, (_, n) => (n === "N" ? "Empty =" : "empty ="));

const isGroup = (node: Node) => node.type === "object" && !!node.properties;

interface PartProps {
  node: Node;
  resolve: (node: Node) => Node;
  wrong: string;
}

export function Members({ node, value, change, resolve, without, wrong }: PartProps & { value: Value; change: Change<Value>; without: string[] }) {
  const entries = Object.entries(node.properties ?? {}).filter(([name]) => !without.includes(name));
  // What was before comes after what is now.
  const isBefore = ([name]: [string, Node]) => Number(name.startsWith("previous"));
  const simple = entries.filter(([, n]) => !isGroup(resolve(n))).sort((a, b) => isBefore(a) - isBefore(b));
  const groups = entries.filter(([, n]) => isGroup(resolve(n)));
  const changeOf = (name: string): Change<unknown> => (next) => change((before) => ({ ...before, [name]: next(before[name]) }));
  return (
    <>
      {simple.length > 0 && (
        <div class="fields">
          {simple.map(([name, n]) => (
            <Field key={name} name={name} node={resolve(n)} resolve={resolve} value={value[name]} change={changeOf(name)} required={node.required?.includes(name) ?? false} wrong={wrong} />
          ))}
        </div>
      )}
      {groups.map(([name, n]) => (
        <details key={name} open={value[name] != null || undefined}>
          <summary>{words(name)}</summary>
          <div class="stack tight card body">
            {n.description && <p class="hint">{hintOf(n)}</p>}
            {/* What may be left out as a whole asks for nothing until something of it is said. */}
            <Members node={isEmpty(value[name]) && !node.required?.includes(name) ? { ...resolve(n), required: [] } : resolve(n)} value={(value[name] as Value | undefined) ?? {}} change={(next) => changeOf(name)((before) => next((before as Value | undefined) ?? {}))} resolve={resolve} without={[]} wrong={wrong} />
          </div>
        </details>
      ))}
    </>
  );
}

function Field({ name, node, value, change, resolve, required, wrong }: PartProps & { name: string; value: unknown; change: Change<unknown>; required: boolean }) {
  const set = (now: unknown) => change(() => now);
  const items = node.items ? resolve(node.items) : undefined;
  const hint = hintOf(node);
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
  if (node.type === "array" && items?.type === "string") {
    const isLong = /key|root|log/i.test(name);
    return <List title={title} below={below} common={common} isLong={isLong} value={(value as string[] | undefined) ?? []} parse={(text) => text.split(isLong ? /\n\s*\n/ : ",").map((s) => s.trim()).filter(Boolean)} set={set} />;
  }
  if (node.type === "array" && items && (items.type === "integer" || items.type === "number"))
    return <List title={title} below={below} common={common} value={(value as number[] | undefined) ?? []} parse={(text) => text.split(",").map((s) => s.trim()).filter(Boolean).map(Number)} set={set} />;
  if (node.type === "array" && items && isGroup(items)) return <Rows name={name} node={items} below={below} value={(value as Value[] | undefined) ?? []} change={(next) => change((before) => next((before as Value[] | undefined) ?? []))} resolve={resolve} wrong={wrong} />;
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
          placeholder={node.format === "duration" ? duration(node.examples?.[0] ?? "PT10M") : node.format === "date-time" ? "2026-12-31T12:00:00Z" : ""}
          onInput={(e) => set(e.currentTarget.value || undefined)}
        />
        {below}
      </label>
    );
  }
  return <Json title={title} below={below} value={value} set={set} />;
}

const duration = (example: string) => `such as ${example} (${durationText(example)})`;

/** A list of documents, each with a form of its own. */
function Rows({ name, node, below, value, change, resolve, wrong }: PartProps & { name: string; below: ComponentChildren; value: Value[]; change: Change<Value[]> }) {
  return (
    <fieldset class="wide stack tight">
      <legend>{words(name)}</legend>
      {below}
      {value.map((one, i) => (
        <div key={i} class="card card-pad stack tight" role="group" aria-label={`${words(name)} ${i + 1}`}>
          <Members node={node} value={one} change={(next) => change((before) => before.map((v, j) => (j === i ? next(v) : v)))} resolve={resolve} without={[]} wrong={wrong} />
          <div class="row end">
            <button type="button" class="danger" onClick={() => change((before) => before.filter((_, j) => j !== i))}>
              Remove
            </button>
          </div>
        </div>
      ))}
      <div>
        <button type="button" onClick={() => change((before) => [...before, {}])}>
          Add
        </button>
      </div>
    </fieldset>
  );
}

/** What is typed stays as it is typed, whatever is drawn anew meanwhile, for as long as it says what the value is. */
function List<T>({ title, below, common, isLong, value, parse, set }: { title: ComponentChildren; below: ComponentChildren; common: object; isLong?: boolean; value: T[]; parse: (text: string) => T[]; set: (value: unknown) => void }) {
  const [typed, setTyped] = useState("");
  const text = parse(typed).join("\n") === value.join("\n") ? typed : value.join(isLong ? "\n\n" : ", ");
  const take = (now: string) => (setTyped(now), set(parse(now)));
  return (
    <label class={isLong ? "wide" : ""}>
      {title}
      {isLong ? (
        <textarea {...common} value={text} onInput={(e) => take(e.currentTarget.value)} />
      ) : (
        <input {...common} value={text} placeholder="one, another" onInput={(e) => take(e.currentTarget.value)} />
      )}
      {below}
    </label>
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
