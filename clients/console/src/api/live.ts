import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, call, key, Unreachable } from "./client";

export type Kind = "alerts" | "devices" | "models" | "releases" | "settings";

/** How the page and the backend get on. */
export type Contact = { state: "live" } | { state: "lost"; since: Date };

const waitSeconds = 20;
const renewEvery = 60_000;

const listeners = new Set<(kinds: ReadonlySet<string> | "all") => void>();
const contactListeners = new Set<(contact: Contact) => void>();
let contact: Contact = { state: "live" };

function setContact(next: Contact) {
  if (next.state === contact.state) return;
  const back = next.state === "live";
  contact = next;
  for (const listener of contactListeners) listener(contact);
  if (back) tell("all");
}

function tell(kinds: ReadonlySet<string> | "all") {
  for (const listener of listeners) listener(kinds);
}

/** Has everything of a kind read again: this page has changed it. */
export const renew = (...kinds: Kind[]) => tell(new Set(kinds));

/** Asks what changed for as long as the page is seen; stops when the signal says so. */
export async function stayLive(signal: AbortSignal): Promise<void> {
  let cursor: string | undefined;
  let failures = 0;
  const renewing = setInterval(() => !document.hidden && tell("all"), renewEvery);
  signal.addEventListener("abort", () => clearInterval(renewing));
  while (!signal.aborted && key.get()) {
    if (document.hidden) {
      await once(document, "visibilitychange", signal);
      tell("all");
      continue;
    }
    try {
      const answer = await call("get", "/changes", { query: cursor ? { since: cursor, wait: waitSeconds } : {}, signal: AbortSignal.any([signal, AbortSignal.timeout((waitSeconds + 15) * 1000)]) });
      setContact({ state: "live" });
      failures = 0;
      cursor = answer.cursor;
      if (answer.changed.length > 0) tell(new Set(answer.changed));
      if (answer.askAgainAfter) await pause(5000, signal);
    } catch (e) {
      if (signal.aborted) return;
      if (e instanceof ApiError && e.status === 401) return;
      if (e instanceof ApiError && e.status === 400) cursor = undefined;
      failures++;
      if (!(e instanceof ApiError)) setContact({ state: "lost", since: new Date() });
      await pause(Math.min(15_000, 500 * 2 ** failures), signal);
    }
  }
}

export function useContact(): Contact {
  const [now, set] = useState(contact);
  useEffect(() => {
    contactListeners.add(set);
    // It may have changed since it was drawn first.
    set(contact);
    return () => void contactListeners.delete(set);
  }, []);
  return now;
}

export interface Read<T> {
  data: T | undefined;
  error: Error | undefined;
  /** When `data` was read. */
  at: Date | undefined;
  /** Nothing was read yet since it was asked for: what is there may be from before. */
  loading: boolean;
  again: () => void;
}

/** What was read last under each name: going back shows it at once, and it is read again meanwhile. */
const remembered = new Map<string, { data: unknown; at: Date }>();
const maxRemembered = 60;

export function forgetAll() {
  remembered.clear();
}

/**
 * Reads something, and again whenever it may have changed. What was there stays while it is read again, and after a failure.
 * @param name Tells apart what is read; a new name reads anew. Null = nothing is read.
 * @param kinds Changes that concern it.
 * @param every Milliseconds after which it is read again in any case while the page is seen; 0 = each minute.
 */
export function useRead<T>(name: string | null, read: (signal: AbortSignal) => Promise<T>, kinds: readonly Kind[], every = 0): Read<T> {
  const reading = useRef(read);
  reading.current = read;
  const [state, setState] = useState<{ name: string | null; data?: T; error?: Error; at?: Date; loading: boolean }>(() => ({ name, loading: name !== null, ...known<T>(name) }));
  const shown = state.name === name ? state : { name, loading: name !== null, ...known<T>(name) };

  const asked = useRef({ running: false, once: false, again: () => {} });
  // Asked before the page without it is painted: a frame sooner.
  useLayoutEffect(() => {
    if (name === null) return;
    const stop = new AbortController();
    const mine = { running: false, once: false, again: () => {} };
    asked.current = mine;
    // What changes while it is read is read once more afterwards; a slow answer is waited for, not begun anew.
    mine.again = () => {
      if (mine.running) {
        mine.once = true;
        return;
      }
      [mine.running, mine.once] = [true, false];
      reading.current(stop.signal).then(
        (data) => {
          if (stop.signal.aborted) return;
          const at = new Date();
          remember(name, { data, at });
          setState({ name, data, at, loading: false });
          done();
        },
        (error: Error) => {
          if (stop.signal.aborted) return;
          if (error instanceof Unreachable) setContact({ state: "lost", since: new Date() });
          setState({ name, ...known<T>(name), error, loading: false });
          done();
        },
      );
    };
    const done = () => {
      mine.running = false;
      if (mine.once) mine.again();
    };
    mine.again();
    return () => stop.abort();
  }, [name]);

  const again = useCallback(() => asked.current.again(), []);
  const wanted = kinds.join();
  useEffect(() => {
    const listener = (changed: ReadonlySet<string> | "all") => {
      if (changed === "all" || kinds.some((k) => changed.has(k))) again();
    };
    listeners.add(listener);
    const timer = every > 0 ? setInterval(() => !document.hidden && again(), every) : 0;
    return () => {
      listeners.delete(listener);
      clearInterval(timer);
    };
  }, [wanted, every]);

  return { data: shown.data, error: shown.error, at: shown.at, loading: shown.loading, again };
}

/** What a form begins with: never what is remembered from before, which it would write over what is there now; and what is typed outlives a later failure. */
export function useFresh<T>(read: Read<T>): T | undefined {
  const fresh = useRef<T | undefined>(undefined);
  if (!read.loading && !read.error) fresh.current ??= read.data;
  return fresh.current;
}

function known<T>(name: string | null): { data: T; at: Date } | undefined {
  return name === null ? undefined : (remembered.get(name) as { data: T; at: Date } | undefined);
}

function remember(name: string, what: { data: unknown; at: Date }) {
  remembered.delete(name);
  remembered.set(name, what);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= maxRemembered) break;
    remembered.delete(oldest);
  }
}

function once(target: EventTarget, event: string, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    target.addEventListener(event, () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function pause(milliseconds: number, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
