import { useMemo, useState } from "preact/hooks";
import { useRead } from "../api/live";
import { say } from "./act";
import { Failure, Loading } from "./parts";
import { Members, type Node, type Value } from "./schema-fields";

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
          <select value={(kind?.properties?.type?.const as string) ?? ""} onChange={({ currentTarget: { value: type } }) => setNow((before) => ({ ...before, type }))}>
            {kinds.map((k) => (
              <option key={k.properties?.type?.const}>{k.properties?.type?.const}</option>
            ))}
          </select>
        </label>
      )}
      <Members node={shown} value={now} change={setNow} resolve={resolve} without={[...without, "type"]} wrong={error} />
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
