// Publish: what would change for callers, what stands in the way, a note, and then it is live.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, api, got, type Schema } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { find } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { say } from "@/ui/toast";
import { useProblems } from "../problems";
import { useEditor, useEditorStore } from "../store";
import { Changes } from "./changes";
import { useUnpublished } from "./live";

/** Characters of a revision's note. */
const NOTE_MAX = 2_000;

export function PublishSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["editor", "common"]);
  const store = useEditorStore();
  const key = useEditor((editor) => editor.key);
  const problems = useProblems();
  const { changes, revision } = useUnpublished();
  const [note, setNote] = useState("");
  const queries = useQueryClient();
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await store.getState().flush())) throw new Error(t("publish.unsaved"));
      const { edit } = store.getState().saving;
      return got(
        api.POST("/api/v1/workflows/{key}/publish", {
          params: { path: { key }, header: { "If-Match": `"${edit}"` } },
          body: { note },
        }),
      );
    },
    onSuccess: ({ workflow, revision, changed }) => {
      queries.setQueryData(workflowQuery(key).queryKey, workflow);
      void queries.invalidateQueries({ queryKey: ["workflow", key, "revisions"] });
      onClose();
      say(changed ? t("publish.done", { revision }) : t("publish.same", { revision }));
    },
    onError: (error) => {
      const errors = error instanceof ApiError && error.problem.errors;
      if (Array.isArray(errors)) store.setState({ problems: errors as Schema["DocumentProblem"][] });
    },
  });
  const blocked = problems.length > 0;
  const same = changes?.length === 0 && revision !== null;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      width="wide"
      title={revision === null ? t("publish.first") : t("publish.title")}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button
            look="primary"
            isDisabled={blocked || same || !changes}
            isPending={publish.isPending}
            onPress={() => publish.mutate()}
          >
            {t("publish.publish")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <ProblemList onClose={onClose} />
        {publish.error && <ErrorNote error={publish.error} />}
        {same && <Note>{t("publish.nothing")}</Note>}
        <section className="flex flex-col gap-2">
          <h3 className="text-control font-medium">
            {revision === null ? t("publish.what_first") : t("publish.what", { revision })}
          </h3>
          {changes ? <Changes changes={changes} /> : <Loading />}
        </section>
        <TextField
          label={t("publish.note")}
          help={t("publish.note_help")}
          value={note}
          onChange={setNote}
          maxLength={NOTE_MAX}
          lines={2}
        />
      </div>
    </Dialog>
  );
}

/** What stands in the way, with the way to it. */
function ProblemList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("editor");
  const flow = useEditor((editor) => editor.flow);
  const reveal = useEditor((editor) => editor.reveal);
  const problems = useProblems();
  const titleOf = useNodeTitle();
  if (problems.length === 0) return null;
  return (
    <section aria-label={t("publish.problems")} className="rounded-control border border-failed bg-sunken px-3 py-2">
      <h3 className="text-body font-medium text-failed">{t("publish.blocked", { count: problems.length })}</h3>
      <ul className="flex flex-col">
        {problems.map(({ of, at, code, message }) => (
          <li key={`${of} ${at} ${code} ${message}`} className="text-body break-words">
            {of === null ? (
              message
            ) : (
              <button
                type="button"
                className="w-full rounded-control py-0.5 text-left underline-offset-2 hover:underline touch:min-h-11"
                onClick={() => {
                  onClose();
                  reveal(of, at);
                }}
              >
                <span className="font-medium">{titleOf(find(flow, of) ?? null)}</span> {message}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
