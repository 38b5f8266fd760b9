import type { components, paths } from "./schema";

/** The API's own types, by the names its description gives them. */
export type Schema = components["schemas"];

type Verb = "get" | "put" | "post" | "delete";
type Path = keyof paths & string;
type Operation<P extends Path, V extends Verb> = V extends keyof paths[P] ? paths[P][V] : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Names<P extends string> = P extends `${string}{${infer N}}${infer Rest}` ? { [K in N]: string } & Names<Rest> : unknown;
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? B : never;
type Ok = 200 | 201 | 202;
type Answer<O> = O extends { responses: infer R }
  ? { [S in keyof R & Ok]: R[S] extends { content: { "application/json": infer B } } ? B : never }[keyof R & Ok]
  : never;

export interface Asked<P extends Path, V extends Verb> {
  path?: Names<P>;
  query?: Query<Operation<P, V>>;
  body?: Body<Operation<P, V>>;
  /** Of what was seen: where that has changed since, the backend does nothing and says so. */
  match?: string;
  signal?: AbortSignal;
}

/** What the API answered that is no success; `message` is its own words. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** No answer at all: the network, or the backend, is away. */
export class Unreachable extends Error {}

const place = "iot-operator-key";

/** The operator's key, in this tab only: gone when the tab is closed, and never in an address or a cookie. */
export const key = {
  get: () => sessionStorage.getItem(place),
  set: (value: string) => sessionStorage.setItem(place, value),
  forget: () => sessionStorage.removeItem(place),
};

/** Who is signed in with Entra ID, in this tab; empty where an operator key was typed. */
export const person = {
  get: () => sessionStorage.getItem("iot-person") ?? "",
  set: (name: string) => sessionStorage.setItem("iot-person", name),
  forget: () => sessionStorage.removeItem("iot-person"),
};

/** Called when the backend does not take the key any more. */
export const onRefused = { call: () => {} };

export async function call<V extends Verb, P extends Path>(verb: V, path: P, asked: Asked<P, V> = {}): Promise<Answer<Operation<P, V>>> {
  return (await callTagged(verb, path, asked)).data;
}

/** With the tag of what was answered, for `match`. */
export async function callTagged<V extends Verb, P extends Path>(verb: V, path: P, asked: Asked<P, V> = {}): Promise<{ data: Answer<Operation<P, V>>; tag: string }> {
  const response = await send(verb, path, asked);
  return { data: (response.status === 204 ? undefined : await response.json()) as Answer<Operation<P, V>>, tag: response.headers.get("etag") ?? "" };
}

/** What the API has as a table, for a spreadsheet. */
export async function callForCsv<P extends Path>(path: P, asked: Asked<P, "get">): Promise<Blob> {
  return (await send("get", path, asked, { accept: "text/csv" })).blob();
}

let aheadMilliseconds = 0;

/** The backend's time: what it dates is compared with that, however wrong this machine's clock is. */
export const backendNow = () => Date.now() - aheadMilliseconds;

/** Of an answer's date, which is in whole seconds and was on its way: what is near enough is right. */
function setClock(date: number) {
  const ahead = Date.now() - date;
  if (!Number.isNaN(ahead)) aheadMilliseconds = Math.abs(ahead) < 5000 ? 0 : ahead;
}

async function send<V extends Verb, P extends Path>(verb: V, path: P, asked: Asked<P, V>, more: Record<string, string> = {}): Promise<Response> {
  const names = (asked.path ?? {}) as Record<string, string>;
  const at = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {}))
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  const headers: Record<string, string> = { "x-functions-key": key.get() ?? "", ...more };
  if (asked.body !== undefined) headers["content-type"] = "application/json";
  if (asked.match) headers["if-match"] = asked.match;
  let response: Response;
  try {
    response = await fetch(`/api${at}${query.size ? `?${query}` : ""}`, {
      method: verb.toUpperCase(),
      headers,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      ...(asked.signal ? { signal: asked.signal } : {}),
    });
  } catch (e) {
    if (asked.signal?.aborted) throw e;
    throw new Unreachable("The backend does not answer.");
  }
  setClock(Date.parse(response.headers.get("date") ?? ""));
  if (response.status === 401) onRefused.call();
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response: Response): Promise<Error> {
  const text = await response.text().catch(() => "");
  // A gateway in front may answer in place of the backend, in its own words.
  if (response.status >= 502 && !text.startsWith("{")) return new Unreachable(`The backend is not reached (${response.status}).`);
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string };
    return new ApiError(response.status, problem.detail ?? problem.title ?? `${response.status}`);
  } catch {
    return new ApiError(response.status, `${response.status} ${response.statusText}`);
  }
}
