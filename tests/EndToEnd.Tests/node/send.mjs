// Sends readings straight to the hub with a device's publisher token, by Microsoft's client, in order.
// stdin: {endpoint, eventHub, publisher, token, properties, readings}; "publisher" may be another one than the token's.
import { EventHubProducerClient } from "@azure/event-hubs";
import { text } from "node:stream/consumers";

const { endpoint, eventHub, publisher, token, properties, readings } = JSON.parse(await text(process.stdin));
const host = new URL(endpoint).host;
const producer = new EventHubProducerClient(
  `Endpoint=sb://${host}/;SharedAccessSignature=${token};UseDevelopmentEmulator=true`,
  `${eventHub}/Publishers/${publisher}`,
  { retryOptions: { maxRetries: 0, timeoutInMs: 10_000 } },
);
try {
  for (const body of readings)
    await producer.sendBatch([{ body: Buffer.from(JSON.stringify(body)), contentType: "application/json", properties }]);
  console.log(JSON.stringify({ sent: readings.length }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code ?? error.name }));
} finally {
  await producer.close();
}
process.exit(0);
