import { useState } from "preact/hooks";
import { ApiError, call } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, me, useAct } from "../ui/act";
import { plural } from "../ui/format";
import { Card, DeviceLink, Empty, Shown, Table, Time } from "../ui/parts";
import { to } from "../ui/route";
import { devicesOf, forEach, type Target } from "./fleet-bulk";

/** Keeps devices where they are: of whatever comes on a track, or of one release of it. */
export function Pin({ target, of, close }: { target?: Target; of?: { track: string; id: string }; close: () => void }) {
  const tracks = useRead("tracks", (signal) => call("get", "/tracks", { signal }), ["settings"]);
  const releases = useRead("releases", (signal) => call("get", "/releases", { signal }), ["releases"]);
  const [track, setTrack] = useState(of?.track ?? "");
  const [device, setDevice] = useState("");
  const [release, setRelease] = useState(of?.id ?? "");
  const [by, setBy] = useState(me.get());
  const [why, setWhy] = useState("");
  const n = target ? plural(target.count, "device") : "a device";
  const one = !target || target.count === 1;
  const tag = releases.data?.releases.find((r) => r.id === release)?.tag;
  const [title, verb, done, about] = release
    ? [`Keep ${n} out of ${tag ?? "a release"}`, `Keep ${target ? n : "it"} out`, `kept out of ${tag ?? "it"}`, one ? "It does not get this release; the next one it gets." : "They do not get this release; the next one they get."]
    : [`Pin ${n}`, `Pin ${target ? n : "it"}`, "pinned", one ? "It keeps what it runs until it is let go; then it gets what it missed." : "They keep what they run until they are let go; then they get what they missed."];
  return (
    <Confirm
      close={close}
      question={{
        title,
        verb,
        done: `${target ? n : device} ${done}.`,
        act: async () => {
          me.set(by);
          const body = { by, ...(why ? { why } : {}), ...(release ? { release } : {}) };
          const ids = target ? (await devicesOf(target)).map((d) => d.deviceId) : [device];
          // One after the other: they are kept in one document of the track.
          await forEach(ids, (deviceId) => call("put", "/tracks/{track}/held/{deviceId}", { path: { track, deviceId }, body }), "device", 1);
        },
        children: (
          <>
            <p>{about}</p>
            <div class="fields">
              {!target && (
                <label>
                  <span>Device</span>
                  <input value={device} required maxLength={128} spellcheck={false} autocomplete="off" onInput={(e) => setDevice(e.currentTarget.value.trim())} />
                </label>
              )}
              <label>
                <span>Track</span>
                <select value={track} required onChange={(e) => (setTrack(e.currentTarget.value), setRelease(""))}>
                  <option value="">choose one</option>
                  {tracks.data?.tracks.map((t) => (
                    <option key={t.name}>{t.name}</option>
                  ))}
                </select>
              </label>
              <label>
                <span>Kept out of</span>
                <select value={release} onChange={(e) => setRelease(e.currentTarget.value)}>
                  <option value="">whatever comes</option>
                  {releases.data?.releases
                    .filter((r) => r.track === track)
                    .map((r) => (
                      <option key={r.id} value={r.id}>
                        {r.tag} only
                      </option>
                    ))}
                </select>
              </label>
              <label>
                <span>Your name</span>
                <input value={by} readOnly={me.isKnown()} required maxLength={100} autocomplete="name" onInput={(e) => setBy(e.currentTarget.value)} />
              </label>
              <label>
                <span>Why</span>
                <input value={why} maxLength={500} onInput={(e) => setWhy(e.currentTarget.value)} />
              </label>
            </div>
          </>
        ),
      }}
    />
  );
}

/** Who is kept where they are, by whom and why. */
export function Held() {
  const read = useRead(
    "held",
    async (signal) => {
      const [{ tracks }, { releases }] = await Promise.all([call("get", "/tracks", { signal }), call("get", "/releases", { signal })]);
      const held = await Promise.all(
        tracks.map(async ({ name = "" }) => {
          try {
            return (await call("get", "/tracks/{track}/held", { path: { track: name }, signal })).held.map((h) => ({ ...h, track: name, tag: releases.find((r) => r.id === h.release)?.tag }));
          } catch (e) {
            // Deleted since the list was read.
            if (e instanceof ApiError && e.status === 404) return [];
            throw e;
          }
        }),
      );
      return held.flat();
    },
    ["settings", "releases"],
  );
  const [pinning, setPinning] = useState(false);
  const [busy, act] = useAct();
  return (
    <Card title="Pinned devices" actions={<button onClick={() => setPinning(true)}>Pin a device</button>}>
      <Shown read={read} lines={2}>
        {(held) =>
          held.length === 0 ? (
            <Empty title="No device is pinned">A pinned device keeps what it runs, whatever its track says.</Empty>
          ) : (
            <Table heads={["Device", "Track", "Kept out of", "Who and why", "Since", ""]}>
              {held.map((h) => (
                <tr key={`${h.track}/${h.device}/${h.release}`}>
                  <th scope="row">
                    <DeviceLink id={h.device} />
                  </th>
                  <td>{h.track}</td>
                  <td class={h.release ? "wide break" : "spare"}>{h.release ? <a href={to(["releases", h.release])}>{h.tag ?? h.release}</a> : "whatever comes"}</td>
                  <td class="wide break">
                    {h.by}
                    {h.why && <span class="soft"> · {h.why}</span>}
                  </td>
                  <td>
                    <Time at={h.at} only />
                  </td>
                  <td class="num">
                    <button
                      disabled={busy}
                      aria-label={`Let go ${h.device}`}
                      onClick={() =>
                        act(async () => {
                          await call("delete", "/tracks/{track}/held/{deviceId}", { path: { track: h.track, deviceId: h.device }, query: me.get() ? { by: me.get() } : {} });
                          read.again();
                        }, `${h.device} gets what it missed.`)
                      }
                    >
                      Let go
                    </button>
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Shown>
      {pinning && <Pin close={() => (setPinning(false), read.again())} />}
    </Card>
  );
}
