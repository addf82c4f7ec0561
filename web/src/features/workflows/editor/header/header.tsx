import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft, FlaskConical, Redo2, Undo2 } from "lucide-react";
import { api, got, type Schema } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { errorText } from "@/ui/feedback";
import { say } from "@/ui/toast";
import { Switch } from "@/ui/toggle";
import { useEditor } from "../store";
import { ModeMenu } from "./mode-menu";
import { MoreMenu } from "./more-menu";
import { Saved } from "./saved";
import { WorkflowTitle } from "./workflow-title";

export function EditorHeader({
  workflow,
  onTest,
  isTesting,
  onPublish,
  onRevisions,
}: {
  workflow: Schema["WorkflowView"];
  onTest: () => void;
  isTesting: boolean;
  onPublish: () => void;
  onRevisions: () => void;
}) {
  const { t } = useTranslation("editor");
  const undo = useEditor((editor) => editor.undo);
  const redo = useEditor((editor) => editor.redo);
  const past = useEditor((editor) => editor.past.at(-1)?.label);
  const future = useEditor((editor) => editor.future[0]?.label);
  const word = (label: string | undefined) =>
    label ? t(`edit.${label as "moved"}`, { defaultValue: t("edit.field") }) : "";
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-2">
      <div className="flex min-w-0 flex-1 basis-80 flex-wrap items-center gap-x-2 gap-y-1 max-narrow:basis-full">
        <span className="flex min-w-0 items-center gap-1">
          <Link
            to="/workflows"
            aria-label={t("back")}
            className="flex size-8 shrink-0 items-center justify-center rounded-control text-ink-2 hover:bg-hover hover:text-ink touch:size-11"
          >
            <ChevronLeft size={18} aria-hidden />
          </Link>
          <WorkflowTitle of={workflow.key} title={workflow.title} />
        </span>
        <ModeMenu />
        <Saved />
      </div>
      <div className="flex flex-wrap items-center gap-2 max-narrow:w-full max-narrow:justify-between max-narrow:gap-1">
        <span className="flex">
          <IconButton
            label={past ? t("undo_what", { what: word(past) }) : t("undo")}
            keys="Ctrl+Z"
            onPress={undo}
            isDisabled={!past}
          >
            <Undo2 size={16} />
          </IconButton>
          <IconButton
            label={future ? t("redo_what", { what: word(future) }) : t("redo")}
            keys="Ctrl+Shift+Z"
            onPress={redo}
            isDisabled={!future}
          >
            <Redo2 size={16} />
          </IconButton>
        </span>
        <Button icon={<FlaskConical size={16} aria-hidden />} onPress={onTest} aria-expanded={isTesting}>
          {t("test")}
        </Button>
        <Button look="primary" onPress={onPublish}>
          {t("publish.open")}
        </Button>
        <OnOff workflow={workflow} />
        <MoreMenu workflow={workflow} onRevisions={onRevisions} />
      </div>
    </header>
  );
}

/** Whether the URL takes requests. */
function OnOff({ workflow }: { workflow: Schema["WorkflowView"] }) {
  const { t } = useTranslation(["editor", "common"]);
  const queries = useQueryClient();
  const { queryKey } = workflowQuery(workflow.key);
  const set = (enabled: boolean) => queries.setQueryData(queryKey, (old) => old && { ...old, enabled });
  const change = useMutation({
    mutationFn: (enabled: boolean) =>
      got(api.PATCH("/api/v1/workflows/{key}", { params: { path: { key: workflow.key } }, body: { enabled } })),
    onMutate: set,
    onSuccess: (now) => queries.setQueryData(queryKey, now),
    onError: (error, enabled) => {
      set(!enabled);
      say(errorText(error, t("common:unreachable")), { tone: "error" });
    },
  });
  return (
    <Switch
      isSelected={workflow.enabled}
      aria-label={t("on_off")}
      onChange={(enabled) => {
        change.mutate(enabled);
        say(t(enabled ? (workflow.revision === null ? "on_unpublished" : "now_on") : "now_off"), {
          action: { label: t("undo"), run: () => change.mutate(!enabled) },
        });
      }}
    >
      <span aria-hidden className="min-w-6 max-narrow:hidden">
        {workflow.enabled ? t("on") : t("off")}
      </span>
    </Switch>
  );
}
