import type { ComponentChildren } from "preact";
import { Dialog, say } from "./act";

/** A secret that is shown this once. */
export function Once({ title, secret, close, children }: { title: string; secret: string; close: () => void; children: ComponentChildren }) {
  return (
    <Dialog title={title} close={close}>
      <div class="inside">
        <h1>{title}</h1>
        <p>{children}</p>
        <pre tabIndex={0} aria-label={title}>
          {secret}
        </pre>
        <div class="row end">
          <button onClick={() => navigator.clipboard.writeText(secret).then(() => say("Copied."), () => say("The browser does not let it be copied; mark it and copy it by hand.", true))}>Copy</button>
          <button class="main" onClick={close}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
