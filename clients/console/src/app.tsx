import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, key, onRefused, person } from "./api/client";
import { forgetAll, stayLive, useContact, useRead } from "./api/live";
import icon from "./icon.svg";
import { AlertPage } from "./pages/alert";
import { AlertsPage } from "./pages/alerts";
import { DevicePage } from "./pages/device";
import { FleetPage } from "./pages/fleet";
import { NowPage } from "./pages/now";
import { ReleasePage } from "./pages/release";
import { ReleasesPage } from "./pages/releases";
import { SignIn } from "./pages/sign-in";
import { SystemPage } from "./pages/system";
import { Toasts } from "./ui/act";
import { full } from "./ui/format";
import { Palette } from "./ui/palette";
import { Empty, Page } from "./ui/parts";
import { go, type Place, to, usePlace } from "./ui/route";
import { useShortcuts } from "./ui/shortcuts";

export function App() {
  const [signedIn, setSignedIn] = useState(!!key.get());
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    onRefused.call = () => {
      key.forget();
      forgetAll();
      setSignedIn(false);
    };
    // Who goes back after signing out may get this page as it was left: blank.
    addEventListener("pageshow", (e) => e.persisted && setLeaving(false));
  }, []);
  /** Of a person's session the key is the smaller part: the platform ends the rest, and until it has, who asked who is signed in would be let in again. */
  const signOut = () => {
    const was = person.get();
    person.forget();
    onRefused.call();
    if (!was) return;
    setLeaving(true);
    location.replace("/.auth/logout?post_logout_redirect_uri=%2F");
  };
  return (
    <>
      {signedIn ? <Shell signOut={signOut} /> : !leaving && <SignIn done={() => setSignedIn(true)} />}
      <Toasts />
    </>
  );
}

const places: [string, string][] = [
  ["now", "Now"],
  ["fleet", "Fleet"],
  ["alerts", "Alerts"],
  ["releases", "Releases"],
  ["system", "System"],
];

function Shell({ signOut }: { signOut: () => void }) {
  const place = usePlace();
  const [palette, setPalette] = useState(false);
  const [here = "now"] = place.parts;
  const section = here === "devices" || place.parts[1] === "devices" ? "fleet" : here;

  useEffect(() => {
    const stop = new AbortController();
    void stayLive(stop.signal);
    return () => stop.abort();
  }, []);
  useShortcuts(() => setPalette(true));

  const path = place.parts.join("/");
  useEffect(() => {
    document.title = `${[place.parts[1], places.find(([p]) => p === section)?.[1]].filter(Boolean).join(" · ")} · IoT Backend`;
    scrollTo(0, 0);
  }, [path]);

  return (
    <>
      <div class="shell">
        <header class="side">
          <a class="skip" href={location.hash} onClick={(e) => (e.preventDefault(), document.getElementById("main")?.focus())}>
            Skip to content
          </a>
          <a class="brand" href="#/now">
            <img src={icon} alt="" />
            IoT Backend
          </a>
          <button class="find" onClick={() => setPalette(true)}>
            <span>Go to …</span>
            <kbd>Ctrl K</kbd>
          </button>
          <nav aria-label="Pages">
            <ul>
              {places.map(([at, name]) => (
                <li key={at}>
                  <a href={`#/${at}`} {...(section === at ? { "aria-current": "page" as const } : {})}>
                    {name}
                    {at === "alerts" && <OpenCount />}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div class="foot">
            <Contact />
            {person.get() && <span class="person" title={person.get()}>{person.get()}</span>}
            <button class="plain" onClick={signOut}>
              Sign out
            </button>
          </div>
        </header>
        <div>
          <Lost />
          <Routed place={place} />
        </div>
      </div>
      {palette && <Palette close={() => setPalette(false)} signOut={signOut} />}
    </>
  );
}

function Routed({ place }: { place: Place }): ComponentChildren {
  const [page = "now", id] = place.parts;
  switch (page) {
    case "now":
      return <NowPage />;
    case "fleet":
      return <FleetPage query={place.query} />;
    case "devices":
      return id ? <DevicePage key={id} id={id} /> : <FleetPage query={place.query} />;
    case "alerts":
      return id ? <AlertPage key={id} id={id} /> : <AlertsPage query={place.query} />;
    case "releases":
      return id ? <ReleasePage key={id} id={id} /> : <ReleasesPage query={place.query} />;
    case "system":
      return <SystemPage part={id ?? ""} name={place.parts[2] ?? ""} />;
    default:
      return (
        <Page title="No such page">
          <Empty title={`There is no page “${page}”`}>
            <button onClick={() => go(to(["now"]))}>To Now</button>
          </Empty>
        </Page>
      );
  }
}

/** How many alerts nobody has acknowledged; 100 stands for all that are more. */
function OpenCount() {
  const open = useRead("open-count", (signal) => call("get", "/alerts", { query: { state: "open", top: 100 }, signal }), ["alerts"]);
  const n = open.data?.alerts.filter((a) => a.severity !== "information").length ?? 0;
  if (n === 0) return null;
  return (
    <span class="count">
      {n}
      {open.data?.continuation ? "+" : ""}
      <span class="hidden"> open</span>
    </span>
  );
}

function Contact() {
  const contact = useContact();
  return contact.state === "live" ? (
    <span class="contact">
      <span class="dot" aria-hidden="true" /> Live
    </span>
  ) : (
    <span class="contact bad">
      <span class="dot lost" aria-hidden="true" /> Offline
    </span>
  );
}

function Lost() {
  const contact = useContact();
  if (contact.state === "live") return null;
  return (
    <div class="lost-bar" role="alert">
      The backend has not answered since {full(contact.since)}. What you see is from before; it is asked again every few seconds.
    </div>
  );
}
