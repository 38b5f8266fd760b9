// Loaded before the storage emulator (node --require): keeps what the emulator has acknowledged when it is killed.
//
// Azurite keeps its tables, queues and blob metadata in LokiJS databases in memory and saves each as a whole every five
// seconds; a kill loses what came since, and not to the same moment in tables and blobs. Here every change is appended to
// {database}.journal.{n} before Azurite answers, and applied again after the next load. All changes of a request are one
// line, so that a transaction is there as a whole or not at all. A save starts a new journal and removes the older ones
// once it is on disk; it waits until the journal is as long as what was saved last, for it stops the emulator while it
// lasts, seconds with a storm's alerts. Applying a journal twice gives the same as once, so it does not matter between which of these steps
// the process dies. Not synced to disk: this is about killed processes, not about power cuts.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const Loki = require("lokijs");

// A shorter journal is not worth a save.
const shortJournal = 8 << 20;

const journals = new WeakMap(); // of databases
const owners = new WeakMap(); // journals of collections
const unwritten = new Set(); // journals with changes that no answer has told of yet

class Journal {
  constructor(database) {
    this.database = database;
    this.prefix = `${path.basename(database)}.journal.`;
    this.generation = (this.generations().at(-1) ?? 0) + 1;
    this.open = null;
    this.changes = [];
    this.bytes = Infinity; // before the first save
  }

  // Generations on disk, oldest first.
  generations() {
    const folder = path.dirname(this.database);
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).filter((name) => name.startsWith(this.prefix))
      .map((name) => Number(name.slice(this.prefix.length))).sort((a, b) => a - b);
  }

  file(generation) {
    return `${this.database}.journal.${generation}`;
  }

  // Taken down as text at once: Azurite goes on to change its documents.
  append(change) {
    this.changes.push(JSON.stringify(change));
    unwritten.add(this);
  }

  write() {
    unwritten.delete(this);
    if (this.changes.length === 0) return;
    this.open ??= fs.openSync(this.file(this.generation), "a", 0o600);
    this.bytes += fs.writeSync(this.open, `[${this.changes.join()}]\n`);
    this.changes = [];
  }

  // Changes from now on are not in the save that begins now.
  turn() {
    this.write();
    if (this.open !== null) fs.closeSync(this.open);
    this.open = null;
    this.bytes = 0;
    this.generation++;
    return this.generation;
  }

  isWorthASave() {
    return this.bytes >= Math.max(shortJournal, fs.statSync(this.database, { throwIfNoEntry: false })?.size ?? 0);
  }

  forgetBefore(generation) {
    for (const old of this.generations()) if (old < generation) fs.rmSync(this.file(old), { force: true });
  }

  replay(loki) {
    for (const generation of this.generations()) {
      const touched = new Map();
      for (const line of fs.readFileSync(this.file(generation), "utf8").split("\n")) {
        if (line === "") continue;
        let changes;
        try {
          changes = JSON.parse(line);
        } catch {
          break; // torn: never acknowledged
        }
        for (const change of changes) apply(loki, touched, change);
      }
      for (const [collection, documents] of touched) rebuild(collection, documents);
    }
  }
}

function apply(loki, touched, { op, name, options, document, id }) {
  if (op === "add") {
    owners.set(originals.addCollection.call(loki, name, options), null);
    return;
  }
  if (op === "drop") {
    const dropped = loki.getCollection(name);
    if (dropped) touched.delete(dropped);
    originals.removeCollection.call(loki, name);
    return;
  }
  const collection = loki.getCollection(name);
  if (!collection) return;
  if (!touched.has(collection)) touched.set(collection, new Map(collection.data.map((known) => [known.$loki, known])));
  if (op === "put") touched.get(collection).set(document.$loki, document);
  else touched.get(collection).delete(id);
}

function rebuild(collection, documents) {
  collection.data = [...documents.values()].sort((a, b) => a.$loki - b.$loki);
  collection.idIndex = collection.data.map((document) => document.$loki);
  collection.maxId = Math.max(collection.maxId, collection.idIndex.at(-1) ?? 0);
  for (const name of collection.uniqueNames) collection.ensureUniqueIndex(name);
  collection.ensureAllIndexes(true);
  collection.dirty = true;
}

// Nobody is told before it is written. Azurite runs a transaction without giving way to another request.
const writeHead = http.ServerResponse.prototype.writeHead;
http.ServerResponse.prototype.writeHead = function (...head) {
  for (const journal of unwritten) journal.write();
  return writeHead.apply(this, head);
};

const collectionPrototype = Loki.Collection.prototype;
const originals = { ...pick(Loki.prototype, "addCollection", "removeCollection", "loadDatabaseInternal", "saveDatabaseInternal"),
  ...pick(collectionPrototype, "insertOne", "update", "remove", "removeBatchByPositions") };

function pick(prototype, ...names) {
  return Object.fromEntries(names.map((name) => [name, prototype[name]]));
}

function record(collection, change) {
  owners.get(collection)?.append({ ...change, name: collection.name });
}

collectionPrototype.insertOne = function (document, bulk) {
  const inserted = originals.insertOne.call(this, document, bulk);
  if (inserted) record(this, { op: "put", document: inserted });
  return inserted;
};

collectionPrototype.update = function (document) {
  const updated = originals.update.call(this, document);
  if (!Array.isArray(document)) record(this, { op: "put", document: updated ?? document });
  return updated;
};

collectionPrototype.remove = function (document) {
  const id = typeof document === "number" ? document : document?.$loki;
  const removed = originals.remove.call(this, document);
  if (id !== undefined) record(this, { op: "delete", id });
  return removed;
};

collectionPrototype.removeBatchByPositions = function (positions) {
  // Azurite looks for expired messages at each request of a queue; Loki would sort every index anew for none of them.
  if (positions.length === 0) return;
  const ids = positions.map((position) => this.data[position]?.$loki);
  const removed = originals.removeBatchByPositions.call(this, positions);
  for (const id of ids) if (id !== undefined) record(this, { op: "delete", id });
  return removed;
};

Loki.prototype.addCollection = function (name, options) {
  const known = this.getCollection(name);
  const collection = originals.addCollection.call(this, name, options);
  const journal = journals.get(this);
  if (journal && !known) journal.append({ op: "add", name, options });
  owners.set(collection, journal ?? null);
  return collection;
};

Loki.prototype.removeCollection = function (name) {
  journals.get(this)?.append({ op: "drop", name });
  return originals.removeCollection.call(this, name);
};

function attach(loki, journal) {
  journals.set(loki, journal);
  for (const collection of loki.collections) owners.set(collection, journal);
}

Loki.prototype.loadDatabaseInternal = function (options, callback) {
  originals.loadDatabaseInternal.call(this, options, (error) => {
    if (!error && this.persistenceMethod === "fs") {
      const journal = new Journal(this.filename);
      journal.replay(this);
      attach(this, journal);
    }
    callback?.(error);
  });
};

Loki.prototype.saveDatabaseInternal = function (callback) {
  // A new database is not loaded but saved first, before Azurite listens.
  if (this.persistenceMethod === "fs" && !journals.has(this)) attach(this, new Journal(this.filename));
  const journal = journals.get(this);
  if (journal && !journal.isWorthASave()) {
    callback?.(null);
    return;
  }
  const generation = journal?.turn();
  originals.saveDatabaseInternal.call(this, (error) => {
    if (!error) journal?.forgetBefore(generation);
    callback?.(error);
  });
};
