import { useLayoutEffect, useState } from "preact/hooks";
import { call, callForCsv, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { useAct } from "../ui/act";
import { count, digest, full, plural } from "../ui/format";
import { Card, DeviceLink, Empty, Page, Shown, Table, Time } from "../ui/parts";
import { go, to } from "../ui/route";
import { save } from "../ui/save";

const looks: Record<Schema["ReleaseState"], string> = { active: "good", held: "bad", waiting: "warn", superseded: "idle", withdrawn: "idle" };

export function ReleaseState({ of }: { of: Schema["ReleaseState"] }) {
  return <span class={`tag ${looks[of]}`}>{of}</span>;
}

export function ReleasesPage({ query }: { query: URLSearchParams }) {
  const exposure = query.get("view") === "exposure";
  return (
    <Page
      title="Releases"
      about={exposure ? "Who runs a package, or is hit by a vulnerability" : "Images that were pushed, and how far each has come"}
      actions={
        <div class="tabs" role="group" aria-label="View">
          <a href="#/releases" {...(exposure ? {} : { "aria-current": "true" as const })}>
            Releases
          </a>
          <a href="#/releases?view=exposure" {...(exposure ? { "aria-current": "true" as const } : {})}>
            Exposure
          </a>
        </div>
      }
    >
      {exposure ? <Exposure query={query} /> : <List track={query.get("track") ?? ""} />}
    </Page>
  );
}

function List({ track }: { track: string }) {
  const releases = useRead(`releases?${track}`, (signal) => call("get", "/releases", { query: track ? { track } : {}, signal }), ["releases"]);
  const tracks = useRead("tracks", (signal) => call("get", "/tracks", { signal }), ["settings"]);
  return (
    <div class="stack">
      {tracks.data && tracks.data.tracks.length > 1 && (
        <div class="bar">
          <select aria-label="Track" value={track} onChange={(e) => go(to(["releases"], { track: e.currentTarget.value }), true)}>
            <option value="">All tracks</option>
            {tracks.data.tracks.map((t) => (
              <option key={t.name}>{t.name}</option>
            ))}
          </select>
        </div>
      )}
      <Card title={track || "All tracks"} actions={<a href="#/system/tracks">Tracks</a>}>
        <Shown read={releases} lines={6}>
          {({ releases: all }) =>
            all.length === 0 ? (
              <Empty title="Nothing was pushed yet">
                <span>
                  A <a href="#/system/tracks">track</a> follows a repository of a <a href="#/system/registries">registry</a>; each push that fits becomes a release.
                </span>
              </Empty>
            ) : (
              <Table heads={["Release", "State", "Gates", "First seen", "Out since", "Digest"]}>
                {[...all].sort((a, b) => Date.parse(b.firstSeenAt) - Date.parse(a.firstSeenAt)).map((r) => (
                  <tr key={r.id}>
                    <th scope="row">
                      <a href={to(["releases", r.id])}>
                        {r.track} {r.tag}
                      </a>
                    </th>
                    <td>
                      <ReleaseState of={r.state} />
                    </td>
                    <td class="wide">
                      <GateSummary of={r} />
                    </td>
                    <td>
                      <Time at={r.firstSeenAt} />
                    </td>
                    <td class="spare">{r.activatedAt ? <Time at={r.activatedAt} /> : <span class="soft">–</span>}</td>
                    <td class="spare mono">{digest(r.digest)}</td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Shown>
      </Card>
    </div>
  );
}

function GateSummary({ of: { gates, overrides } }: { of: Schema["ReleaseDocument"] }) {
  const lifted = new Set(overrides.map((o) => o.gate));
  const stopping = gates.filter((g) => (g.verdict === "held" || g.verdict === "waiting") && !lifted.has(g.gate));
  const passed = gates.filter((g) => g.verdict === "passed").length;
  return stopping.length === 0 ? (
    <span class="soft">
      {plural(passed, "gate")} passed{lifted.size > 0 && `, ${count(lifted.size)} overridden`}
    </span>
  ) : (
    <span class="break">
      {stopping.map((g) => g.gate).join(", ")}: {stopping[0]?.reason}
    </span>
  );
}

function Exposure({ query }: { query: URLSearchParams }) {
  const cve = query.get("cve") ?? "";
  const name = query.get("package") ?? "";
  const [text, setText] = useState(cve || name);
  const [busy, act] = useAct();
  const asked = cve || name;
  // Also where a link or going back asks for another.
  useLayoutEffect(() => setText(asked), [asked]);
  const found = useRead(asked ? `exposure?${cve}&${name}` : null, (signal) => call("get", "/exposure", { query: { ...(cve ? { cve } : { package: name }), top: 500 }, signal }), ["releases"]);
  return (
    <div class="stack">
      <form
        class="bar"
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          const wanted = text.trim();
          go(to(["releases"], { view: "exposure", ...(/^(CVE|GHSA)-/i.test(wanted) ? { cve: wanted } : { package: wanted }) }));
        }}
      >
        <div class="grow">
          <input type="search" data-filter aria-label="CVE or package" placeholder="CVE-2026-1234, or a package: openssl, or pkg:deb/debian/openssl" value={text} spellcheck={false} autocomplete="off" required onInput={(e) => setText(e.currentTarget.value)} />
        </div>
        <button class="main">Who runs it?</button>
      </form>
      {!asked ? (
        <Card title="Exposure">
          <Empty title="Which devices run a package, or are hit by a vulnerability?">Asked of the SBOMs and scans of what devices report to run, not of what they should run.</Empty>
        </Card>
      ) : (
        <Card
          title={
            <>
              Devices that run <span class="mono break">{asked}</span>
            </>
          }
          actions={
            found.data &&
            found.data.devices > 0 && (
              <button disabled={busy} aria-busy={busy} onClick={() => act(async () => save(await callForCsv("/exposure", { query: cve ? { cve } : { package: name } }), `exposure ${asked} ${found.data?.at.slice(0, 10)}.csv`))}>
                All as CSV
              </button>
            )
          }
        >
          <Shown read={found} lines={4}>
            {(answer) => (
              <>
                {answer.concerned.length === 0 ? (
                  <Empty title={answer.unknown.length > 0 ? "None that is known of" : "No device runs it"}>By what devices report to run.</Empty>
                ) : (
                  <Table heads={["Device", "Runs", "Because", "Mended by"]}>
                    {answer.concerned.map((d) => (
                      <tr key={`${d.deviceId}/${d.track}`}>
                        <th scope="row">
                          <DeviceLink id={d.deviceId} />
                        </th>
                        <td>
                          <a href={to(["releases", d.release])}>
                            {d.track} {d.tag}
                          </a>
                          {!d.seen && <span class="soft"> · was told to, not seen yet</span>}
                        </td>
                        <td class="wide break">{d.because}</td>
                        <td>{d.mendedBy ?? <span class="soft">no release yet</span>}</td>
                      </tr>
                    ))}
                  </Table>
                )}
                {answer.continuation && <div class="more">The first {count(answer.concerned.length)}; the CSV has all of them</div>}
                <div class="more">
                  {plural(answer.devices, "device")} concerned, as of {full(new Date(answer.at))}
                </div>
                {answer.unknown.length > 0 && (
                  <details class="more">
                    <summary>Of images that devices run, these have neither SBOM nor scan: who runs them may be concerned too</summary>
                    <ul>
                      {answer.unknown.map((image) => (
                        <li key={image} class="mono break">
                          {image}
                        </li>
                      ))}
                    </ul>
                  </details>
                )}
              </>
            )}
          </Shown>
        </Card>
      )}
    </div>
  );
}
