/**
 * What stands before the app in Azure, as far as a browser sees it: App Service Authentication, which signs people in under /.auth, takes the headers that name a
 * person off what comes from outside and sets its own; and the host's store of keys, of which the local host has only the operator's.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";

const cookieName = "AppServiceAuthSession";

export async function appService({ url, key, tenantId, consoleKey }) {
  const sessions = new Map();
  const service = { person: { name: "", roles: [] } };
  const encode = ({ name, roles }) =>
    Buffer.from(JSON.stringify({ auth_typ: "aad", claims: [{ typ: "tid", val: tenantId }, { typ: "preferred_username", val: name }, ...roles.map((val) => ({ typ: "roles", val }))] })).toString("base64");

  const server = createServer((from, to) => {
    const at = new URL(from.url, "http://here");
    const session = new RegExp(`${cookieName}=([^;]+)`).exec(from.headers.cookie ?? "")?.[1];
    if (at.pathname.startsWith("/.auth/")) {
      const isLogin = at.pathname === "/.auth/login/aad";
      const made = randomUUID();
      if (isLogin) sessions.set(made, service.person);
      else sessions.delete(session);
      const back = at.searchParams.get(isLogin ? "post_login_redirect_uri" : "post_logout_redirect_uri");
      return to.writeHead(302, { location: back, "set-cookie": `${cookieName}=${isLogin ? made : ""}; Path=/; HttpOnly; SameSite=Lax${isLogin ? "" : "; Max-Age=0"}` }).end();
    }
    const headers = Object.fromEntries(Object.entries(from.headers).filter(([name]) => !name.startsWith("x-ms-client-principal")));
    const person = sessions.get(session);
    if (person) Object.assign(headers, { "x-ms-client-principal": encode(person), "x-ms-client-principal-name": person.name, "x-ms-client-principal-id": person.name });
    if (headers["x-functions-key"] === consoleKey) {
      headers["x-functions-key"] = key;
      at.searchParams.set("code", consoleKey);
    }
    const asked = request(new URL(at.pathname + at.search, url), { method: from.method, headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    asked.on("error", () => to.destroy());
    to.on("close", () => asked.destroy());
    from.pipe(asked);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(service, {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
}
