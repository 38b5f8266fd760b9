/** All scenarios by their names. `node scenarios.mjs` says the names, one a line. */
import { readdirSync } from "node:fs";

export const scenarios = {};
// Those that wait for the backend longest first, so that none of them is the last alone.
for (const file of readdirSync(`${import.meta.dirname}/scenarios`).sort().reverse()) Object.assign(scenarios, (await import(`./scenarios/${file}`)).scenarios);

if (process.argv[1] === import.meta.filename) console.log(Object.keys(scenarios).join("\n"));
