import { useQuery } from "@tanstack/react-query";
import { base } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { CopyButton } from "@/ui/copy";
import { ErrorNote, Loading } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { settingsQuery } from "./queries";

const LICENCE = "Apache-2.0";

/** In `docs/guides` of the sources, by file name. */
const GUIDES = [
  "first-webhook",
  "answers",
  "workflow-file",
  "calling-other-systems",
  "secrets",
  "testing-and-replay",
  "request-log",
  "watching",
  "what-a-2xx-means",
  "people",
  "api",
] as const;

const COMMAND = "hookflow help";

export function About() {
  const { t } = useTranslation("settings");
  const settings = useQuery(settingsQuery);
  if (settings.isPending) return <Loading lines={4} />;
  if (settings.error) return <ErrorNote error={settings.error} onRetry={() => settings.refetch()} />;
  const { version, commit } = settings.data;
  return (
    <>
      <Block title={`Hookflow ${version}`} lead={t("about.what")}>
        <dl className="grid grid-cols-[minmax(8rem,auto)_1fr] gap-x-6 gap-y-2 text-body">
          <dt className="text-ink-2">{t("about.version")}</dt>
          <dd>
            <code className="code break-all">{commit ? `${version} (${commit})` : version}</code>
          </dd>
          <dt className="text-ink-2">{t("about.licence")}</dt>
          <dd>{LICENCE}</dd>
        </dl>
      </Block>
      <Block title={t("about.backup")} lead={t("about.backup_lead")}>
        <ul className="flex flex-col gap-1 text-body">
          <li>
            <code className="code">hookflow.db</code>, <code className="code">hookflow.db-wal</code>{" "}
            <span className="text-ink-2">{t("about.backup_database")}</span>
          </li>
          <li>
            <code className="code">hookflow.key</code> <span className="text-ink-2">{t("about.backup_key")}</span>
          </li>
        </ul>
      </Block>
      <Block title={t("about.docs")} lead={t("about.docs_lead")}>
        <ul className="grid grid-cols-2 gap-x-6 gap-y-1 text-body max-narrow:grid-cols-1">
          {GUIDES.map((guide) => (
            <li key={guide} className="min-w-0">
              {t(`about.guides.${guide}`)}
              <code className="code block break-all text-ink-3">docs/guides/{guide}.md</code>
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2 text-body">
          <span className="flex items-center gap-1">
            <code className="code">{COMMAND}</code>
            <CopyButton label={t("about.copy_command")} text={COMMAND} />
          </span>
          <a href={`${base}api/openapi.json`} className="text-accent underline underline-offset-2">
            {t("about.openapi")}
          </a>
        </div>
      </Block>
    </>
  );
}
