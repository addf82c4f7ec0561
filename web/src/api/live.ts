// What happens, as it happens: one stream of server-sent events for all pages of this window.
// The browser resumes it by itself with Last-Event-ID; `gap` says that something was missed after all.

import { create } from "zustand";
import { base, type Schema } from "./client";

export type Execution = Schema["ExecutionItem"];
export type Request = Schema["RequestItem"];

export interface NodeRun {
  execution_id: string;
  workflow_id: string;
  node: string;
  kind: string;
  visit: string;
  attempt: number;
  status: Schema["NodeStatus"];
  error: Schema["NodeError"] | null;
  started_at: string;
  finished_at: string | null;
}

export interface Heard {
  /** From here on nothing is left out. */
  hello: object;
  execution: Execution;
  request: Request;
  node_run: NodeRun;
  workflow: { id: string };
  /** Read the lists again: changes since then may be missing. */
  gap: { since: string };
}

export type LiveState = "connecting" | "open" | "lost";

/** How the stream of the whole window does. */
export const useLiveState = create<{ state: LiveState; since: number }>(() => ({ state: "connecting", since: 0 }));

type Hears = { [Name in keyof Heard]?: (heard: Heard[Name]) => void };
const NAMES = ["hello", "execution", "request", "node_run", "workflow", "gap"] as const;

/** Listens until the returned function is called. Node runs are told to those who name a workflow or an execution. */
export function listen(hears: Hears, of?: { workflow?: string; execution?: string }): () => void {
  return of ? open(hears, new URLSearchParams(of)) : share(hears);
}

function open(hears: Hears, query: URLSearchParams, onState?: (state: LiveState) => void): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource(`${base}api/v1/live${query.size > 0 ? `?${query}` : ""}`);
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        const hear = hears[name] as ((heard: unknown) => void) | undefined;
        hear?.(JSON.parse((event as MessageEvent<string>).data));
      });
    }
    source.addEventListener("open", () => onState?.("open"));
    source.addEventListener("error", () => {
      onState?.("lost");
      // The browser gives up on an answer that is not a stream (401, 503); a new stream starts with a gap.
      if (source?.readyState === EventSource.CLOSED) {
        retry = setTimeout(() => {
          connect();
          hears.gap?.({ since: new Date().toISOString() });
        }, 3_000);
      }
    });
  };
  connect();
  return () => {
    clearTimeout(retry);
    source?.close();
  };
}

const sharing = new Set<Hears>();
let stop: (() => void) | undefined;

/** One connection for everybody who watches everything: browsers allow few to one server. */
function share(hears: Hears): () => void {
  sharing.add(hears);
  stop ??= open(
    Object.fromEntries(
      NAMES.map((name) => [
        name,
        (heard: never) => {
          for (const each of sharing) each[name]?.(heard);
        },
      ]),
    ) as Hears,
    new URLSearchParams(),
    (state) => useLiveState.setState({ state, since: Date.now() }),
  );
  return () => {
    sharing.delete(hears);
    if (sharing.size === 0) {
      stop?.();
      stop = undefined;
    }
  };
}
