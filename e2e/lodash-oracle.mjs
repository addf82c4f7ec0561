// Reads {sample, paths} a line from stdin and writes what lodash `get` yields for each path, a list a line.
// What is not there is {"missing": true} beside {"value": …}, since JSON has no undefined.
import { createInterface } from "node:readline";
import get from "lodash/get.js";

const nothing = Symbol("nothing");
const read = (sample, path) => {
  const value = get(sample, path, nothing);
  return value === nothing ? { missing: true } : { value };
};

for await (const line of createInterface({ input: process.stdin })) {
  const { sample, paths } = JSON.parse(line);
  process.stdout.write(JSON.stringify(paths.map((path) => read(JSON.parse(sample), path))) + "\n");
}
