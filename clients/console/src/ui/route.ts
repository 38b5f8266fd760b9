import { useEffect, useState } from "preact/hooks";

/** Where the page is: `#/fleet?filter=status:offline`. Behind the hash, so that no server's log ever holds it. */
export interface Place {
  parts: string[];
  query: URLSearchParams;
}

export function read(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

export function to(parts: string[], query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((q): q is [string, string] => !!q[1]);
  const text = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** The next page is drawn at once: the one that is left asks for nothing more. */
export function go(hash: string, replace = false) {
  if (replace || hash === location.hash) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Changes some of what the address asks for, as it is by now: two changes before the next drawing are both kept. */
export function turn(query: Record<string, string | undefined>) {
  const now = read(location.hash);
  go(to(now.parts, { ...Object.fromEntries(now.query), ...query }), true);
}

export function usePlace(): Place {
  const [hash, set] = useState(location.hash);
  useEffect(() => {
    const listener = () => set(location.hash);
    addEventListener("hashchange", listener);
    // It may have changed since it was drawn first.
    listener();
    return () => removeEventListener("hashchange", listener);
  }, []);
  return read(hash);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
