import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Dialog, say, useAct } from "../ui/act";
import { visible } from "../ui/format";
import { Card, DeviceLink, Empty, Shown, Table, Time } from "../ui/parts";
import { to } from "../ui/route";

export function DeadLetters() {
  const letters = useRead("dead-letters", (signal) => call("get", "/dead-letters", { query: { top: 100 }, signal }), [], 15_000);
  const undelivered = useRead("undelivered", (signal) => call("get", "/alerts/undelivered", { query: { top: 100 }, signal }), ["alerts", "settings"], 15_000);
  const [open, setOpen] = useState<string | null>(null);
  const [busy, act] = useAct();
  return (
    <>
      <Card title="Telemetry that was refused">
        <Shown read={letters} lines={4}>
          {(page) =>
            page.deadLetters.length === 0 ? (
              <Empty title="Nothing was refused">What a device sends and nobody can read would wait here, with its bytes.</Empty>
            ) : (
              <>
                <Table heads={["Device", "Why", "Came", ""]}>
                  {page.deadLetters.map((l) => (
                    <tr key={l.id}>
                      <th scope="row">{l.deviceId ? <DeviceLink id={l.deviceId} /> : <span class="soft">unknown</span>}</th>
                      <td class="wide break">{l.reason}</td>
                      <td>
                        <Time at={l.enqueuedAt} />
                      </td>
                      <td class="num">
                        <button onClick={() => setOpen(l.id)}>Look</button>
                      </td>
                    </tr>
                  ))}
                </Table>
                {page.continuation && <div class="more">The newest 100</div>}
              </>
            )
          }
        </Shown>
      </Card>
      <Card
        title="Alerts a channel was not told of"
        actions={[...new Set(undelivered.data?.undelivered.map((u) => u.channel))].map((name) => (
          <button
            key={name}
            disabled={busy}
            onClick={() =>
              act(async () => {
                await call("post", "/channels/{name}/resend", { path: { name } });
                undelivered.again();
              }, `All that ${name} was not told is on its way again.`)
            }
          >
            Send all to {name}
          </button>
        ))}
      >
        <Shown read={undelivered} lines={3}>
          {(page) =>
            page.undelivered.length === 0 ? (
              <Empty title="Every channel was told" />
            ) : (
              <Table heads={["Channel", "What", "Why not", "Given up", ""]}>
                {page.undelivered.map((u) => (
                  <tr key={u.id}>
                    <th scope="row">
                      <a href={to(["system", "channels", u.channel])}>{u.channel}</a>
                    </th>
                    <td class="wide break">
                      <a href={to(["alerts", u.alertId])}>{u.type}</a> <span class="soft">{u.summary}</span>
                    </td>
                    <td class="wide break">{u.reason}</td>
                    <td>
                      <Time at={u.deadSince} />
                    </td>
                    <td class="num">
                      <button
                        disabled={busy}
                        onClick={() =>
                          act(async () => {
                            await call("post", "/alerts/undelivered/{id}/resend", { path: { id: u.id } });
                            undelivered.again();
                          }, "On its way again.")
                        }
                      >
                        Send again
                      </button>
                    </td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Shown>
      </Card>
      {open && <Letter id={open} close={() => (setOpen(null), letters.again())} />}
    </>
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
