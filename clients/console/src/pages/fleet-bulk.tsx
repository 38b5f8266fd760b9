import { useState } from "preact/hooks";
import { call, type Schema } from "../api/client";
import { Confirm, me, type Question } from "../ui/act";
import { count, plural } from "../ui/format";

export type BulkAction = "disable" | "enable" | "mute" | "move" | "pin";

/** Devices that were picked, or all that a filter matches. */
export interface Target {
  ids: string[] | null;
  filter: string;
  count: number;
}

const most = 5000;
/** What the backend takes in one. */
const mostInMute = 200;
const top = 1000;

export async function devicesOf(target: Target): Promise<Schema["DeviceDocument"][]> {
  if (target.ids) return Promise.all(target.ids.map((deviceId) => call("get", "/fleet/devices/{deviceId}", { path: { deviceId } })));
  const found: Schema["DeviceDocument"][] = [];
  let continuation: string | undefined;
  do {
    const page = await call("get", "/fleet/devices", { query: { ...(target.filter ? { filter: target.filter } : {}), top, ...(continuation ? { continuation } : {}) } });
    found.push(...page.devices);
    continuation = page.continuation ?? undefined;
  } while (continuation && found.length < most);
  return found;
}

/** Each in turn, a few at once; all are tried, and what failed is said. */
export async function forEach<T>(all: T[], work: (one: T) => Promise<unknown>, what = "device", atOnce = 6): Promise<void> {
  const queue = [...all];
  const failed: string[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        try {
          await work(one);
        } catch (e) {
          failed.push((e as Error).message);
        }
      }
    }),
  );
  if (failed.length > 0) throw new Error(`${plural(failed.length, what)} of ${count(all.length)} failed: ${failed[0]}`);
}

export function bulk(action: "disable" | "enable", target: Target): Question {
  const n = plural(target.count, "device");
  return action === "disable"
    ? {
        title: `Disable ${n}?`,
        children: <p>They are let in nowhere until they are enabled again: what they send is refused.{tooMany(target)}</p>,
        verb: `Disable ${n}`,
        danger: true,
        ...(target.count > 1 ? { type: String(target.count) } : {}),
        act: async () => forEach(await devicesOf(target), (d) => call("post", "/fleet/devices/{deviceId}/disable", { path: { deviceId: d.deviceId } })),
        done: `${n} disabled.`,
      }
    : {
        title: `Enable ${n}?`,
        children: <p>Their keys are taken again.{tooMany(target)}</p>,
        verb: `Enable ${n}`,
        act: async () => forEach(await devicesOf(target), (d) => call("post", "/fleet/devices/{deviceId}/enable", { path: { deviceId: d.deviceId } })),
        done: `${n} enabled.`,
      };
}

const tooMany = (target: Target) => (target.count > most ? ` Only the first ${count(most)} by id are taken at a time.` : "");

export function BulkMute({ target, close }: { target: Target; close: () => void }) {
  const [hours, setHours] = useState("4");
  const [reason, setReason] = useState("");
  const n = plural(target.count, "device");
  return (
    <Confirm
      close={close}
      question={{
        title: `Mute ${n}`,
        verb: `Mute ${n}`,
        done: `${n} muted for ${hours} h.`,
        act: async () => {
          const devices = await devicesOf(target);
          const until = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
          for (let i = 0; i < devices.length; i += mostInMute)
            await call("post", "/mutes", {
              body: { matchers: { deviceIds: devices.slice(i, i + mostInMute).map((d) => d.deviceId) }, until, reason, ...(me.get() ? { author: me.get() } : {}) },
            });
        },
        children: (
          <>
            <p>Alerts are kept, and told to nobody until the time is over; what still stands then is told.</p>
            <div class="fields">
              <label>
                <span>For</span>
                <select value={hours} onChange={(e) => setHours(e.currentTarget.value)}>
                  {["1", "4", "8", "24", "72", "168"].map((h) => (
                    <option key={h} value={h}>
                      {Number(h) < 24 ? `${h} h` : `${Number(h) / 24} d`}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                <span>Why</span>
                <input value={reason} required maxLength={200} onInput={(e) => setReason(e.currentTarget.value)} />
              </label>
            </div>
          </>
        ),
      }}
    />
  );
}

export function BulkMove({ target, close }: { target: Target; close: () => void }) {
  const [group, setGroup] = useState("");
  const [instead, setInstead] = useState(true);
  const n = plural(target.count, "device");
  return (
    <Confirm
      close={close}
      question={{
        title: `Move ${n} to a group`,
        verb: `Move ${n}`,
        done: `${n} moved to ${group}.`,
        act: async () => {
          const models = new Map((await call("get", "/fleet/models")).models.map((m) => [m.name, m]));
          await forEach(await devicesOf(target), (d) =>
            call("put", "/fleet/devices/{deviceId}", { path: { deviceId: d.deviceId }, body: registrationOf(d, models.get(d.model ?? "")?.platform, instead ? [group] : [...new Set([...d.groups, group])]) }),
          );
        },
        children: (
          <div class="fields">
            <label>
              <span>Group</span>
              <input value={group} required maxLength={128} pattern="[A-Za-z0-9\-_.:]+" onInput={(e) => setGroup(e.currentTarget.value)} />
            </label>
            <label class="check">
              <input type="checkbox" checked={instead} onChange={(e) => setInstead(e.currentTarget.checked)} />
              <span>Instead of the groups they are in</span>
            </label>
          </div>
        ),
      }}
    />
  );
}

/** What a device was registered with; a platform that comes from its model stays the model's. */
export function registrationOf(device: Schema["DeviceDocument"], modelsPlatform: string | null | undefined, groups: string[]): Schema["RegistrationRequest"] {
  return {
    ...(device.model ? { model: device.model } : {}),
    ...(device.platform && device.platform !== modelsPlatform ? { platform: device.platform } : {}),
    groups,
    ...(device.reportingInterval ? { reportingInterval: device.reportingInterval } : {}),
    labels: device.labels,
  };
}
