// A device made for Azure IoT Hub, on Microsoft's client as it comes from npm: all that is told it is a connection string, and whom to trust.
// stdin: {connectionString, ca, steps}; stdout: one line of JSON, what became of each step, in order.
//   {send: body, contentType?, properties?}            -> {sent: 1} or {error, status, body}
//   {batch: [{send, properties?}, ...]}                -> {sent: n}
//   {receive: "complete" | "reject" | "abandon"}       -> {message, kind, id, settled}: the next message, and what it was settled with
//   {settle: "complete", lock}                         -> an error where nobody holds that lock
import device from "azure-iot-device";
import { Http } from "azure-iot-device-http";
import { on } from "node:events";
import { text } from "node:stream/consumers";

const { connectionString, ca, steps } = JSON.parse(await text(process.stdin));
const client = device.Client.fromConnectionString(connectionString, Http);
await client.setOptions({ ca, http: { receivePolicy: { interval: 1 } } });
await client.open();
const received = steps.some((step) => step.receive) ? on(client, "message", { signal: AbortSignal.timeout(90_000) }) : null;

const message = ({ send, contentType, properties = {} }) => {
  const made = new device.Message(typeof send === "string" ? send : JSON.stringify(send));
  if (contentType)
    [made.contentType, made.contentEncoding] = [contentType, "utf-8"];
  for (const [name, value] of Object.entries(properties))
    made.properties.add(name, value);
  return made;
};

const take = async (step) => {
  if (step.batch) {
    await client.sendEventBatch(step.batch.map(message));
    return { sent: step.batch.length };
  }
  if (step.receive) {
    const { value: [told] } = await received.next();
    const { constructor: { name: settled } } = await client[step.receive](told);
    return { message: JSON.parse(told.data), kind: told.properties.getValue("iothub-app-kind"), id: told.messageId, settled };
  }
  if (step.settle)
    return (await client[step.settle](Object.assign(new device.Message(""), { lockToken: step.lock }))) && {};
  await client.sendEvent(message(step));
  return { sent: 1 };
};

const outcomes = [];
for (const step of steps) {
  try {
    outcomes.push(await take(step));
  } catch (error) {
    outcomes.push({ error: error.name, status: error.response?.statusCode, body: error.responseBody });
  }
}
console.log(JSON.stringify(outcomes));
process.exit(0);
