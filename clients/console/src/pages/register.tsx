import { useRef, useState } from "preact/hooks";
import { ApiError, call } from "../api/client";
import { useFresh, useRead } from "../api/live";
import { Once } from "../ui/once";
import { Card, Failure, Loading } from "../ui/parts";
import { go, to } from "../ui/route";
import { SchemaForm } from "../ui/schema-form";
import { registrationOf } from "./fleet-bulk";

/** A new device, or with an id what is said of one. */
export function RegisterDevice({ id, close }: { id: string; close: () => void }) {
  const read = useRead(id ? `registration/${id}` : null, async (signal) => {
    const [device, { models }] = await Promise.all([call("get", "/fleet/devices/{deviceId}", { path: { deviceId: id }, signal }), call("get", "/fleet/models", { signal })]);
    return registrationOf(device, models.find((m) => m.name === device.model)?.platform, device.groups);
  }, []);
  const fresh = useFresh(read);
  const [given, setGiven] = useState("");
  // Where the form ends with a key, that is shown first.
  const isMade = useRef(false);
  const [keys, setKeys] = useState<{ id: string; primary: string } | null>(null);
  return (
    <Card title={id ? "Registration" : "New device"} body>
      <div class="stack">
        {!id && (
          <label>
            <span>Device id</span>
            <input value={given} required autofocus maxLength={128} spellcheck={false} autocomplete="off" aria-describedby="id-hint" onInput={(e) => setGiven(e.currentTarget.value.trim())} />
            <span class="hint" id="id-hint">
              1 to 128 of A-Z a-z 0-9 - _ . :
            </span>
          </label>
        )}
        {id && !fresh ? (
          read.error ? <Failure error={read.error} again={read.again} /> : <Loading lines={5} />
        ) : (
          <SchemaForm
            schema="RegistrationRequest"
            value={(fresh ?? {}) as Record<string, unknown>}
            verb={id ? "Save" : "Register"}
            send={async (body) => {
              if (!id && !given) throw new Error("Give it an id.");
              if (!id && (await isRegistered(given))) throw new Error(`${given} is registered already. Edit it on its page.`);
              const made = await call("put", "/fleet/devices/{deviceId}", { path: { deviceId: id || given }, body });
              if (!made.primaryKey) return;
              isMade.current = true;
              setKeys({ id: given, primary: made.primaryKey });
            }}
            done={id ? `${id} is saved.` : `${given} is registered.`}
            close={() => isMade.current || close()}
          />
        )}
      </div>
      {keys && (
        <Once title={`The key of ${keys.id}`} secret={keys.primary} close={() => go(to(["devices", keys.id]))}>
          It is shown this once. The device signs with it as Azure IoT Hub’s devices do.
        </Once>
      )}
    </Card>
  );
}

async function isRegistered(deviceId: string): Promise<boolean> {
  try {
    await call("get", "/fleet/devices/{deviceId}", { path: { deviceId } });
    return true;
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return false;
    throw e;
  }
}
