import { useEffect, useState } from "preact/hooks";
import { ApiError, call, key, person } from "../api/client";
import icon from "../icon.svg";
import { Loading } from "../ui/parts";

/** Where the page was when somebody left it for Microsoft's. */
const left = "iot-left-at";

/** What the backend says of a person: not asked yet, nobody can sign in here, somebody may, somebody did and is no operator. */
type Entra = "unknown" | "none" | "offered" | { refused: string };

export function SignIn({ done }: { done: () => void }) {
  const [entra, setEntra] = useState<Entra>("unknown");
  useEffect(() => {
    void (async () => {
      try {
        const session = await call("post", "/session");
        key.set(session.key);
        person.set(session.name);
        const at = sessionStorage.getItem(left);
        sessionStorage.removeItem(left);
        if (at) history.replaceState(null, "", at);
        done();
      } catch (e) {
        const status = e instanceof ApiError ? e.status : 0;
        setEntra(status === 401 ? "offered" : status === 403 ? { refused: (e as Error).message } : "none");
      }
    })();
  }, []);
  const known = typeof entra === "object" ? entra.refused : "";
  return (
    <main class="gate">
      <div class="inside">
        <span class="brand">
          <img src={icon} alt="" /> IoT Backend
        </span>
        <h1>Sign in</h1>
        {known && (
          <p class="note bad" role="alert">
            {known} <a href="/.auth/logout?post_logout_redirect_uri=%2F">Sign in as somebody else</a>
          </p>
        )}
        {entra === "offered" && (
          <>
            <a class="button main" href="/.auth/login/aad?post_login_redirect_uri=%2F" onClick={() => sessionStorage.setItem(left, location.hash)}>
              Sign in with Microsoft
            </a>
            <span class="or">or</span>
          </>
        )}
        {entra === "unknown" ? <Loading lines={3} /> : <KeyForm done={done} isSecond={entra === "offered"} />}
      </div>
    </main>
  );
}

function KeyForm({ done, isSecond }: { done: () => void; isSecond: boolean }) {
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  return (
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
      <button class={isSecond ? "" : "main"} disabled={busy} aria-busy={busy}>
        Sign in with a key
      </button>
      <p class="hint" id="key-hint">
        On your own machine it is in <code>.local/operator.key</code>; in Azure it is a function key of the app. It is kept for this tab only.
      </p>
    </form>
  );
}
