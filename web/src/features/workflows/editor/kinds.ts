import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Schema } from "@/api/client";
import { kindsQuery } from "@/api/queries";

export type KindInfo = Schema["KindInfo"];

/** The kinds of nodes that this server has, by name, in the order of the palette. */
export function useKinds(): ReadonlyMap<string, KindInfo> {
  const { data } = useSuspenseQuery(kindsQuery);
  return useMemo(() => new Map(data.items.map((info) => [info.kind, info])), [data]);
}
