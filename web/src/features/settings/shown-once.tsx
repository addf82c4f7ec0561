import { useTranslation } from "@/lib/i18n";
import { CopyButton } from "@/ui/copy";
import { Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";

/** A text that nobody can have a second time. */
export function ShownOnce({ label, text, children }: { label: string; text: string; children?: string }) {
  const { t } = useTranslation("settings");
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-end gap-2">
        <TextField label={label} value={text} isReadOnly mono autoFocus className="flex-1" />
        <CopyButton words label={t("copy")} text={text} />
      </div>
      <Note tone="warning">{t("shown_once")}</Note>
      {children && <p className="text-body text-ink-2">{children}</p>}
    </div>
  );
}
