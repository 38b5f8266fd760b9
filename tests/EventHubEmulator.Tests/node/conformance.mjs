// Runs every case against a hub of its own and prints one JSON line for each: {"name","error"}.
import assert from "node:assert/strict";
import { EventHubBufferedProducerClient, EventHubConsumerClient, EventHubProducerClient, latestEventPosition } from "@azure/event-hubs";
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import { ContainerClient } from "@azure/storage-blob";
import { azurite, connection, endpoint, noRetries, pause, read, reader, refusal, sas, sasConnection, send, until, withProducer } from "./clients.mjs";

const bodies = (events) => events.map((event) => event.body);
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

const cases = {
  "the hub describes itself": async (hub) => withProducer(hub, async (producer) => {
    const properties = await producer.getEventHubProperties();
    assert.equal(properties.name, hub);
    assert.deepEqual(properties.partitionIds, ["0", "1", "2", "3"]);
    assert.ok(Math.abs(properties.createdOn - Date.now()) < 600000);
  }),

  "an empty and a filled partition describe themselves": async (hub) => withProducer(hub, async (producer) => {
    const empty = await producer.getPartitionProperties("2");
    assert.deepEqual([empty.isEmpty, empty.beginningSequenceNumber, empty.lastEnqueuedSequenceNumber], [true, 0, -1]);
    await producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: "2" });
    const filled = await producer.getPartitionProperties("2");
    assert.deepEqual([filled.isEmpty, filled.beginningSequenceNumber, filled.lastEnqueuedSequenceNumber], [false, 0, 1]);
    assert.ok(Math.abs(filled.lastEnqueuedOnUtc - Date.now()) < 60000);
  }),

  "bodies of every kind, properties and ids come back": async (hub) => {
    const sent = [
      { body: "text", properties: { s: "ü", n: 7, d: 1.5, b: true, t: new Date(0) }, messageId: "m", correlationId: "c", contentType: "text/plain" },
      { body: { a: [1, null, "x"] } }, { body: 42 }, { body: Buffer.from([0, 1, 255]) }, { body: null },
    ];
    await send(hub, sent, { partitionId: "0" });
    const events = await read(hub, "0", sent.length);
    assert.deepEqual(events.slice(0, 3).map((event) => event.body), ["text", { a: [1, null, "x"] }, 42]);
    assert.deepEqual([...events[3].body], [0, 1, 255]);
    assert.deepEqual([events[0].messageId, events[0].correlationId, events[0].contentType], ["m", "c", "text/plain"]);
    assert.deepEqual([events[0].properties.s, events[0].properties.n, events[0].properties.b], ["ü", 7, true]);
    assert.deepEqual(events.map((event) => event.sequenceNumber), [0, 1, 2, 3, 4]);
  },

  "value and sequence bodies and own annotations come back": async (hub) => {
    const annotated = (bodyType, body) => ({ bodyType, body, messageAnnotations: { "x-own": "kept", "x-opt-sequence-number": 99, "x-opt-publisher": "liar" } });
    await send(hub, [annotated("value", "v"), annotated("sequence", [["a", 1]])], { partitionId: "0" });
    const events = await read(hub, "0", 2);
    assert.deepEqual(bodies(events), ["v", [["a", 1]]]);
    const annotations = events[0].getRawAmqpMessage().messageAnnotations;
    assert.equal(annotations["x-own"], "kept");
    assert.equal(annotations["x-opt-sequence-number"], 0);
    assert.equal(annotations["x-opt-publisher"], undefined);
  },

  "keyed events go where the service would put them": async (hub) => {
    for (const [key, partition] of [["device-1", "0"], ["device-00012", "2"], ["Gerät-17-München", "3"], ["sensor/eu-west/0000000042", "2"]]) {
      await send(hub, [key], { partitionKey: key });
      const events = await read(hub, partition, partition === "2" && key !== "device-00012" ? 2 : 1);
      assert.equal(events.at(-1).partitionKey, key);
    }
  },

  "a batch that is full is refused one more event, and arrives whole": async (hub) => withProducer(hub, async (producer) => {
    const batch = await producer.createBatch({ partitionId: "1" });
    assert.equal(batch.maxSizeInBytes, 1048576);
    // From 128 on, or the client takes the bytes for JSON.
    while (batch.tryAdd({ body: Buffer.alloc(4000, 128 + (batch.count % 100)) }));
    assert.ok(batch.count > 250);
    await producer.sendBatch(batch);
    const events = await read(hub, "1", batch.count);
    assert.ok(events.every((event, i) => event.body.length === 4000 && event.body[0] === 128 + (i % 100)));
  }),

  "an event of 900 KB goes both ways": async (hub) => {
    const body = Buffer.alloc(900 * 1024, 7);
    await send(hub, [body], { partitionId: "0" });
    assert.ok((await read(hub, "0", 1))[0].body.equals(body));
  },

  "more than a megabyte is refused as too large": async (hub) =>
    assert.match(await refusal(withProducer(hub, (producer) => producer.sendBatch([{ body: Buffer.alloc(1100 * 1024) }]), noRetries)), /MessageTooLarge/),

  "the buffered producer delivers everything, in order per partition": async (hub) => buffered(hub, {}),

  "the idempotent buffered producer delivers everything once": async (hub) => buffered(hub, { enableIdempotentRetries: true }),

  "two producers in one process do not disturb each other": async (hub) => {
    await Promise.all([1, 2].map((producer) => withProducer(hub, async (client) => {
      for (const i of numbers(20)) await client.sendBatch([{ body: producer * 100 + i }], { partitionId: "0" });
    })));
    const got = bodies(await read(hub, "0", 40));
    for (const producer of [1, 2]) assert.deepEqual(got.filter((body) => Math.floor(body / 100) === producer), numbers(20).map((i) => producer * 100 + i));
  },

  "latest begins behind what is there": async (hub) => {
    await send(hub, ["old"], { partitionId: "0" });
    const late = reader(hub, "0", { startPosition: latestEventPosition });
    await pause(700);
    await send(hub, ["new"], { partitionId: "0" });
    await until(() => late.events.length > 0);
    await late.close();
    assert.deepEqual(bodies(late.events), ["new"]);
  },

  "sequence numbers, offsets and times are start positions, with and without the event itself": async (hub) => {
    for (const i of numbers(10)) {
      await send(hub, [i], { partitionId: "0" });
      if (i === 4) await pause(30);
    }
    const all = await read(hub, "0", 10);
    const from = async (startPosition, count) => bodies(await read(hub, "0", count, { startPosition }));
    assert.deepEqual(await from({ sequenceNumber: 6, isInclusive: false }, 3), [7, 8, 9]);
    assert.deepEqual(await from({ sequenceNumber: 6, isInclusive: true }, 4), [6, 7, 8, 9]);
    assert.deepEqual(await from({ offset: all[7].offset }, 2), [8, 9]);
    assert.deepEqual(await from({ offset: all[7].offset, isInclusive: true }, 3), [7, 8, 9]);
    assert.deepEqual(await from({ enqueuedOn: all[4].enqueuedTimeUtc }, 5), [5, 6, 7, 8, 9]);
    assert.deepEqual(await from({ sequenceNumber: -1 }, 10), numbers(10));
  },

  "a start behind the end is refused": async (hub) => {
    await send(hub, ["x"], { partitionId: "0" });
    assert.match(await refusal(read(hub, "0", 1, { startPosition: { sequenceNumber: 1000 } })), /supplied sequence number '1000' is invalid/);
  },

  "readers are told how far the partition reaches": async (hub) => {
    await send(hub, numbers(5), { partitionId: "0" });
    let last;
    await read(hub, "0", 5, { trackLastEnqueuedEventProperties: true, onBatch: (context) => (last = context.lastEnqueuedEventProperties) });
    assert.equal(last.sequenceNumber, 4);
    assert.ok(last.offset && last.enqueuedOn instanceof Date && last.retrievedOn instanceof Date);
  },

  "a higher owner level takes over, the old reader is told": async (hub) => takeover(hub, 1, 2),

  "an equal owner level takes over": async (hub) => takeover(hub, 3, 3),

  "a lower owner level is refused": async (hub) => refused(hub, { ownerLevel: 2 }, { ownerLevel: 1 }, /ReceiverDisconnected/),

  "a reader without owner level is refused beside an owner": async (hub) => refused(hub, { ownerLevel: 1 }, {}, /ReceiverDisconnected/),

  "an owner evicts readers without owner level": async (hub) => {
    const plain = await reading(hub, {});
    const owner = reader(hub, "0", { ownerLevel: 1 });
    assert.equal((await plain.failed).code, "ReceiverDisconnectedError");
    await plain.close();
    await owner.close();
  },

  "the sixth reader of a group is refused, one of another group is not": async (hub) => {
    await send(hub, ["x"], { partitionId: "0" });
    const five = numbers(5).map(() => reader(hub, "0"));
    await until(() => five.every((one) => one.events.length === 1));
    assert.match(await refusal(read(hub, "0", 1)), /maximum number of allowed receivers per partition in a consumer group which is 5/);
    assert.equal((await read(hub, "0", 1, { group: "cg1" })).length, 1);
    await Promise.all(five.map((one) => one.close()));
  },

  "a wrong key and an unknown rule are refused": async (hub) => {
    assert.match(await refusal(sendWith(connection("RootManageSharedAccessKey", "wrong"), hub)), /Unauthorized.*InvalidSignature/);
    assert.match(await refusal(sendWith(connection("nobody", "SAS_KEY_VALUE"), hub)), /Unauthorized.*InvalidSignature/);
  },

  "a rule that may listen cannot send, one that may send cannot listen": async () => {
    assert.match(await refusal(sendWith(connection("listener", "listener-key"), "ruled")), /Unauthorized.*'Send' claim/);
    assert.match(await refusal(read("ruled", "0", 1, { string: connection("sender", "sender-key") })), /Unauthorized.*'Listen' claim/);
    await sendWith(connection("sender", "sender-key"), "ruled");
    await read("ruled", "0", 1, { string: connection("listener", "listener-key") });
  },

  "a rule of one hub is void for another": async (hub) =>
    assert.match(await refusal(sendWith(connection("sender", "sender-key"), hub)), /Unauthorized/),

  "a ready signature works, without SASL": async (hub) => {
    await sendWith(sasConnection(hub, "RootManageSharedAccessKey", "SAS_KEY_VALUE"), hub);
    assert.equal((await read(hub, "0", 1, { string: sasConnection(hub, "RootManageSharedAccessKey", "SAS_KEY_VALUE") })).length, 1);
  },

  "an expired signature and one for another hub are refused": async (hub) => {
    assert.match(await refusal(sendWith(sasConnection(hub, "RootManageSharedAccessKey", "SAS_KEY_VALUE", -10), hub)), /Unauthorized.*ExpiredToken/);
    assert.match(await refusal(sendWith(sasConnection("another", "RootManageSharedAccessKey", "SAS_KEY_VALUE"), hub)), /Unauthorized.*InvalidAudience/);
  },

  "a link is dropped when its token expires": async (hub) => {
    const error = await refusal(read(hub, "0", 1, { string: sasConnection(hub, "RootManageSharedAccessKey", "SAS_KEY_VALUE", 2) }));
    assert.match(error, /Unauthorized.*ExpiredToken/);
  },

  "an unknown hub, consumer group or partition is named in the refusal": async (hub) => {
    assert.match(await refusal(sendWith(connection(), "no-such-hub")), /MessagingEntityNotFound.*no-such-hub/);
    assert.match(await refusal(read(hub, "0", 1, { group: "no-such-group" })), /MessagingEntityNotFound.*no-such-group/);
    assert.match(await refusal(read(hub, "17", 1)), /ArgumentOutOfRange.*'17'/);
    assert.match(await refusal(sendWith(connection(), hub, { partitionId: "17" })), /ArgumentOutOfRange.*'17'/);
  },

  "two processors share the partitions, and one takes all when the other leaves": async (hub) => processors(hub),
};

