import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { backendNow, call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, type Question } from "../ui/act";
import { count, digest, plural } from "../ui/format";
import { Battery, Card, Empty, EmptyBy, FailedSince, Failure, Loading, Page, Status, statusWord, Time, TimeAsDrawn, useClock } from "../ui/parts";
import { go, to, turn } from "../ui/route";
import { useListKeys } from "../ui/shortcuts";
import { bulk, type BulkAction, BulkMove, BulkMute } from "./fleet-bulk";
import { Pin } from "./holds";

type Device = Schema["DeviceDocument"];

const pageSize = 50;

const columns: { key: string; name: string; sort?: string; num?: boolean }[] = [
  { key: "id", name: "Device", sort: "id" },
  { key: "status", name: "Status", sort: "status" },
  { key: "battery", name: "Battery", sort: "battery" },
  { key: "empty", name: "Empty by", sort: "empty" },
  { key: "rssi", name: "Signal", sort: "rssi", num: true },
  { key: "loss", name: "Loss", sort: "loss", num: true },
  { key: "lastSeen", name: "Last seen", sort: "lastSeen" },
  { key: "model", name: "Model", sort: "model" },
  { key: "groups", name: "Groups" },
  { key: "image", name: "Image" },
];

/** Words without a colon are taken for the beginning of an id. */
export const toFilter = (text: string) =>
  text
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => (/[:<]/.test(word) ? word : `id:${word}`))
    .join(" ");

