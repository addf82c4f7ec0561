// @vitest-environment node
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type CurlRequest, curl } from "./curl";

/** What a shell hands to curl: its arguments and its input, after reading the line as it was pasted. */
function read(request: CurlRequest): { args: string[]; input: string } {
  const script = `curl() { printf '%s\\0' "$@"; case "$*" in *@-*) cat;; esac; }\n${curl(request)}\n`;
  const parts = execFileSync("bash", ["-c", script]).toString().split("\0");
  return { args: parts.slice(0, -1), input: parts.at(-1) ?? "" };
}

const after = (args: string[], option: string) => args.flatMap((arg, at) => (args[at - 1] === option ? [arg] : []));

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell would put something in there
const TEXTS = [
  `{"quote":"it's \\"so\\"","line":"a\\nb"}`,
  '{\n  "of": "many lines",\n\t"tab": 1\n}\n',
  '{"$HOME": "`id` $(id) ${x} !! \\\\ * ? ~ # & ; | < > %s"}',
  '"Привіт, 世界 🎉 ﷽ \u202e"',
  "@/etc/passwd",
  "-x",
  "'",
  "''\\'",
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

test("whatever is in a body, a shell hands curl the same bytes", () => {
  for (const body of TEXTS) expect(after(read({ url: "http://h/x", body }).args, "--data-raw")).toEqual([body]);
});

test("whatever is in a header, a query or a password, too", () => {
  for (const text of TEXTS.filter((each) => !/[\n\t]/.test(each))) {
    const { args } = read({
      url: "http://h/x",
      query: `a[0]=${text}`,
      headers: [["X-Text", text]],
      user: { name: "ann", password: text },
    });
    expect(after(args, "-H")).toEqual([`X-Text: ${text}`]);
    expect(after(args, "-u")).toEqual([`ann:${text}`]);
    expect(args).toContain(`http://h/x?a[0]=${text}`);
    expect(args).toContain("-g");
  }
});

test("what no argument can hold is piped in", () => {
  const { args, input } = read({ url: "http://h/x", body: 'a"b' });
  expect([after(args, "--data-raw"), input]).toEqual([['a"b'], ""]);
  const piped = execFileSync("bash", ["-c", `curl() { cat; }\n${curl({ url: "http://h/x", body: "a\0ї" })}`]);
  expect(piped.toString()).toBe("a\0ї");
});

test("what curl works out by itself is left to it, and an empty header is kept", () => {
  const { args } = read({
    url: "http://h/x",
    headers: [
      ["Host", "h"],
      ["Content-Length", "3"],
      ["content-type", "application/vnd.api+json"],
      ["X-Empty", ""],
    ],
    body: "{}",
  });
  expect(after(args, "-H")).toEqual(["content-type: application/vnd.api+json", "X-Empty;"]);
  expect(after(read({ url: "http://h/x" }).args, "-H")).toEqual([]);
});