async function sendWith(string, hub, options = { partitionId: "0" }) {
  return withProducer(hub, (producer) => producer.sendBatch([{ body: "x" }], options), noRetries, string);
}

async function buffered(hub, options) {
  const errors = [];
  const client = new EventHubBufferedProducerClient(connection(), hub, { ...options, onSendEventsErrorHandler: async (context) => errors.push(context.error) });
  for (const i of numbers(200)) await client.enqueueEvent({ body: i }, { partitionId: String(i % 2) });
  await client.flush();
  await client.close();
  assert.deepEqual(errors, []);
  for (const partition of [0, 1]) assert.deepEqual(bodies(await read(hub, String(partition), 100)), numbers(200).filter((i) => i % 2 === partition));
}

/** A reader that has shown that it reads. */
async function reading(hub, options) {
  await send(hub, ["first"], { partitionId: "0" });
  const one = reader(hub, "0", options);
  await until(() => one.events.length === 1);
  return one;
}

async function takeover(hub, first, second) {
  const old = await reading(hub, { ownerLevel: first });
  const young = reader(hub, "0", { ownerLevel: second });
  assert.equal((await old.failed).code, "ReceiverDisconnectedError");
  await send(hub, ["x"], { partitionId: "0" });
  await until(() => bodies(young.events).includes("x"));
  await old.close();
  await young.close();
}

