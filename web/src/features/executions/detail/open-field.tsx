import { Link } from "@tanstack/react-router";
import { useTranslation } from "@/lib/i18n";

/** Leads to the field of the draft. */
export function OpenField({ workflow, node, pointer }: { workflow: string; node: string; pointer?: string }) {
  const { t } = useTranslation("executions");
  return (
    <Link
      to="/workflows/$key"
      params={{ key: workflow }}
      search={{ node, ...(pointer && { field: pointer }) } as never}
      className="inline-flex h-8 items-center rounded-control border border-line bg-surface px-3 text-control hover:border-line-strong touch:h-11"
    >
      {pointer ? t("problem.open_field") : t("problem.open_node")}
    </Link>
  );
}
