import { Link } from "@tanstack/react-router";
import { useTranslation } from "@/lib/i18n";
import { Empty } from "@/ui/feedback";
import { Page } from "@/ui/page";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t("not_found.title")}>
      <Empty title={t("not_found.title")} action={<Link to="/workflows">{t("not_found.home")}</Link>}>
        {t("not_found.text")}
      </Empty>
    </Page>
  );
}
