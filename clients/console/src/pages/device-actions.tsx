import { call } from "../api/client";
import type { Question } from "../ui/act";
import { go } from "../ui/route";

export const disable = (id: string): Question => ({
  title: `Disable ${id}?`,
  children: <p>It is let in nowhere until it is enabled again: what it sends is refused.</p>,
  verb: "Disable",
  danger: true,
  act: () => call("post", "/fleet/devices/{deviceId}/disable", { path: { deviceId: id } }),
  done: `${id} is disabled.`,
});

export const enable = (id: string): Question => ({
  title: `Enable ${id}?`,
  children: <p>Its keys are taken again.</p>,
  verb: "Enable",
  act: () => call("post", "/fleet/devices/{deviceId}/enable", { path: { deviceId: id } }),
  done: `${id} is enabled.`,
});

export const rotate = (id: string, show: (key: string) => void): Question => ({
  title: `A new key for ${id}?`,
  children: <p>The key before the last one is void at once; the last one becomes the secondary and goes on working.</p>,
  verb: "Make a new key",
  act: async () => show((await call("post", "/fleet/devices/{deviceId}/rotate-keys", { path: { deviceId: id } })).primaryKey ?? ""),
  done: `${id} has a new key.`,
});

export const remove = (id: string): Question => ({
  title: `Remove ${id}?`,
  children: <p>Its keys are void for good, and what is known of it is forgotten. This cannot be undone.</p>,
  verb: "Remove",
  danger: true,
  type: id,
  act: async () => {
    await call("delete", "/fleet/devices/{deviceId}", { path: { deviceId: id } });
    go("#/fleet");
  },
  done: `${id} is removed.`,
});
