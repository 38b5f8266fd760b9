import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { useRead } from "../api/live";
import { Confirm, Dialog, type Question } from "../ui/act";
import { count, plural } from "../ui/format";
import { Card, DeviceLink, Empty, Shown, Time } from "../ui/parts";
import { Once } from "../ui/once";
import { go, to } from "../ui/route";
import { SchemaForm } from "../ui/schema-form";

type Claim = Schema["ClaimDocument"];

const isOpen = (c: Claim) => !c.revokedAt && Date.parse(c.expiresAt) > Date.now() && c.used < c.uses;

/** Permissions to enrol, for devices that are flashed with one image. */
export function Claims({ id }: { id: string }) {
  const read = useRead("claims", (signal) => call("get", "/fleet/claims", { signal }), ["devices"]);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Claim | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const revoke = (claim: Claim) =>
    setQuestion({
      title: `Revoke ${claim.id}?`,
      children: <p>No more device gets in with it. Those that are in stay.</p>,
      verb: "Revoke",
      danger: true,
      done: `${claim.id} is revoked.`,
      act: () => call("delete", "/fleet/claims/{claim}", { path: { claim: claim.id } }),
    });
  return (
    <>
      <Card title="Claims" actions={<button onClick={() => setMaking(true)}>New claim</button>}>
        <Shown read={read} lines={4}>
          {({ claims }) =>
            claims.length === 0 ? (
              <Empty title="No claim yet">With a claim’s token, devices that are flashed with one image register themselves: as many, and as long, as it says.</Empty>
            ) : (
              <ul class="list">
                {claims.map((c) => (
                  <li key={c.id}>
                    <span class={`tag ${isOpen(c) ? "good" : "idle"}`}>{isOpen(c) ? "open" : c.revokedAt ? "revoked" : c.used >= c.uses ? "used up" : "over"}</span>
                    <div class="grow break">
                      <a href={to(["system", "claims", c.id])}>{c.id}</a>
                      <div class="soft">
                        {count(c.used)} of {plural(c.uses, "device")}
                        {c.idPrefix && ` whose ids begin with ${c.idPrefix}`}
                        {c.model && ` · model ${c.model}`}
                        {c.groups.length > 0 && ` · ${c.groups.join(", ")}`} · until <Time at={c.expiresAt} />
                      </div>
                    </div>
                    {isOpen(c) && (
                      <button class="danger" aria-label={`Revoke ${c.id}`} onClick={() => revoke(c)}>
                        Revoke
                      </button>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
      </Card>
      {id && <Used id={id} close={() => go("#/system/claims", true)} />}
      {making && (
        <Dialog title="New claim" close={() => setMaking(false)} kind="wide">
          <div class="inside">
            <h1>New claim</h1>
            <SchemaForm schema="ClaimRequest" value={{}} verb="Make" send={async (body) => setMade(await call("post", "/fleet/claims", { body }))} done="The claim is made." close={() => (setMaking(false), read.again())} />
          </div>
        </Dialog>
      )}
      {made?.token && (
        <Once title={`The token of ${made.id}`} secret={made.token} close={() => setMade(null)}>
          It is shown this once. A device asks POST /api/devices/enroll with it for a key of its own.
        </Once>
      )}
      {question && <Confirm question={question} close={() => (setQuestion(null), read.again())} />}
    </>
  );
}

function Used({ id, close }: { id: string; close: () => void }) {
  const read = useRead(`claim/${id}`, (signal) => call("get", "/fleet/claims/{claim}", { path: { claim: id }, signal }), ["devices"]);
  return (
    <Dialog title={id} close={close}>
      <div class="inside">
        <h1>{id}</h1>
        <Shown read={read} lines={3}>
          {(claim) =>
            (claim.devices ?? []).length === 0 ? (
              <Empty title="No device has come in with it" />
            ) : (
              <ul class="list">
                {(claim.devices ?? []).map((d) => (
                  <li key={d.deviceId}>
                    <div class="grow">
                      <DeviceLink id={d.deviceId} />
                    </div>
                    <span class="soft">
                      <Time at={d.at} />
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
        <div class="row end">
          <button onClick={close}>Close</button>
        </div>
      </div>
    </Dialog>
  );
}
