import { Download, Power, PowerOff, Tag, X } from "lucide-react";
import { Suspense, useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { errorText } from "@/ui/feedback";
import { later } from "@/ui/later";
import { say } from "@/ui/toast";
import { exportAsFile } from "./exporting";

const TagsDialog = later(async () => (await import("./tags-dialog")).TagsDialog);

/** What can be done with all that are chosen. Stands where the filters stood. */
export function Chosen({
  items,
  onTurn,
  onDone,
}: {
  items: Schema["WorkflowItem"][];
  onTurn: (enabled: boolean) => void;
  onDone: () => void;
}) {
  const { t } = useTranslation(["workflows", "common"]);
  const mayAuthor = useMay("author");
  const [tagging, setTagging] = useState(false);
  return (
    <fieldset className="flex flex-wrap items-center gap-2" aria-label={t("chosen.label")}>
      <IconButton label={t("chosen.none")} onPress={onDone}>
        <X size={16} aria-hidden />
      </IconButton>
      <span role="status" className="mr-2 text-control font-medium">
        {t("chosen.count", { count: items.length })}
      </span>
      {mayAuthor && (
        <>
          <Button icon={<Power size={16} aria-hidden />} onPress={() => onTurn(true)}>
            {t("chosen.on")}
          </Button>
          <Button icon={<PowerOff size={16} aria-hidden />} onPress={() => onTurn(false)}>
            {t("chosen.off")}
          </Button>
          <Button icon={<Tag size={16} aria-hidden />} onPress={() => setTagging(true)}>
            {t("chosen.tag")}
          </Button>
        </>
      )}
      <Button
        icon={<Download size={16} aria-hidden />}
        onPress={() =>
          exportAsFile(items).catch((error) => say(errorText(error, t("common:unreachable")), { tone: "error" }))
        }
      >
        {t("chosen.export")}
      </Button>
      <Suspense fallback={null}>{tagging && <TagsDialog items={items} onClose={() => setTagging(false)} />}</Suspense>
    </fieldset>
  );
}
