import { TriangleAlert } from "lucide-react";
import { useTranslation } from "@/lib/i18n";
import { inShort } from "./in-short";
import type { Rendered } from "./previews";

/** Below a field: what its text comes to with the request that is looked at. */
export function PreviewLine({ id, rendered, quiet }: { id?: string; rendered: Rendered | undefined; quiet?: boolean }) {
  const { t } = useTranslation("fields");
  if (!rendered) return null;
  const { value, missing, error } = rendered;
  const trouble =
    error?.message ??
    (missing.length > 0 ? t("missing", { paths: missing.map(({ path }) => path).join(", ") }) : undefined);
  if (trouble === undefined && quiet) return null;
  return (
    <p id={id} className="flex min-w-0 items-start gap-1 text-meta text-ink-3" data-preview>
      {trouble === undefined ? (
        <>
          <span aria-hidden>→</span>
          <span className="sr-only">{t("comes_to")}</span>
          <span dir="auto" className="code min-w-0 truncate text-ink-2">
            {inShort(value as never)}
          </span>
        </>
      ) : (
        <>
          <TriangleAlert size={14} aria-hidden className="mt-px shrink-0 text-timed-out" />
          <span className="min-w-0 break-words text-timed-out">{trouble}</span>
        </>
      )}
    </p>
  );
}
