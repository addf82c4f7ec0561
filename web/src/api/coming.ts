// Shapes of operations that the server is about to have. Goes when they are in schema.d.ts.

import type { components } from "./schema";

type S = components["schemas"];
type Op<Response, Body = never, Query = never, Path = never> = {
  parameters: ([Path] extends [never] ? { path?: never } : { path: Path }) & {
    query?: [Query] extends [never] ? never : Query;
    header?: never;
    cookie?: never;
  };
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Response } } };
} & ([Body] extends [never] ? { requestBody?: never } : { requestBody: { content: { "application/json": Body } } });

export interface Figures {
  items: {
    workflow_id: string;
    buckets: { at: string; succeeded: number; failed: number; other: number }[];
    succeeded: number;
    failed: number;
    waiting: number;
    p95_ms: number | null;
    last_at: string | null;
    last_answer_status: number | null;
  }[];
  partial: boolean;
}
export interface Histogram {
  from: string;
  to: string;
  items: {
    at: string;
    succeeded: number;
    failed: number;
    error: number;
    timed_out: number;
    cancelled: number;
    open: number;
  }[];
  partial: boolean;
}
export interface Sent {
  url: string;
  status: number;
  headers: [string, string][];
  body: string | null;
  body_base64: string | null;
  duration_ms: number;
  execution_id: string | null;
}
type Key = { key: string };
export interface Coming {
  "/api/v1/workflows/figures": { get: Op<Figures, never, { hours?: number }> };
  "/api/v1/executions/histogram": {
    get: Op<
      Histogram,
      never,
      {
        from?: string;
        to?: string;
        buckets?: number;
        workflow?: string;
        status?: string;
        answer?: string;
        test?: boolean;
        q?: string;
      }
    >;
  };
  "/api/v1/workflows/{key}/send": {
    post: Op<Sent, { event: S["WrittenEvent"]; username?: string; password?: string }, never, Key>;
  };
}
