import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Confirm, me } from "../ui/act";

export interface Decision {
  title: string;
  about?: ComponentChildren;
  verb: string;
  danger?: boolean;
  /** What is written beside the name, and whether it has to be. */
  why: string;
  needsWhy?: boolean;
  done: string;
  act: (by: string, why: string | undefined) => Promise<unknown>;
}

/** What an operator decides with their name, and why: both are kept. */
export function Decide({ of: d, close }: { of: Decision; close: () => void }) {
  const [by, setBy] = useState(me.get());
  const [why, setWhy] = useState("");
  return (
    <Confirm
      close={close}
      question={{
        title: d.title,
        verb: d.verb,
        danger: d.danger ?? false,
        done: d.done,
        act: async () => {
          me.set(by);
          await d.act(by, why || undefined);
        },
        children: (
          <>
            {d.about && <p>{d.about}</p>}
            <div class="fields">
              <label>
                <span>Your name</span>
                <input value={by} readOnly={me.isKnown()} required maxLength={100} autocomplete="name" onInput={(e) => setBy(e.currentTarget.value)} />
              </label>
              <label>
                <span>{d.why}</span>
                <input value={why} required={d.needsWhy ?? false} maxLength={500} onInput={(e) => setWhy(e.currentTarget.value)} />
              </label>
            </div>
          </>
        ),
      }}
    />
  );
}
