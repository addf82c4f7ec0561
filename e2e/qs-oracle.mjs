// Reads one query a line (as a JSON string) from stdin and writes what npm qs makes of it, one JSON document a line.
import { createInterface } from "node:readline";
import qs from "qs";

const options = { arrayLimit: 100, depth: 5, strictNullHandling: true, parameterLimit: 1000 };

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(qs.parse(JSON.parse(line), options)) + "\n");
}
