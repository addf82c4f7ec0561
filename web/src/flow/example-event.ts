// A request made of the declared examples: what previews work with before the first real one came in.

import type { DeclaredValue, Flow, Json } from "./document";
import { readPath, type Step } from "./template";

export interface ExampleEvent {
  headers: [string, string][];
  query_string: string;
  body?: string;
}

export function exampleEvent({ trigger }: Flow): ExampleEvent {
  const headers = (trigger.headers ?? []).flatMap(({ name, example }): [string, string][] =>
    example === undefined || example === null || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) ? [] : [[name, plain(example)]],
  );
  const body = (trigger.body ?? []).reduce<Json | undefined>(put, undefined);
  const query = (trigger.query ?? []).flatMap(({ path, example }) => {
    const steps = stepsOf(path);
    if (!steps || example === undefined || example === null || typeof example === "object") return [];
    const [first, ...rest] = steps;
    const name = `${first}${rest.map((step) => `[${step}]`).join("")}`;
    return [`${encodeURIComponent(name)}=${encodeURIComponent(plain(example))}`];
  });
  return {
    headers: body === undefined ? headers : [["Content-Type", "application/json"], ...headers],
    query_string: query.join("&"),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function stepsOf(path: string): Step[] | undefined {
  return readPath(path.startsWith("[") ? `x${path}` : `x.${path}`)?.slice(1);
}

function put(root: Json | undefined, { path, example }: DeclaredValue): Json | undefined {
  const steps = stepsOf(path);
  if (!steps || example === undefined) return root;
  return place(root, steps, example);
}

function place(at: Json | undefined, steps: Step[], value: Json): Json {
  const [step, ...rest] = steps;
  // A parent's example may be given beside those of its children; what is there already stays.
  if (step === undefined) return at ?? value;
  if (typeof step === "number") {
    const list = Array.isArray(at) ? [...at] : [];
    for (let index = list.length; index < Math.min(step, 100); index++) list.push(null);
    list[step] = place(list[step] ?? undefined, rest, value);
    return list;
  }
  const members = typeof at === "object" && at !== null && !Array.isArray(at) ? at : {};
  return { ...members, [step]: place(members[step], rest, value) };
}
