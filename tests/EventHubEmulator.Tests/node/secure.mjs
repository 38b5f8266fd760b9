// Microsoft's client over TLS, and over a WebSocket. NODE_EXTRA_CA_CERTS names the hub's certificate.
import assert from "node:assert/strict";
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from "@azure/event-hubs";
import WebSocket from "ws";

const [tlsPort, httpsPort] = process.argv.slice(2);
const key = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE";

async function roundTrip(port, partition, options) {
  const string = `Endpoint=sb://localhost:${port};${key}`;
  const producer = new EventHubProducerClient(string, "telemetry", options);
  await producer.sendBatch([{ body: "safe" }], { partitionId: partition });
  await producer.close();
  const consumer = new EventHubConsumerClient("$Default", string, "telemetry", options);
  const body = await new Promise((resolve, reject) => consumer.subscribe(partition, {
    processEvents: async (events) => events.length > 0 && resolve(events[0].body),
    processError: async (error) => reject(error),
  }, { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 }));
  assert.equal(body, "safe");
}

await roundTrip(tlsPort, "0", { retryOptions: { maxRetries: 0 } });
console.log("tls: ok");
await roundTrip(httpsPort, "1", { retryOptions: { maxRetries: 0 }, webSocketOptions: { webSocket: WebSocket } });
console.log("websocket: ok");
process.exit(0);
