import { ChevronDown, RotateCw } from "lucide-react";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu-parts";

/** The five ways to run the request of an execution once more. */
export function ReplayMenu({
  execution,
  from,
  onReplay,
  onEdit,
}: {
  execution: Schema["ExecutionView"];
  /** The node that failed, and its title. */
  from?: { node: string; title: string };
  onReplay: (body: Schema["ReplayBody"]) => void;
  onEdit: () => void;
}) {
  const { t } = useTranslation("executions");
  const same =
    execution.revision === null ? t("replay.same_test") : t("replay.same_of", { number: execution.revision });
  return (
    <Menu
      label={t("replay.title")}
      trigger={
        <Button look="primary" icon={<RotateCw size={15} aria-hidden />}>
          {t("replay.title")}
          <ChevronDown size={14} aria-hidden />
        </Button>
      }
    >
      <MenuItem id="same" detail={same} onAction={() => onReplay({ revision: "same" })}>
        {t("replay.same")}
      </MenuItem>
      <MenuItem id="live" detail={t("replay.live_detail")} onAction={() => onReplay({ revision: "live" })}>
        {t("replay.live")}
      </MenuItem>
      <MenuItem id="draft" detail={t("replay.draft_detail")} onAction={() => onReplay({ revision: "draft" })}>
        {t("replay.draft")}
      </MenuItem>
      <MenuItem id="edited" detail={t("replay.edited_detail")} onAction={onEdit}>
        {t("replay.edited")}
      </MenuItem>
      <MenuItem
        id="from_node"
        isDisabled={!from}
        detail={from ? t("replay.from_node_detail", { node: from.title }) : t("replay.from_node_none")}
        onAction={() => from && onReplay({ revision: "same", from_node: from.node })}
      >
        {t("replay.from_node")}
      </MenuItem>
    </Menu>
  );
}
