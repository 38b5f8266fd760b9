import type { ComponentChildren } from "preact";
import { Page } from "../ui/parts";
import { go, to } from "../ui/route";
import { collections, Documents } from "./documents";
import { Claims } from "./claims";
import { DeadLetters } from "./dead-letters";
import { Health } from "./health";
import { Held } from "./holds";
import { RegisterDevice } from "./register";
import { Routes } from "./routes";
import { Undelivered } from "./undelivered";

const parts: [string, string][] = [
  ["", "Health"],
  ["dead-letters", "Dead letters"],
  ["undelivered", "Undelivered"],
  ["channels", "Channels"],
  ["routes", "Routes"],
  ["escalations", "Escalations"],
  ["mutes", "Mutes"],
  ["models", "Models"],
  ["claims", "Claims"],
  ["registries", "Registries"],
  ["tracks", "Tracks"],
];

export function SystemPage({ part, name }: { part: string; name: string }) {
  return (
    <Page title={part === "devices" ? (name === "new" ? "Register a device" : name) : "System"} about={part === "devices" ? (name === "new" ? "It gets a key of its own" : "") : "The backend, and what it is told to do"}>
      <div class="stack">
        {part !== "devices" && (
          <nav class="tabs" aria-label="Parts of the system">
            {parts.map(([at, title]) => (
              <a key={at} href={at ? to(["system", at]) : "#/system"} {...(part === at ? { "aria-current": "page" as const } : {})}>
                {title}
              </a>
            ))}
          </nav>
        )}
        <Part part={part} name={name} />
      </div>
    </Page>
  );
}

function Part({ part, name }: { part: string; name: string }): ComponentChildren {
  const collection = collections[part];
  if (collection)
    return (
      <>
        <Documents key={part} of={collection} name={name} />
        {part === "tracks" && <Held />}
      </>
    );
  switch (part) {
    case "":
      return <Health />;
    case "dead-letters":
      return <DeadLetters />;
    case "undelivered":
      return <Undelivered />;
    case "claims":
      return <Claims id={name} />;
    case "routes":
      return <Routes />;
    case "devices":
      return <RegisterDevice id={name === "new" ? "" : name} close={() => (name === "new" || !name ? go("#/fleet") : go(to(["devices", name])))} />;
    default:
      return <p class="note">There is no such part.</p>;
  }
}
