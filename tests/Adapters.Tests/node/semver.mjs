// What npm's semver says of {versions, ranges} in the file named: per range null where it is none, the lowest version that it may take, and which of the versions it takes.
import { readFileSync } from 'node:fs';
import semver from 'semver';

const { versions, ranges } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify(ranges.map(range => semver.validRange(range) === null ? null : {
  least: semver.minVersion(range)?.version,
  takes: versions.filter(version => semver.satisfies(version, range)),
})));
