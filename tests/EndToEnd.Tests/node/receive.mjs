// Reads with Microsoft's client all the hub held when asked.
// stdin: {connection, eventHub, group}; stdout: [{partition, sequenceNumber, deviceId, body}], body null where it is not JSON
import { EventHubConsumerClient, earliestEventPosition } from "@azure/event-hubs";
import { text } from "node:stream/consumers";

const { connection, eventHub, group } = JSON.parse(await text(process.stdin));
const consumer = new EventHubConsumerClient(group, connection, eventHub);
const missing = new Map();
for (const id of await consumer.getPartitionIds()) {
  const { isEmpty, lastEnqueuedSequenceNumber } = await consumer.getPartitionProperties(id);
  if (!isEmpty) missing.set(id, lastEnqueuedSequenceNumber);
}
// Other tests' devices send CBOR, several lines, and rubbish.
const json = (body) => {
  if (!Buffer.isBuffer(body) && typeof body !== "string") return body;
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
};
const events = [];
const began = Date.now();
const subscription = consumer.subscribe({
  async processEvents(batch, { partitionId }) {
    for (const event of batch) {
      const publisher = event.systemProperties?.["x-opt-publisher"] ?? event.systemProperties?.["x-opt-publisher-name"];
      events.push({
        partition: partitionId,
        sequenceNumber: event.sequenceNumber,
        deviceId: publisher ?? event.properties?.deviceId,
        body: json(event.body),
      });
      if (event.sequenceNumber >= missing.get(partitionId)) missing.delete(partitionId);
    }
  },
  async processError(error) { console.error(error.message); },
}, { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 });
while (missing.size > 0) {
  if (Date.now() - began > 60000) {
    console.error(`Partitions ${[...missing.keys()]} were not read to their ends within 60 s; ${events.length} events came.`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await subscription.close();
await consumer.close();
process.stdout.write(JSON.stringify(events), () => process.exit(0));
