// Reads the whole hub with Microsoft's client until nothing has come for five seconds.
// stdin: {connection, eventHub, group}; stdout: [{partition, sequenceNumber, deviceId, body}]
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { text } from "node:stream/consumers";

const { connection, eventHub, group } = JSON.parse(await text(process.stdin));
const consumer = new EventHubConsumerClient(group, connection, eventHub);
const events = [];
const began = Date.now();
let last = null;
const subscription = consumer.subscribe({
  async processEvents(batch, { partitionId }) {
    for (const event of batch) {
      last = Date.now();
      const publisher = event.systemProperties?.["x-opt-publisher"] ?? event.systemProperties?.["x-opt-publisher-name"];
      const bytes = Buffer.isBuffer(event.body) ? event.body.toString() : event.body;
      events.push({
        partition: partitionId,
        sequenceNumber: event.sequenceNumber,
        deviceId: publisher ?? event.properties?.deviceId,
        body: typeof bytes === "string" ? JSON.parse(bytes) : bytes,
      });
    }
  },
  async processError(error) { console.error(error.message); },
}, { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 });
// A client that is slow to connect has not read the whole hub yet.
while (last === null ? Date.now() - began < 30000 : Date.now() - last < 5000) await new Promise((resolve) => setTimeout(resolve, 100));
await subscription.close();
await consumer.close();
process.stdout.write(JSON.stringify(events), () => process.exit(0));
