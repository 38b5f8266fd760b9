// The AMQP stack below Microsoft's JavaScript clients: connects many times, because it used to stall when a server's open came with the SASL outcome.
import rhea from "rhea";

const port = Number(process.argv[2]);
for (let i = 0; i < 60; i++) {
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`connection ${i} did not open within 10 s`)), 10000);
    const connection = rhea.create_container().connect({ host: "127.0.0.1", port, username: "RootManageSharedAccessKey", reconnect: false });
    connection.once("connection_open", () => connection.close());
    connection.once("connection_close", () => { clearTimeout(timer); resolve(); });
    connection.once("disconnected", () => { clearTimeout(timer); resolve(); });
  });
}
console.log("60 connections opened");
process.exit(0);
