import { useTranslation } from "@/lib/i18n";
import { Note } from "@/ui/feedback";
import { minutes } from "./countdown";

/** How long until the next attempt. It is read out once, not every second. */
export function Throttled({ wait }: { wait: number }) {
  const { t } = useTranslation("account");
  return (
    <>
      <Note tone="warning">{t("throttled", { time: minutes(wait) })}</Note>
      <span role="alert" className="sr-only">
        {t("throttled_said")}
      </span>
    </>
  );
}
