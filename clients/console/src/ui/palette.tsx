import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { call } from "../api/client";
import { useRead } from "../api/live";
import { Dialog } from "./act";
import { plural } from "./format";
import { go, to } from "./route";

interface Entry {
  name: string;
  about: string;
  run: () => void;
}

/** Without what is counted of it, which changes while it is shown. */
const keyOf = (entry: Entry) => `${entry.about.split(" ")[0]}/${entry.name}`;

const jump = (hash: string) => () => go(hash);

function commands(signOut: () => void): Entry[] {
  const offline = to(["fleet"], { filter: "status:offline" });
  return [
    { name: "Now", about: "page", run: jump("#/now") },
    { name: "Fleet", about: "page", run: jump("#/fleet") },
    { name: "Offline devices", about: "fleet", run: jump(offline) },
    { name: "Batteries below 20 %", about: "fleet", run: jump(to(["fleet"], { filter: "battery<20", sort: "battery" })) },
    { name: "Alerts", about: "page", run: jump("#/alerts") },
    { name: "Releases", about: "page", run: jump("#/releases") },
    { name: "Exposure: which devices run a package or CVE", about: "releases", run: jump("#/releases?view=exposure") },
    { name: "System", about: "page", run: jump("#/system") },
    { name: "Channels", about: "system", run: jump("#/system/channels") },
    { name: "Routes", about: "system", run: jump("#/system/routes") },
    { name: "Mutes", about: "system", run: jump("#/system/mutes") },
    { name: "Models", about: "system", run: jump("#/system/models") },
    { name: "Claims: let devices enrol", about: "system", run: jump("#/system/claims") },
    { name: "Pinned devices", about: "system", run: jump("#/system/tracks") },
    { name: "Registries", about: "system", run: jump("#/system/registries") },
    { name: "Tracks", about: "system", run: jump("#/system/tracks") },
    { name: "Dead letters", about: "system", run: jump("#/system/dead-letters") },
    { name: "Undelivered alerts", about: "system", run: jump("#/system/undelivered") },
    { name: "Sign out", about: "session", run: signOut },
  ];
}

/** Of each kind beside pages and devices. */
const most = 5;

/** Those whose name has it, where it begins with it first. */
const having = (wanted: string, names: string[]) =>
  wanted
    ? names
        .map((name) => ({ name, at: name.toLowerCase().indexOf(wanted) }))
        .filter((n) => n.at >= 0)
        .sort((a, b) => Math.min(a.at, 1) - Math.min(b.at, 1) || a.name.localeCompare(b.name))
        .slice(0, most)
        .map((n) => n.name)
    : [];

/** Groups, models and tracks by a part of their name. */
function useNamed(wanted: string): Entry[] {
  const summary = useRead("summary", (signal) => call("get", "/fleet/summary", { signal }), ["devices"]);
  const tracks = useRead("tracks", (signal) => call("get", "/tracks", { signal }), ["settings"]);
  const { byGroup = {}, byModel = {} } = summary.data ?? {};
  return [
    ...having(wanted, Object.keys(byGroup)).map((name) => ({ name, about: `group · ${plural(byGroup[name] ?? 0, "device")}`, run: jump(to(["fleet"], { filter: `group:${name}` })) })),
    ...having(wanted, Object.keys(byModel)).map((name) => ({ name, about: `model · ${plural(byModel[name] ?? 0, "device")}`, run: jump(to(["fleet"], { filter: `model:${name}` })) })),
    ...having(wanted, (tracks.data?.tracks ?? []).map((t) => t.name ?? "")).map((name) => ({ name, about: "track · its releases", run: jump(to(["releases"], { track: name })) })),
  ];
}

/** Goes anywhere by a few letters: pages, what they do, groups, models and tracks, and devices by the beginning of their id. */
export function Palette({ close, signOut }: { close: () => void; signOut: () => void }) {
  const [text, setText] = useState("");
  const [devices, setDevices] = useState<Entry[]>([]);
  const [marked, setMarked] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const wanted = text.trim().toLowerCase();

  const named = useNamed(wanted);
  const found = [...commands(signOut).filter((c) => wanted.split(/\s+/).every((w) => c.name.toLowerCase().includes(w))), ...named, ...devices];
  // What is marked stays so when more is found above it: who presses Enter has seen it.
  const at = Math.max(0, found.findIndex((entry) => keyOf(entry) === marked));
  const setAt = (i: number) => setMarked(found[i] ? keyOf(found[i]) : "");
  useLayoutEffect(() => setAt(at), [found[at] && keyOf(found[at]), marked]);
  // Another text: the first is marked, and devices are those of the text.
  useLayoutEffect(() => {
    setMarked("");
    setDevices([]);
    if (!/^[\w.:-]{1,128}$/.test(wanted)) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const page = await call("get", "/fleet/devices", { query: { filter: `id:${wanted}`, sort: "id", top: 8 }, signal: stop.signal });
        setDevices(page.devices.map((d) => ({ name: d.deviceId, about: `device · ${d.model ?? "no model"}`, run: jump(to(["devices", d.deviceId])) })));
      } catch {
        // Pages are found all the same.
      }
    }, 120);
    return () => (clearTimeout(timer), stop.abort());
  }, [wanted]);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };
  return (
    <Dialog title="Go to" close={close} kind="palette">
      <input
        autofocus
        role="combobox"
        aria-label="Go to a page, a group or a device"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        placeholder="Page, group, model, track, or the beginning of a device’s id"
        value={text}
        autocomplete="off"
        spellcheck={false}
        onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
          else if (e.key === "ArrowUp") setAt(Math.max(0, at - 1));
          else if (e.key === "Enter") run(found[at]);
          else return;
          e.preventDefault();
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {found.map((entry, i) => (
          <li key={keyOf(entry)} id={`palette-${i}`} role="option" aria-selected={i === at} onClick={() => run(entry)} onMouseMove={() => i !== at && setAt(i)}>
            <span class="break">{entry.name}</span>
            <span class="soft nowrap">{entry.about}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <div class="empty" role="status">
          <b>Nothing is called like that</b>
        </div>
      )}
    </Dialog>
  );
}
