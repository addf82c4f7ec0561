import type { FlowNode } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Code } from "@/ui/code/code";
import { Note } from "@/ui/feedback";

/** A kind that this server does not know: shown, and kept as it is. */
export function KeptAsIs({ node }: { node: FlowNode }) {
  const { t } = useTranslation("fields");
  return (
    <>
      <Note tone="warning">{t("unknown_kind", { kind: node.kind })}</Note>
      <Code
        as="json"
        label={t("config")}
        value={JSON.stringify(node.config, null, 2)}
        onChange={() => {}}
        lines={6}
        isReadOnly
      />
    </>
  );
}
