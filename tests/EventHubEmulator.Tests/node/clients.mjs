// What every case needs: connection strings, a hub of its own, and a way to read a number of events.
import crypto from "node:crypto";
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from "@azure/event-hubs";

export const port = process.argv[2];
export const azurite = process.argv[3];
export const endpoint = `sb://localhost:${port}`;
export const noRetries = { retryOptions: { maxRetries: 0, timeoutInMs: 10000 } };

export function connection(rule = "RootManageSharedAccessKey", key = "SAS_KEY_VALUE") {
  return `Endpoint=${endpoint};SharedAccessKeyName=${rule};SharedAccessKey=${key};UseDevelopmentEmulator=true`;
}

export function sas(path, rule, key, seconds) {
  const sr = encodeURIComponent(`${endpoint}/${path}`);
  const se = Math.floor(Date.now() / 1000) + seconds;
  const sig = crypto.createHmac("sha256", key).update(`${sr}\n${se}`).digest("base64");
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${encodeURIComponent(rule)}`;
}

export function sasConnection(path, rule, key, seconds = 600) {
  return `Endpoint=${endpoint};SharedAccessSignature=${sas(path, rule, key, seconds)};UseDevelopmentEmulator=true`;
}

export async function withProducer(hub, use, options = {}, string = connection()) {
  const producer = new EventHubProducerClient(string, hub, options);
  try {
    return await use(producer);
  } finally {
    await producer.close();
  }
}

export const send = (hub, bodies, options) =>
  withProducer(hub, (producer) => producer.sendBatch(bodies.map((body) => (body?.body !== undefined ? body : { body })), options));

/** Resolves with the first `count` events of a partition, rejects with the first error or after `seconds`. */
export async function read(hub, partition, count, options = {}) {
  const { group = "$Default", string = connection(), seconds = 15, clientOptions = noRetries, ...subscribe } = options;
  const client = new EventHubConsumerClient(group, string, hub, clientOptions);
  const events = [];
  let subscription, timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => (count === 0 ? resolve(events) : reject(new Error(`${events.length} of ${count} events after ${seconds} s`))), seconds * 1000);
      subscription = client.subscribe(partition, {
        processEvents: async (batch, context) => {
          for (const event of batch) events.push(event);
          if (options.onBatch) options.onBatch(context);
          if (count > 0 && events.length >= count) resolve(events);
        },
        processError: async (error) => reject(error),
      }, { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...subscribe });
    });
  } finally {
    clearTimeout(timer);
    await subscription?.close();
    await client.close();
  }
}

/** A reader that stays: `events` fill up, `failed` resolves with its first error. */
export function reader(hub, partition, options = {}) {
  const { group = "$Default", ...subscribe } = options;
  const client = new EventHubConsumerClient(group, connection(), hub, noRetries);
  const events = [];
  let fail;
  const failed = new Promise((resolve) => (fail = resolve));
  const subscription = client.subscribe(partition, {
    processEvents: async (batch) => events.push(...batch),
    processError: async (error) => fail(error),
  }, { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1, ...subscribe });
  return { events, failed, close: async () => { await subscription.close(); await client.close(); } };
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function until(condition, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${condition}`);
    await pause(20);
  }
}

/** The code of the error that the promise fails with. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`;
  }
  throw new Error("was not refused");
}
