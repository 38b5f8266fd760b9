import { call } from "../api/client";
import { useRead } from "../api/live";
import { say, useAct } from "../ui/act";
import { plural } from "../ui/format";
import { About, Card, Empty, kindWord, Shown, Table, Time } from "../ui/parts";
import { to } from "../ui/route";

/** As many are asked for. */
export const mostUndelivered = 100;
export const undeliveredNow = (signal: AbortSignal) => call("get", "/alerts/undelivered", { query: { top: mostUndelivered }, signal });

/** What channels were not to be told of. */
export function Undelivered() {
  const undelivered = useRead("undelivered", undeliveredNow, ["alerts", "settings"], 15_000);
  const [busy, act] = useAct();
  return (
    <Card
      title="Alerts a channel was not told of"
      actions={[...new Set(undelivered.data?.undelivered.map((u) => u.channel))].map((name) => (
        <button
          key={name}
          disabled={busy}
          aria-busy={busy}
          onClick={() =>
            act(async () => {
              const { count: n } = await call("post", "/channels/{name}/resend", { path: { name } });
              say(`${plural(n, "alert")} on ${n === 1 ? "its" : "their"} way to ${name} again.`);
              undelivered.again();
            })
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
            <>
              <Table heads={["Channel", "What", "About", "Why not", "Given up", ""]}>
                {page.undelivered.map((u) => (
                  <tr key={u.id}>
                    <th scope="row">
                      <a href={to(["system", "channels", u.channel])}>{u.channel}</a>
                    </th>
                    <td class="wide break">
                      <a href={to(["alerts", u.alertId])}>{kindWord(u.kind)}</a>
                      <div class="soft">
                        {u.type}: {u.summary}
                      </div>
                    </td>
                    <td class="about">
                      <About of={u} />
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
              {page.undelivered.length === mostUndelivered && <div class="more">The newest {mostUndelivered}</div>}
            </>
          )
        }
      </Shown>
    </Card>
  );
}