async function refused(hub, first, second, expected) {
  const owner = await reading(hub, first);
  assert.match(await refusal(read(hub, "0", 1, second)), expected);
  await send(hub, ["x"], { partitionId: "0" });
  await until(() => bodies(owner.events).includes("x"));
  await owner.close();
}

async function processors(hub) {
  const container = new ContainerClient(azurite, `checkpoints-${hub}`);
  await container.create();
  const got = [[], []];
  const owned = [new Set(), new Set()];
  const start = (index) => {
    const client = new EventHubConsumerClient("$Default", connection(), hub, new BlobCheckpointStore(container), {
      loadBalancingOptions: { strategy: "greedy", updateIntervalInMs: 300, partitionOwnershipExpirationIntervalInMs: 3000 },
    });
    const subscription = client.subscribe({
      processInitialize: async (context) => owned[index].add(context.partitionId),
      processClose: async (_, context) => owned[index].delete(context.partitionId),
      processError: async () => {},
      processEvents: async (events, context) => {
        got[index].push(...events.map((event) => event.body));
        if (events.length > 0) await context.updateCheckpoint(events.at(-1));
      },
    }, { startPosition: { offset: "-1" }, maxWaitTimeInSeconds: 1 });
    return async () => { await subscription.close(); await client.close(); };
  };
  const stopFirst = start(0);
  await until(() => owned[0].size === 4);
  const stopSecond = start(1);
  await until(() => owned[0].size === 2 && owned[1].size === 2, 30);
  for (const i of numbers(40)) await send(hub, [i], { partitionId: String(i % 4) });
  await until(() => got[0].length + got[1].length >= 40);
  await stopFirst();
  await until(() => owned[1].size === 4, 30);
  for (const i of numbers(40)) await send(hub, [40 + i], { partitionId: String(i % 4) });
  await until(() => got[0].length + got[1].length >= 80);
  await stopSecond();
  assert.ok(got[0].length > 0 && got[1].length > 40);
  assert.deepEqual([...new Set([...got[0], ...got[1]])].sort((a, b) => a - b), numbers(80));
}

const wanted = Object.entries(cases);
const results = await Promise.all(wanted.map(async ([name, run], index) => {
  try {
    await run(`hub-${index}`);
    return { name };
  } catch (error) {
    return { name, error: String(error?.stack ?? error) };
  }
}));
for (const result of results) console.log(JSON.stringify(result));
process.exit(0);
