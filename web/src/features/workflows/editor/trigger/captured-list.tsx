import { Link } from "@tanstack/react-router";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Loading } from "@/ui/feedback";
import { StatusShape } from "@/ui/status";
import { Time } from "@/ui/time";
import type { Captured } from "../test/captured";

/** What came to the URL, newest on top, refused requests with their cause. */
export function CapturedList({
  items,
  isPending,
  onUse,
}: {
  items: readonly Captured[];
  isPending: boolean;
  onUse: (captured: Captured) => void;
}) {
  const { t } = useTranslation(["trigger", "common"]);
  if (isPending) return <Loading lines={2} />;
  if (items.length === 0) return <p className="text-ink-3">{t("requests.none")}</p>;
  return (
    <ol aria-label={t("requests.title")} className="flex max-h-64 flex-col overflow-auto">
      {items.map((captured) => (
        <li
          key={captured.id}
          className="flex min-h-9 items-center gap-x-2 border-t max-narrow:flex-wrap max-narrow:justify-between border-line py-0.5 first:border-t-0"
        >
          <StatusShape status={captured.status} label={t(`common:status.${captured.status}`)} />
          <Open captured={captured} />
          <span className="code whitespace-nowrap">
            {captured.method} → {captured.answer ?? "…"}
          </span>
          <span
            className="min-w-0 flex-1 truncate text-meta text-refused max-narrow:order-last max-narrow:ml-6 max-narrow:basis-full max-narrow:empty:hidden"
            title={captured.detail ?? undefined}
          >
            {captured.code &&
              t(`cause.${captured.code as "hook.method"}`, { defaultValue: captured.detail ?? captured.code })}
          </span>
          <Button look="quiet" className="-my-0.5 px-2" onPress={() => onUse(captured)}>
            {t("requests.use")}
          </Button>
        </li>
      ))}
    </ol>
  );
}

function Open({ captured }: { captured: Captured }) {
  const look = "text-meta text-ink-2 underline decoration-transparent hover:decoration-current";
  return captured.executionId ? (
    <Link to="/executions/$id" params={{ id: captured.executionId }} className={look}>
      <Time at={captured.at} as="clock" />
    </Link>
  ) : (
    <Link to="/requests/$id" params={{ id: captured.id }} className={look}>
      <Time at={captured.at} as="clock" />
    </Link>
  );
}
