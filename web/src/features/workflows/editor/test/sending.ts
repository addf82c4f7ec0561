// A request sent to the workflow's own URL by the server: it goes the way of every sender's, and runs what is live.

import { type UseMutationResult, useMutation, useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got, type Schema } from "@/api/client";

import { workflowQuery } from "@/api/queries";
import { useEditor, useEditorStore } from "../store";
import { forgetPassword, usePassword } from "./password";

/** What a sender would have got. */
export type Sent = Omit<Schema["SentView"], "headers"> & { headers: readonly (readonly string[])[] };

export interface Sending {
  send: (event: Schema["WrittenEvent"]) => void;
  result: UseMutationResult<Sent | undefined, Error, Schema["WrittenEvent"]>;
  /** Asks for the password, where there is one. */
  dialog: ReactNode;
}

export function useSending(): Sending {
  const key = useEditor((editor) => editor.key);
  const store = useEditorStore();
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const username = workflow.credentials?.basic.username;
  const { ask, dialog } = usePassword(key, username ?? "");
  const result = useMutation({
    mutationFn: async (event: Schema["WrittenEvent"]) => {
      const password = username === undefined ? undefined : await ask("send");
      if (username !== undefined && password === undefined) return undefined;
      return got(
        api.POST("/api/v1/workflows/{key}/send", { params: { path: { key } }, body: { event, username, password } }),
      );
    },
    onSuccess: (sent) => {
      // Typed wrong: next time it is asked for again.
      if (sent?.status === 401) forgetPassword(key);
      if (sent?.execution_id) store.setState({ shown: sent.execution_id });
    },
  });
  return { send: (event) => result.mutate(event), result, dialog };
}
