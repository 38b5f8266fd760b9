import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { person } from "../api/client";

interface Message {
  id: number;
  text: string;
  bad: boolean;
}

let messages: Message[] = [];
let next = 0;
let show: (all: Message[]) => void = () => {};

function set(all: Message[]) {
  messages = all;
  show(all);
}

/** Says something in the corner, and to screen readers; what went wrong stays until it is closed. */
export function say(text: string, bad = false) {
  const id = next++;
  set([...messages.slice(-3), { id, text, bad }]);
  if (!bad) setTimeout(() => set(messages.filter((m) => m.id !== id)), 5000);
}

export function Toasts() {
  const [all, update] = useState(messages);
  show = update;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {all.map((m) => (
        <div key={m.id} class={`toast ${m.bad ? "bad" : ""}`}>
          <span class="grow">{m.text}</span>
          {m.bad && (
            <button class="plain" aria-label="Close message" onClick={() => set(messages.filter((o) => o.id !== m.id))}>
              ✕
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

/** Does something once at a time; says how it ended. */
export function useAct(): [boolean, (work: () => Promise<unknown>, done?: string) => Promise<boolean>] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  return [
    busy,
    async (work, done) => {
      if (running.current) return false;
      running.current = true;
      setBusy(true);
      try {
        await work();
        if (done) say(done);
        return true;
      } catch (e) {
        say((e as Error).message, true);
        return false;
      } finally {
        running.current = false;
        setBusy(false);
      }
    },
  ];
}

/** A dialog that is open for as long as it is there. */
export function Dialog({ title, close, children, kind = "" }: { title: string; close: () => void; children: ComponentChildren; kind?: string }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    const before = document.activeElement as HTMLElement | null;
    dialog?.showModal();
    // Closed before it goes: while it is open nothing behind it can take the focus.
    return () => (dialog?.close(), before?.focus());
  }, []);
  return (
    <dialog ref={box} class={kind} aria-label={title} onCancel={(e) => (e.preventDefault(), close())} onClick={(e) => e.target === box.current && close()}>
      {children}
    </dialog>
  );
}

export interface Question {
  title: string;
  children?: ComponentChildren;
  verb: string;
  danger?: boolean;
  /** What must be typed before it can be done. */
  type?: string;
  act: () => Promise<unknown>;
  /** What is said then; left out where `act` says it. */
  done?: string;
}

/** Asks before something is done that cannot be taken back easily. */
export function Confirm({ question, close }: { question: Question; close: () => void }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState("");
  return (
    <Dialog title={question.title} close={close}>
      <form
        onSubmit={async (e) => {
          e.preventDefault();
          setBusy(true);
          setError("");
          try {
            await question.act();
            if (question.done) say(question.done);
            close();
          } catch (failed) {
            setError((failed as Error).message);
            setBusy(false);
          }
        }}
      >
        <h1>{question.title}</h1>
        {question.children}
        {question.type && (
          <label>
            <span>Type {question.type} to go on</span>
            <input value={typed} onInput={(e) => setTyped(e.currentTarget.value)} autocomplete="off" />
          </label>
        )}
        {error && (
          <p class="note bad" role="alert">
            {error}
          </p>
        )}
        <div class="row end">
          <button type="button" onClick={close}>
            {question.verb.startsWith("Cancel") ? "Go back" : "Cancel"}
          </button>
          <button class={`main ${question.danger ? "danger" : ""}`} disabled={busy || (!!question.type && typed !== question.type)} aria-busy={busy}>
            {question.verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who is at this page: the person who is signed in, else as they call themselves, remembered in this browser. */
export const me = {
  /** The backend knows, and takes no other name. */
  isKnown: () => person.get() !== "",
  get: () => person.get() || (localStorage.getItem("iot-operator-name") ?? ""),
  set: (name: string) => person.get() || (name ? localStorage.setItem("iot-operator-name", name) : localStorage.removeItem("iot-operator-name")),
};
