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

export type Role = "viewer" | "editor" | "admin";
export interface Me {
  user: { id: string; email: string; name: string; role: Role } | null;
  scopes: S["Scope"][];
}
export interface UserView {
  id: string;
  email: string;
  name: string;
  role: Role;
  state: "active" | "invited" | "disabled";
  created_at: string;
  last_seen_at: string | null;
}
export interface SecretView {
  name: string;
  created_at: string;
  changed_at: string;
  used_by: { workflow_key: string; title: string }[];
}
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
export interface SettingsView {
  public_url: string;
  public_url_source: "config" | "stored" | "derived";
  hooks: string;
  admin: string;
  version: string;
  started_at: string;
  data_folder?: string | null;
  database: { kind: string; bytes: number };
  limits: { key: string; value: string; default: string; unit?: string | null; meaning: string }[];
  health: { ready: boolean; reasons: string[] };
}

type Key = { key: string };
export interface Coming {
  "/api/v1/setup": {
    get: Op<{ needed: boolean; token_needed: boolean }>;
    post: Op<Me, { email: string; name: string; password: string; token?: string }>;
  };
  "/api/v1/login": { post: Op<Me, { email: string; password: string }> };
  "/api/v1/logout": { post: Op<never> };
  "/api/v1/invite": { post: Op<Me, { token: string; password: string; name?: string }> };
  "/api/v1/me": {
    get: Op<Me>;
    patch: Op<Me, { name?: string; email?: string; password?: { old: string; new: string } }>;
  };
  "/api/v1/users": {
    get: Op<{ items: UserView[]; next_cursor: string | null }>;
    post: Op<UserView & { invite: string }, { email: string; name: string; role: Role }>;
  };
  "/api/v1/users/{id}": {
    patch: Op<UserView, { role?: Role; name?: string; disabled?: boolean }, never, { id: string }>;
    delete: Op<never, never, never, { id: string }>;
  };
  "/api/v1/users/{id}/invite": { post: Op<UserView & { invite: string }, never, never, { id: string }> };
  "/api/v1/secrets": { get: Op<{ items: SecretView[]; next_cursor: string | null }> };
  "/api/v1/secrets/{name}": {
    put: Op<SecretView, { value: string }, never, { name: string }>;
    delete: Op<never, never, never, { name: string }>;
  };
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
  "/api/v1/settings": { get: Op<SettingsView>; patch: Op<SettingsView, { public_url: string | null }> };
  "/api/v1/settings/check": { post: Op<{ ok: boolean; detail: string }, { public_url: string }> };
}
