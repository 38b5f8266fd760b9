import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, Dialog, say } from "../ui/act";
import { count, plural, visible } from "../ui/format";
import { Card, DeviceLink, Empty, Shown, Table, Time } from "../ui/parts";

const shown = 100;
/** Letters of a reason are counted up to so many. */
const mostCounted = 10_000;

/** The first page, or all of a reason. */
async function lettersOf(reason: string, signal: AbortSignal): Promise<Schema["DeadLetterPage"]> {
  if (!reason) return call("get", "/dead-letters", { query: { top: shown }, signal });
  const found: Schema["StoredLetter"][] = [];
  let continuation: string | undefined;
  do {
    const page = await call("get", "/dead-letters", { query: { reason, top: 500, ...(continuation ? { continuation } : {}) }, signal });
    found.push(...page.deadLetters);
    continuation = page.continuation ?? undefined;
  } while (continuation && found.length < mostCounted);
  return { deadLetters: found, ...(continuation ? { continuation } : {}) };
}

/** What a reason says of any device: without this one's name, and without which of its readings it was. */
const alike = (l: Schema["StoredLetter"]) =>
  l.reason
    .replace(/^Reading \d+: /, "")
    .split("\n")[0]!
    .split(l.deviceId || "\n")
    .map((part) => part.trim())
    .sort((a, b) => b.length - a.length)[0]!;

/** What devices sent and nobody could read. */
export function DeadLetters() {
  const [reason, setReason] = useState("");
  const letters = useRead(`dead-letters/${reason}`, (signal) => lettersOf(reason, signal), [], 15_000);
  const [open, setOpen] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const n = letters.data?.deadLetters.length ?? 0;
  const many = `${count(n)}${letters.data?.continuation ? " or more" : ""}`;
  return (
    <Card
      title="Telemetry that was refused"
      actions={
        <div class="row">
          {reason && letters.data && <span class="soft nowrap">{many} match</span>}
          {reason && n > 0 && <button onClick={() => setSending(true)}>Send all again</button>}
          <input key={reason} type="search" aria-label="Why refused" placeholder="Why: a part of the reason" defaultValue={reason} spellcheck={false} autocomplete="off" onChange={(e) => setReason(e.currentTarget.value.trim())} />
        </div>
      }
    >
      <Shown read={letters} lines={4}>
        {(page) =>
          page.deadLetters.length === 0 ? (
            reason ? (
              <Empty title="Nothing was refused for that reason" />
            ) : (
              <Empty title="Nothing was refused">What a device sends and nobody can read would wait here, with its bytes.</Empty>
            )
          ) : (
            <>
              <Table heads={["Device", "Why", "Came", ""]}>
                {page.deadLetters.slice(0, shown).map((l) => (
                  <tr key={l.id}>
                    <th scope="row">{l.deviceId ? <DeviceLink id={l.deviceId} /> : <span class="soft">unknown</span>}</th>
                    <td class="wide break">{l.reason}</td>
                    <td>
                      <Time at={l.enqueuedAt} />
                    </td>
                    <td class="num">
                      <div class="row end">
                        {reason !== alike(l) && (
                          <button class="plain" onClick={() => setReason(alike(l))}>
                            All like it
                          </button>
                        )}
                        <button onClick={() => setOpen(l.id)}>Look</button>
                      </div>
                    </td>
                  </tr>
                ))}
              </Table>
              {(page.continuation || n > shown) && <div class="more">{reason ? `The first ${shown} of ${many}` : `The first ${shown}`}</div>}
            </>
          )
        }
      </Shown>
      {open && <Letter id={open} close={() => (setOpen(null), letters.again())} />}
      {sending && <SendAll reason={reason} many={many} close={() => (setSending(false), letters.again())} />}
    </Card>
  );
}

/** Some at a time, until there are no more that were there when it began. */
function SendAll({ reason, many, close }: { reason: string; many: string; close: () => void }) {
  const [sent, setSent] = useState(0);
  return (
    <Confirm
      close={close}
      question={{
        title: `Send ${many} again?`,
        verb: "Send all again",
        act: async () => {
          let [all, kept, why] = [0, 0, ""];
          let continuation: string | undefined;
          do {
            const done = await call("post", "/dead-letters/resubmit", { body: { reason, ...(continuation ? { continuation } : {}) } });
            setSent((all += done.sent));
            kept += done.kept;
            why ||= done.why ?? "";
            continuation = done.continuation ?? undefined;
          } while (continuation);
          say(`${plural(all, "event")} on ${all === 1 ? "its" : "their"} way again.`);
          if (kept > 0) say(`${plural(kept, "event")} kept: ${why}`, true);
        },
        children: (
          <>
            <p class="break">All in whose reason “{reason}” stands. What is refused once more comes back here with its new reason; what would be counted twice stays.</p>
            {sent > 0 && <p role="status">{count(sent)} on their way</p>}
          </>
        ),
      }}
    />
  );
}

function Letter({ id, close }: { id: string; close: () => void }) {
  const read = useRead(`letter/${id}`, (signal) => call("get", "/dead-letters/{id}", { path: { id }, signal }), []);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await call("post", "/dead-letters/{id}/resubmit", { path: { id } });
      say("On its way again.");
      close();
    } catch (failed) {
      setError((failed as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title="A refused event" close={close}>
      <div class="inside">
        <h1>A refused event</h1>
        <Shown read={read} lines={4}>
          {(l) => (
            <>
              <dl class="facts">
                <dt>Device</dt>
                <dd>{l.deviceId ?? "unknown"}</dd>
                <dt>Came</dt>
                <dd>
                  <Time at={l.enqueuedAt} />
                </dd>
                <dt>Why refused</dt>
                <dd>{l.reason}</dd>
                <dt>Type</dt>
                <dd>{[l.contentType, l.contentEncoding].filter(Boolean).join(", ") || "not said"}</dd>
              </dl>
              <pre tabIndex={0} aria-label="Its bytes">{visible(bodyText(l))}</pre>
            </>
          )}
        </Shown>
        {error && (
          <p class="note bad" role="alert">
            {error}
          </p>
        )}
        <div class="row end">
          <button onClick={close}>Close</button>
          <button class="main" disabled={busy} aria-busy={busy} onClick={send}>
            Send it again
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** Bytes travel as base64; most of them are text. */
function bodyText(l: Schema["StoredLetter"]): string {
  if (!l.body) return "(empty)";
  try {
    const bytes = Uint8Array.from(atob(l.body), (c) => c.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return l.body;
  }
}
