import { useEffect, useRef } from "preact/hooks";
import { go } from "./route";

const pages: Record<string, string> = { n: "#/now", f: "#/fleet", a: "#/alerts", r: "#/releases", s: "#/system" };

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Ctrl-K for the palette; g then a letter for a page; / for the page's filter. */
export function useShortcuts(openPalette: () => void) {
  useEffect(() => {
    let leader = 0;
    const listener = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        if (!document.querySelector("dialog[open]")) openPalette();
        return;
      }
      if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector("dialog[open]")) return;
      const page = pages[e.key];
      if (e.timeStamp - leader < 1200 && page) {
        e.preventDefault();
        go(page);
        leader = 0;
      } else if (e.key === "g") leader = e.timeStamp;
      else if (e.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (!filter) return;
        e.preventDefault();
        filter.focus();
        filter.select();
      }
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}

/** j and k, or the arrows, move along a list; Enter opens; x picks. */
export function useListKeys(size: number, at: number, move: (to: number) => void, open: (i: number) => void, pick?: (i: number) => void) {
  // Keys may come faster than the list is drawn: where they have got to is known here at once.
  const now = useRef({ size, at, move, open, pick });
  now.current = { size, at, move, open, pick };
  useEffect(() => {
    const listener = (e: KeyboardEvent) => {
      const { size, at, move, open, pick } = now.current;
      if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector("dialog[open]") || size === 0) return;
      if (e.key === "j" || e.key === "ArrowDown") move((now.current.at = Math.min(size - 1, at + 1)));
      else if (e.key === "k" || e.key === "ArrowUp") move((now.current.at = Math.max(0, at - 1)));
      else if (e.key === "Enter" && at >= 0 && (e.target === document.body || (e.target as HTMLElement).id === "main")) open(at);
      else if (e.key === "x" && at >= 0 && pick) pick(at);
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
  useEffect(() => {
    document.querySelector("tr.here")?.scrollIntoView({ block: "nearest" });
  }, [at]);
}
