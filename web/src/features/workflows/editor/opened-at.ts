import { useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useEditorStore } from "./store";

/** An address can name whose drawer is open, and at which field: `?node=paid&field=/config/rule`. No node: the trigger. */
export function useOpenedAt() {
  const { node, field, coach }: Record<string, unknown> = useSearch({ strict: false });
  const store = useEditorStore();
  useEffect(() => {
    const { reveal, select } = store.getState();
    if (field !== undefined) reveal(String(node ?? ""), String(field));
    else if (node !== undefined) select(String(node));
    else if (coach !== undefined) select("");
  }, [node, field, coach, store]);
}
