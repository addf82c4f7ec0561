// Learning from samples: the server parses, by the code that reads live requests; here its words go into the tables.

import { useQueryClient } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { equal } from "@/flow/differences";
import type { DeclaredHeader, DeclaredValue } from "@/flow/document";
import { shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import type { Command } from "../commands/edit";
import { setInTrigger } from "../commands/set";
import { useEditorStore } from "../store";
import { type Captured, eventQuery } from "../test/captured";
import { type Merged, mergedHeaders, mergedPaths, type Table } from "./rows";

/** What parsing came to, until it is looked away from. */
export type Outcome = Pick<Merged<unknown>, "fresh" | "gone">;

const parsed = async (table: "query" | "body", sample: string, rows: readonly DeclaredValue[]) => {
  const body = { sample, rows: rows.map(({ path, alias }) => ({ path, alias })) };
  return mergedPaths(
    rows,
    await got(table === "query" ? api.POST("/api/v1/parse/query", { body }) : api.POST("/api/v1/parse/body", { body })),
  );
};

const outcome = ({ fresh, gone }: Outcome): Outcome => ({ fresh, gone });

/** Parses a sample into one table. Throws what the server says of a sample that cannot be parsed; then nothing changed. */
export function useParse() {
  const store = useEditorStore();
  return async (table: "query" | "body", sample: string): Promise<Outcome> => {
    const before = store.getState().flow.trigger[table] ?? [];
    const merged = await parsed(table, sample, before);
    // What changes nothing is nothing to undo.
    if (!equal(before, merged.rows)) store.getState().edit("parsed", setInTrigger([table], merged.rows));
    return outcome(merged);
  };
}

/** Fills all tables from a request that came, as one edit, and makes it the editor's subject. */
export function useFill() {
  const { t } = useTranslation("trigger");
  const store = useEditorStore();
  const queries = useQueryClient();
  return async (captured: Captured): Promise<Record<Table, Outcome>> => {
    const event = await queries.fetchQuery(eventQuery(captured));
    const { trigger } = store.getState().flow;
    const headers = mergedHeaders(trigger.headers ?? [], event.headers ?? []);
    const query = await parsed("query", `?${event.query_string ?? ""}`, trigger.query ?? []);
    const body = event.body ? await parsed("body", event.body, trigger.body ?? []) : nothing(trigger.body ?? []);
    store.getState().edit("filled", all({ headers: headers.rows, query: query.rows, body: body.rows }));
    store.setState({ subject: subjectOf(captured, t("request_at", { time: shortTime(captured.at) })) });
    return { headers: outcome(headers), query: outcome(query), body: outcome(body) };
  };
}

/** A request without a body says nothing about bodies. */
function nothing(rows: DeclaredValue[]): Merged<DeclaredValue> {
  return { rows, fresh: [], gone: [] };
}

export function subjectOf({ id, executionId }: Pick<Captured, "id" | "executionId">, label: string) {
  return executionId
    ? ({ kind: "execution", id: executionId, label } as const)
    : ({ kind: "request", id, label } as const);
}

/** Tables that stay empty are not written down. */
function all(tables: { headers: DeclaredHeader[]; query: DeclaredValue[]; body: DeclaredValue[] }): Command {
  return (flow) => {
    for (const [table, rows] of Object.entries(tables)) {
      if (equal(flow.trigger[table as Table] ?? [], rows)) continue;
      setInTrigger([table], rows.length > 0 ? rows : undefined)(flow);
    }
    return undefined;
  };
}

/** Takes out the rows that the last sample did not have. */
export function useRemoval() {
  const store = useEditorStore();
  return (table: Table, gone: readonly string[]) => {
    const rows: readonly (DeclaredHeader | DeclaredValue)[] = store.getState().flow.trigger[table] ?? [];
    const kept = rows.filter((row) => !gone.includes("name" in row ? row.name : row.path));
    store.getState().edit("field", setInTrigger([table], kept.length > 0 ? kept : undefined));
  };
}
