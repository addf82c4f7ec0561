import { shortTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { useSubject } from "./subject";

/** Whose values are shown: a request's, or the declared examples. */
export function With() {
  const { t } = useTranslation("fields");
  const { subject, at } = useSubject();
  const words = at
    ? t("with.latest", { time: shortTime(at) })
    : subject
      ? t("with.chosen", { name: subject.label })
      : t("with.examples");
  return <p className="truncate text-meta text-ink-3">{words}</p>;
}