export function FleetPage({ query }: { query: URLSearchParams }) {
  const filter = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "id";
  const skip = Math.max(0, Number(query.get("skip")) || 0);
  const [text, setText] = useState(filter);
  const [at, setAt] = useState(-1);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [question, setQuestion] = useState<Question | null>(null);
  const [action, setAction] = useState<BulkAction | null>(null);

  const sortBy = (by: string) => turn({ sort: by === "id" ? undefined : by, skip: undefined });
  const skipTo = (first: number) => turn({ skip: first > 0 ? String(first) : undefined });

  // What is typed is in the address a moment later; what the address says otherwise (a link, going back) is typed.
  const asked = useRef(filter);
  useLayoutEffect(() => {
    if (filter === asked.current) return;
    asked.current = filter;
    setText(filter);
  }, [filter]);
  useLayoutEffect(() => {
    const wanted = toFilter(text);
    if (wanted === asked.current) return;
    const timer = setTimeout(() => {
      asked.current = wanted;
      turn({ filter: wanted, skip: undefined });
    }, 20);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setPicked((before) => (before.size > 0 ? new Set() : before)), [filter]);

  const name = `fleet?${filter}&${sort}&${skip}`;
  const page = useRead(name, (signal) => call("get", "/fleet/devices", { query: { ...(filter ? { filter } : {}), sort, skip, total: true, top: pageSize }, signal }), ["devices", "alerts"], 10_000);
  const summary = useRead("summary", (signal) => call("get", "/fleet/summary", { signal }), ["devices", "alerts"]);
  // While the next page is read the one before stays, so that nothing jumps.
  const last = useRef(page.data);
  if (page.data) last.current = page.data;
  const shown = page.data ?? (page.error ? undefined : last.current);
  const devices = shown?.devices ?? [];
  const total = shown?.total ?? 0;

  const toggle = (id: string) => setPicked((before) => (before.has(id) ? new Set([...before].filter((i) => i !== id)) : new Set([...before, id])));
  const open = (i: number) => devices[i] && go(to(["devices", devices[i].deviceId]));
  useListKeys(devices.length, at, setAt, open, (i) => devices[i] && toggle(devices[i].deviceId));
  const all = devices.length > 0 && devices.every((d) => picked.has(d.deviceId));
  const clock = useClock();
  // Not drawn anew with every letter of a filter; but what was seen a while ago gets older also where nothing new is read.
  const rows = useMemo(() => devices.map((d, i) => <DeviceRow key={d.deviceId} device={d} here={i === at} picked={picked.has(d.deviceId)} toggle={toggle} />), [shown, at, picked, clock]);
  const target = useMemo(
    () => (picked.size > 0 ? { ids: [...picked], filter: "", count: picked.size } : { ids: null, filter, count: total }),
    [picked, filter, total],
  );

  return (
    <Page
      title="Fleet"
      about={shown ? `${plural(total, "device")}${filter ? ` ${total === 1 ? "matches" : "match"}` : ""}` : "Devices and what they report"}
      actions={
        <>
          <BulkMenu
            disabled={target.count === 0}
            label={!shown ? "With all" : picked.size > 0 ? `${count(picked.size)} picked` : filter ? `All ${count(total)} that match` : `All ${count(total)}`}
            choose={(chosen) => (chosen === "mute" || chosen === "move" || chosen === "pin" ? setAction(chosen) : setQuestion(bulk(chosen, target)))}
          />
          <button class="main" onClick={() => go(to(["system", "devices", "new"]))}>
            Register a device
          </button>
        </>
      }
    >
      <div class="bar" role="search">
        <div class="grow">
          <input
            type="search"
            data-filter
            aria-label="Filter devices"
            placeholder="battery<20  label.floor:2  or the beginning of an id"
            value={text}
            spellcheck={false}
            autocomplete="off"
            aria-invalid={!!page.error && filter !== ""}
            onInput={(e) => setText(e.currentTarget.value)}
            onKeyDown={(e) => e.key === "Escape" && (setText(""), e.currentTarget.blur())}
          />
        </div>
        {summary.data && <Facet name="Group" term="group" counts={summary.data.byGroup} text={text} set={setText} />}
        {summary.data && <Facet name="Model" term="model" counts={summary.data.byModel} text={text} set={setText} />}
        {summary.data && <Facet name="Status" term="status" counts={summary.data.byStatus} text={text} set={setText} word={statusWord} />}
      </div>
      <FailedSince error={page.data && page.error} />
      <Card
        title={filter ? <span class="mono break">{filter}</span> : "All devices"}
        actions={shown?.at && <AsOf at={shown.at} />}
      >
        {page.error && !page.data ? (
          <Failure error={page.error} again={page.again} />
        ) : !shown ? (
          <Loading lines={9} />
        ) : devices.length === 0 ? (
          filter ? (
            <Empty title="No device matches">
              <button onClick={() => setText("")}>Clear the filter</button>
            </Empty>
          ) : (
            <Empty title="No device is registered yet">Register one here, or with PUT /api/fleet/devices/ID.</Empty>
          )
        ) : (
          <div class="scroll" aria-busy={page.loading}>
            <table class="folding">
              <thead>
                <tr>
                  <th class="pick">
                    <input
                      type="checkbox"
                      aria-label="Pick all on this page"
                      checked={all}
                      onChange={() => setPicked(all ? new Set() : new Set([...picked, ...devices.map((d) => d.deviceId)]))}
                    />
                  </th>
                  {columns.map((c) => (
                    <Heading key={c.key} column={c} sort={sort} set={sortBy} />
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows}
              </tbody>
            </table>
            {total > pageSize && (
              <div class="more">
                <span>
                  {count(skip + 1)}–{count(skip + devices.length)} of {count(total)}
                </span>
                <span class="row">
                  <button disabled={skip === 0} onClick={() => skipTo(skip - pageSize)}>
                    Previous
                  </button>
                  <button disabled={skip + devices.length >= total} onClick={() => skipTo(skip + pageSize)}>
                    Next
                  </button>
                </span>
              </div>
            )}
          </div>
        )}
      </Card>
      {question && <Confirm question={question} close={() => (setQuestion(null), page.again())} />}
      {action === "mute" && <BulkMute target={target} close={() => setAction(null)} />}
      {action === "pin" && <Pin target={target} close={() => setAction(null)} />}
      {action === "move" && <BulkMove target={target} close={() => (setAction(null), page.again())} />}
    </Page>
  );
}

/** What devices report is from then; of a large fleet it is read less often. */
function AsOf({ at }: { at: string }) {
  const isOld = backendNow() - Date.parse(at) > 30_000;
  return (
    <span class={isOld ? "warn" : "soft"} title="What devices report is as old as that; registrations are as they are now.">
      as of <Time at={at} ago={isOld} />
    </span>
  );
}

function Heading({ column: c, sort, set }: { column: (typeof columns)[number]; sort: string; set: (sort: string) => void }) {
  const by = sort.replace("-", "");
  const turned = sort.startsWith("-");
  return (
    <th class={`${c.num ? "num" : ""}`} scope="col" {...(c.sort === by ? { "aria-sort": turned ? ("descending" as const) : ("ascending" as const) } : {})}>
      {c.sort ? (
        <button class="sort" onClick={() => set(by === c.sort && !turned ? `-${c.sort}` : (c.sort ?? "id"))}>
          {c.name}
          <span aria-hidden="true">{c.sort === by ? (turned ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        c.name
      )}
    </th>
  );
}

function DeviceRow({ device: d, here, picked, toggle }: { device: Device; here: boolean; picked: boolean; toggle: (id: string) => void }) {
  const images = Object.entries(d.images ?? {});
  return (
    <tr class={`${here ? "here" : ""} ${picked ? "picked" : ""}`}>
      <td class="pick">
        <input type="checkbox" aria-label={`Pick ${d.deviceId}`} checked={picked} onChange={() => toggle(d.deviceId)} />
      </td>
      <th scope="row">
        <a class="id" href={to(["devices", d.deviceId])}>
          {d.deviceId}
        </a>
      </th>
      <td>
        <Status of={d.status} />
      </td>
      <td>
        <Battery of={d.battery} />
      </td>
      <td class="spare">
        <EmptyBy of={d.forecast?.empty} />
      </td>
      <td class="num spare">{d.link?.rssi != null ? `${Math.round(d.link.rssi)} dBm` : <span class="soft">–</span>}</td>
      <td class="num spare">{d.link?.lossRatio != null ? `${(d.link.lossRatio * 100).toFixed(d.link.lossRatio < 0.1 ? 1 : 0)} %` : <span class="soft">–</span>}</td>
      <td>
        <TimeAsDrawn at={d.lastSeenAt} only />
      </td>
      <td class="spare">{d.model ?? <span class="soft">–</span>}</td>
      <td class="wide">
        {d.groups.map((g) => (
          <a key={g} class="chip" title={g} href={to(["fleet"], { filter: `group:${g}` })}>
            {g}
          </a>
        ))}
      </td>
      <td class="spare">
        {images.length === 0 && <span class="soft">–</span>}
        {images.map(([track, image]) => (
          <div key={track} class="soft nowrap" title={`${track} ${image}`}>
            {images.length > 1 && `${track} `}
            <span class="mono">{digest(image).replace("sha256:", "")}</span>
          </div>
        ))}
      </td>
    </tr>
  );
}

/** A term of the filter as a choice of what there is. */
function Facet({ name, term, counts, text, set, word = (v) => v }: { name: string; term: string; counts: Record<string, number>; text: string; set: (text: string) => void; word?: (value: string) => string }) {
  const values = Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 100);
  const pattern = new RegExp(`(^|\\s)${term}:(\\S+)`);
  const chosen = pattern.exec(text)?.[2] ?? "";
  if (values.length === 0) return null;
  return (
    <select
      aria-label={name}
      value={chosen}
      onChange={(e) => {
        const rest = text.replace(pattern, " ").trim().replace(/\s+/g, " ");
        set([rest, e.currentTarget.value ? `${term}:${e.currentTarget.value}` : ""].filter(Boolean).join(" "));
      }}
    >
      <option value="">{name}: any</option>
      {chosen && !(chosen in counts) && <option value={chosen}>{chosen}</option>}
      {values.map(([value, n]) => (
        <option key={value} value={value}>
          {word(value)} ({count(n)})
        </option>
      ))}
    </select>
  );
}

function BulkMenu({ label, disabled, choose }: { label: string; disabled: boolean; choose: (action: BulkAction) => void }) {
  return (
    <select
      aria-label="Do something with them"
      disabled={disabled}
      value=""
      onChange={(e) => {
        const chosen = e.currentTarget.value as BulkAction | "";
        e.currentTarget.value = "";
        if (chosen) choose(chosen);
      }}
    >
      <option value="">{label} …</option>
      <option value="disable">Disable</option>
      <option value="enable">Enable</option>
      <option value="mute">Mute their alerts</option>
      <option value="move">Move to a group</option>
      <option value="pin">Pin to what they run</option>
    </select>
  );
}
