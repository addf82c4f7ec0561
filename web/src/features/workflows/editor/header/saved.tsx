import { CloudCheck, CloudOff, LoaderCircle, Pencil, TriangleAlert } from "lucide-react";
import { shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { useUnpublished } from "../publish/live";
import { useEditor } from "../store";

/** How the document stands with the server, and how far it is from what is live. */
export function Saved() {
  const { t } = useTranslation("editor");
  const { state, at, detail } = useEditor((editor) => editor.saving);
  const { changes, revision } = useUnpublished();
  const words = {
    saved: at === null ? t("saving.saved") : t("saving.saved_at", { time: shortTime(at) }),
    unsaved: t("saving.unsaved"),
    saving: t("saving.saving"),
    offline: t("saving.offline"),
    refused: t("saving.refused"),
    conflict: t("saving.conflict"),
    gone: t("saving.gone"),
  };
  const wrong = state === "refused" || state === "conflict" || state === "gone";
  const icons = {
    saved: <CloudCheck size={14} aria-hidden />,
    unsaved: <Pencil size={14} aria-hidden />,
    saving: <LoaderCircle size={14} className="animate-spin" aria-hidden />,
    offline: <CloudOff size={14} aria-hidden />,
  };
  const icon = wrong ? <TriangleAlert size={14} aria-hidden /> : icons[state];
  return (
    <span
      role="status"
      aria-label={t("saving.label")}
      title={detail}
      className={`flex min-w-0 items-center gap-1.5 text-meta ${wrong ? "text-failed" : state === "offline" ? "text-timed-out" : "text-ink-3"}`}
    >
      {icon}
      <span className="truncate">{words[state]}</span>
      {revision === null ? (
        <span className="truncate">· {t("never_published")}</span>
      ) : changes && changes.length > 0 ? (
        <span className="whitespace-nowrap">· {t("changes_count", { count: changes.length })}</span>
      ) : null}
    </span>
  );
}
