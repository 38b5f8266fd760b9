// Loaded before the storage emulator (node --require): finds a table's row or a queue's message by its key.
//
// Azurite asks LokiJS for the one document with these two or three properties, and Loki goes through all of the partition, or of
// the queue, to find it: a storm of ten thousand alerts costs a hundred million comparisons a channel. Here a map says where it is.
"use strict";
const Loki = require("lokijs");

const keys = [
  ["PartitionKey", "RowKey"],
  ["accountName", "queueName", "messageId"],
];
const maps = new WeakMap(); // of collections: { data, properties, ids }

const prototype = Loki.Collection.prototype;
const originals = { findOne: prototype.findOne, insertOne: prototype.insertOne, remove: prototype.remove };

const keyOf = (properties, document) => JSON.stringify(properties.map((property) => document[property]));

// Loki's array of documents is another after a load and after a removal of many: then all is looked at once.
function mapOf(collection, properties) {
  let map = maps.get(collection);
  if (map?.data !== collection.data || map.properties !== properties) {
    map = { data: collection.data, properties, ids: new Map() };
    for (const document of collection.data) map.ids.set(keyOf(properties, document), document.$loki);
    maps.set(collection, map);
  }
  return map;
}

prototype.findOne = function (query) {
  const asked = Object.keys(query ?? {});
  const properties = keys.find((known) => known.length === asked.length && known.every((property) => typeof query[property] === "string"));
  if (!properties) return originals.findOne.call(this, query);
  const id = mapOf(this, properties).ids.get(keyOf(properties, query));
  return id === undefined ? null : this.get(id);
};

prototype.insertOne = function (document, bulk) {
  const inserted = originals.insertOne.call(this, document, bulk);
  const map = maps.get(this);
  if (inserted && map) map.ids.set(keyOf(map.properties, inserted), inserted.$loki);
  return inserted;
};

prototype.remove = function (document) {
  const known = typeof document === "number" ? this.get(document) : document;
  const map = maps.get(this);
  const key = map && known && !Array.isArray(known) ? keyOf(map.properties, known) : undefined;
  if (key !== undefined && map.ids.get(key) === known.$loki) map.ids.delete(key);
  return originals.remove.call(this, document);
};
