import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n";
import { Checkbox } from "@/ui/toggle";

/** The list's frame. On narrow screens its rows are cards and its head is for screen readers. */
export function WorkflowTable({
  all,
  onAll,
  children,
}: {
  /** Whether every row is chosen. */
  all: boolean | "some";
  onAll: (all: boolean) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation("workflows");
  const head = "px-2 py-2 text-left text-meta font-medium text-ink-3 whitespace-nowrap";
  return (
    <div className="overflow-hidden rounded-card border border-line bg-surface max-narrow:border-0 max-narrow:bg-transparent">
      <table className="w-full table-fixed border-collapse max-narrow:block" aria-label={t("title")}>
        <thead className="border-b border-line max-narrow:sr-only">
          <tr>
            <th className={`${head} w-10 pl-4`}>
              <Checkbox
                aria-label={t("column.all")}
                isSelected={all === true}
                isIndeterminate={all === "some"}
                onChange={onAll}
              />
            </th>
            <th className={`${head} w-14`}>{t("column.on")}</th>
            <th className={head}>{t("column.name")}</th>
            <th className={`${head} w-32 max-wide:w-24`}>{t("column.trigger")}</th>
            <th className={`${head} w-62 max-wide:w-36`}>{t("column.day")}</th>
            <th className={`${head} w-20 max-wide:hidden`}>{t("column.p95")}</th>
            <th className={`${head} w-28 max-wide:w-24`}>{t("column.last")}</th>
            <th className={`${head} w-12`}>
              <span className="sr-only">{t("column.menu")}</span>
            </th>
          </tr>
        </thead>
        <tbody className="max-narrow:flex max-narrow:flex-col max-narrow:gap-2">{children}</tbody>
      </table>
    </div>
  );
}
