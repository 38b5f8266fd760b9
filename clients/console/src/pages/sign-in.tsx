import { useState } from "preact/hooks";
import { ApiError, call, key } from "../api/client";
import icon from "../icon.svg";

export function SignIn({ done }: { done: () => void }) {
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <main class="gate">
      <form
        onSubmit={async (e) => {
          e.preventDefault();
          const given = text.trim();
          // Header values are bytes: a key with anything else was never one.
          if (!/^[\x21-\x7e]+$/.test(given)) return setError("Paste the operator key: letters, digits and signs without spaces.");
          setBusy(true);
          setError("");
          key.set(given);
          try {
            await call("get", "/changes");
            done();
          } catch (failed) {
            key.forget();
            setError(failed instanceof ApiError && failed.status === 401 ? "This key is not known here." : (failed as Error).message);
            setBusy(false);
          }
        }}
      >
        <span class="brand">
          <img src={icon} alt="" /> IoT Backend
        </span>
        <h1>Sign in</h1>
        <label>
          <span>Operator key</span>
          <input
            type="password"
            name="operator-key"
            autocomplete="current-password"
            autofocus
            required
            value={text}
            aria-invalid={!!error}
            aria-describedby="key-hint"
            onInput={(e) => (setText(e.currentTarget.value), setError(""))}
          />
        </label>
        {error && (
          <p class="note bad" role="alert">
            {error}
          </p>
        )}
        <button class="main" disabled={busy} aria-busy={busy}>
          Sign in
        </button>
        <p class="hint" id="key-hint">
          On your own machine it is in <code>.local/operator.key</code>; in Azure it is a function key of the app. It is kept for this tab only.
        </p>
      </form>
    </main>
  );
}
