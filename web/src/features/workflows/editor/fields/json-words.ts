import { useMemo } from "react";
import { useTranslation } from "@/lib/i18n";
import type { JsonWords } from "@/ui/code/lint";

/** What is said of JSON that cannot be read. */
export function useJsonWords(): JsonWords {
  const { t } = useTranslation("fields");
  return useMemo(
    () => ({
      problem: ({ mistake, line, column, found }) => t(`json.${mistake}`, { line, column, found: found.slice(0, 40) }),
      imprecise: t("json.imprecise"),
      quote: t("json.quote"),
    }),
    [t],
  );
}
