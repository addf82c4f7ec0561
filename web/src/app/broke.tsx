import type { ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Empty } from "@/ui/feedback";

/** Where a page fell over. Drafts are on the server or in this browser, so loading again loses nothing. */
export function Broke({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  // The session has ended while the page was read: that is asked about over the page, which then starts afresh.
  if (error instanceof ApiError && error.status === 401) return null;
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  return (
    <Empty
      title={t("broke.title")}
      action={
        <>
          <CopyButton words label={t("broke.details")} text={`${message}\n${stack}`} />
          <Button look="primary" onPress={() => location.reload()}>
            {t("broke.reload")}
          </Button>
        </>
      }
    >
      <p>{t("broke.text")}</p>
      <p className="code mt-2 break-words text-ink-3">{message}</p>
    </Empty>
  );
}
