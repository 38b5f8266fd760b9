// A mail server (npm smtp-server) that does as it is told. Prints {"port"} and then every mail it takes, a line each.
// arguments: {"secure","key","cert","user","pass","refuse":[450,450,0]}: refuse = status of the answers to MAIL FROM in their order, 0 = taken
import { SMTPServer } from "smtp-server";
import { text } from "node:stream/consumers";

const options = JSON.parse(process.argv[2]);
const refuse = [...(options.refuse ?? [])];
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const server = new SMTPServer({
  secure: options.secure ?? false,
  key: options.key,
  cert: options.cert,
  authOptional: !options.user,
  hideSTARTTLS: options.plain ?? false,
  disabledCommands: options.user ? [] : ["AUTH"],
  onAuth(auth, session, done) {
    if (auth.username === options.user && auth.password === options.pass) done(null, { user: auth.username });
    else done(Object.assign(new Error("Invalid credentials"), { responseCode: 535 }));
  },
  onMailFrom(address, session, done) {
    const status = refuse.shift() ?? 0;
    if (status === 0) done();
    else done(Object.assign(new Error(status < 500 ? "Greylisted, come again" : "No such user here"), { responseCode: status }));
  },
  async onData(stream, session, done) {
    say({ mail: await text(stream), from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map((r) => r.address), secure: session.secure, user: session.user ?? null });
    done();
  },
});
server.on("error", (error) => say({ error: error.message }));
server.listen(0, "127.0.0.1", () => say({ port: server.server.address().port }));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
