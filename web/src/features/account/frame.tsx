import type { FormEvent, ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "@/lib/i18n";
import { Mark } from "@/ui/mark";
import { useTitle } from "@/ui/page";
import { LanguageSelect, ThemeSwitch } from "@/ui/preferences";

/** One card on the paper, for whoever is not signed in yet. Enter submits it. */
export function Frame({
  title,
  lead,
  onSubmit,
  children,
}: {
  title: string;
  lead?: ReactNode;
  onSubmit?: () => void;
  children: ReactNode;
}) {
  const { t, i18n } = useTranslation("account");
  useTitle(title);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <I18nProvider locale={i18n.language}>
      <div className="flex min-h-dvh flex-col bg-bg">
        <header className="flex flex-wrap items-center justify-between gap-2 px-6 py-4 max-narrow:px-4">
          <span className="flex items-center gap-2 text-card font-semibold">
            <Mark />
            Hookflow
          </span>
          <nav aria-label={t("page_preferences")} className="flex items-center gap-2">
            <LanguageSelect hideLabel className="w-36" />
            <ThemeSwitch compact />
          </nav>
        </header>
        <main className="flex flex-1 items-start justify-center px-4 pt-[6vh] pb-12 max-narrow:pt-2">
          <form
            noValidate
            onSubmit={submit}
            className="flex w-full max-w-[440px] flex-col gap-4 rounded-card border border-line bg-surface p-6 max-narrow:p-4"
          >
            <div className="flex flex-col gap-1">
              <h1 className="text-title font-semibold break-words">{title}</h1>
              {lead && <p className="text-body text-ink-2">{lead}</p>}
            </div>
            {children}
          </form>
        </main>
      </div>
    </I18nProvider>
  );
}
