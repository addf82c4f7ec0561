import { Link } from "@tanstack/react-router";
import { useTranslation } from "@/lib/i18n";
import type { Span } from "@/lib/span";

/** What runs and what was sent: two views of the same time, so the time and the workflow go along. */
export function Places({ here, workflow, span }: { here: "executions" | "requests"; workflow?: string; span: Span }) {
  const { t } = useTranslation(["common", "inspect"]);
  const search = { workflow, range: span.range, from: span.from, to: span.to };
  return (
    <nav aria-label={t("inspect:feed.views")} className="flex gap-4 border-b border-line">
      {(["executions", "requests"] as const).map((place) => (
        <Link
          key={place}
          to={`/${place}`}
          search={search}
          aria-current={place === here ? "page" : undefined}
          className={`-mb-px flex h-9 items-center border-b-2 px-0.5 text-control touch:h-11 ${
            place === here ? "border-accent text-ink" : "border-transparent text-ink-2 hover:text-ink"
          }`}
        >
          {t(`nav.${place}`)}
        </Link>
      ))}
    </nav>
  );
}
