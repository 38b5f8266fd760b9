// Runs one query with DuckDB in a folder. stdin: {folder, sql}; stdout: rows as objects, numbers as text.
import { DuckDBInstance } from "@duckdb/node-api";
import { text } from "node:stream/consumers";

const { folder, sql } = JSON.parse(await text(process.stdin));
process.chdir(folder);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const rows = await connection.runAndReadAll(sql);
process.stdout.write(JSON.stringify(rows.getRowObjectsJson()));
