// The execution that the canvas shows: how each node of it stands.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { listen } from "@/api/live";
import { executionQuery } from "@/api/queries";
import { between, duration } from "@/lib/format";
import { useEditor } from "../store";
import type { Ran } from "./cards";

const NONE: ReadonlyMap<string, Ran> = new Map();

export function useRuns(): ReadonlyMap<string, Ran> {
  const shown = useEditor((editor) => editor.shown);
  const { data, refetch } = useQuery({ ...executionQuery(shown ?? ""), enabled: shown !== null });
  useEffect(() => {
    if (!shown) return;
    const again = () => void refetch();
    return listen({ execution: again, node_run: again, gap: again }, { execution: shown });
  }, [shown, refetch]);
  return useMemo(() => {
    if (!shown || data?.id !== shown) return NONE;
    const ran = new Map<string, Ran>([["", { status: "succeeded" }]]);
    for (const run of data.node_runs) {
      const took = run.finished_at ? duration(between(run.started_at, run.finished_at)) : undefined;
      ran.set(run.node, { status: run.status, took });
    }
    return ran;
  }, [shown, data]);
}
