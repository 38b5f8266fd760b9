import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { renew, useRead } from "../api/live";
import { count } from "../ui/format";
import { Card, DeviceLink, Empty, Shown, Table, Time } from "../ui/parts";
import { Pin } from "./holds";
import { reasons } from "./rollout";

const order = ["running", "observed", "installed", "installing", "downloaded", "downloading", "told", "deferred", "failed", "lost", "rolledBack", "superseded", "waiting"];
const bars: Record<string, string> = { running: "good", failed: "bad", deferred: "warn", lost: "warn", rolledBack: "idle", superseded: "idle", waiting: "idle" };
const stateWords: Record<string, string> = { observed: "soaking", lost: "left out", rolledBack: "rolled back" };
const stateWord = (state: string) => stateWords[state] ?? state;

/** How far each device has come. */
export function ReleaseDevices({ release: r }: { release: Schema["ReleaseDocument"] }) {
  const [only, setOnly] = useState("");
  const [excluding, setExcluding] = useState(false);
  const read = useRead(`release/${r.id}/devices`, (signal) => call("get", "/releases/{id}/devices", { path: { id: r.id }, signal }), ["releases"], 10_000);
  return (
    <Card title="Devices" actions={<button onClick={() => setExcluding(true)}>Keep a device out</button>}>
      <Shown read={read} lines={4}>
        {(answer) => {
          const states = Object.entries(answer.counts).sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
          const all = states.reduce((n, [, c]) => n + c, 0);
          if (all === 0) return <Empty title="No device is meant">The track targets none, or none that is registered.</Empty>;
          const devices = answer.devices.filter((d) => !only || d.state === only);
          const anyWhy = devices.some((d) => d.reason || d.code || d.until);
          return (
            <>
              <div class="body stack tight card-pad">
                <div class="bar-chart" role="img" aria-label={states.map(([s, c]) => `${c} ${stateWord(s)}`).join(", ")}>
                  {states.map(([s, c]) => (
                    <i key={s} class={bars[s] ?? ""} style={{ width: `${(100 * c) / all}%` }} />
                  ))}
                </div>
                <div class="row">
                  {states.map(([s, c]) => (
                    <button key={s} class={`key ${bars[s] ?? ""} ${only === s ? "" : "plain"}`} aria-pressed={only === s} onClick={() => setOnly(only === s ? "" : s)}>
                      {count(c)} {stateWord(s)}
                    </button>
                  ))}
                </div>
              </div>
              <Table heads={["Device", "State", ...(anyWhy ? ["Why"] : []), "Since"]}>
                {devices.slice(0, 100).map((d) => (
                  <tr key={d.deviceId}>
                    <th scope="row">
                      <DeviceLink id={d.deviceId} />
                    </th>
                    <td>{stateWord(d.state)}</td>
                    {anyWhy && (
                      <td class={d.reason || d.code || d.until ? "wide break" : "spare"}>
                        {d.reason ?? (d.code ? (reasons[d.code] ?? d.code) : !d.until && <span class="soft">–</span>)}
                        {d.until && (
                          <span class="soft nowrap">
                            {(d.reason || d.code) && " · "}until <Time at={d.until} ago={false} />
                          </span>
                        )}
                      </td>
                    )}
                    <td class={d.at ? "" : "spare"}>{d.at ? <Time at={d.at} only /> : <span class="soft">–</span>}</td>
                  </tr>
                ))}
              </Table>
              {devices.length > 100 && <div class="more">The first 100 of {count(devices.length)}</div>}
            </>
          );
        }}
      </Shown>
      {excluding && <Pin of={r} close={() => (setExcluding(false), renew("releases"))} />}
    </Card>
  );
}
