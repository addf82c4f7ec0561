import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Confirm } from "@/ui/dialog";
import { ErrorNote, Loading, Note } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { Refusal } from "@/ui/refusal";
import { Cell, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { secretsQuery } from "../queries";
import { SecretDialog } from "./secret-dialog";

export function Secrets() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const queries = useQueryClient();
  const mayAuthor = useMay("author");
  const secrets = useQuery(secretsQuery);
  /** Whose value is being given: a name; the empty one is a new secret. */
  const [setting, setSetting] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<Schema["SecretView"] | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: secretsQuery.queryKey });
  const remove = useMutation({
    mutationFn: (name: string) => got(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name } } })),
    onSettled: again,
  });
  const columns = [
    { label: t("secrets.name"), className: "w-2/5" },
    { label: t("secrets.used_by") },
    { label: t("secrets.changed"), wideOnly: true, className: "w-32" },
    ...(mayAuthor ? [{ label: t("actions"), hideLabel: true, className: "w-44 max-narrow:w-24" }] : []),
  ];
  return (
    <Block
      title={t("secrets.title")}
      lead={t("secrets.lead")}
      action={
        mayAuthor && (
          <Button look="primary" icon={<Lock size={16} aria-hidden />} onPress={() => setSetting("")}>
            {t("secrets.add")}
          </Button>
        )
      }
    >
      {!mayAuthor && <Note>{t("secrets.read_only")}</Note>}
      <Refusal error={remove.error} />
      {secrets.isPending && <Loading />}
      {secrets.error && <ErrorNote error={secrets.error} onRetry={() => secrets.refetch()} />}
      {secrets.data?.length === 0 && <p className="py-4 text-body text-ink-2">{t("secrets.none")}</p>}
      {secrets.data && secrets.data.length > 0 && (
        <Table label={t("secrets.title")} columns={columns}>
          {secrets.data.map((secret) => (
            <Row key={secret.name}>
              <Cell className="pt-2.5">
                <span className="flex items-center gap-1">
                  <code className="code break-all">{secret.name}</code>
                  <CopyButton label={t("secrets.copy", { name: secret.name })} text={`{{ secrets.${secret.name} }}`} />
                </span>
              </Cell>
              <Cell className="pt-3.5">
                <UsedBy uses={secret.used_by} />
              </Cell>
              <Cell wideOnly className="pt-3.5 text-ink-2">
                <Time at={secret.changed_at} />
              </Cell>
              {mayAuthor && (
                <Cell className="text-right">
                  <span className="inline-flex flex-wrap justify-end gap-1">
                    <Button
                      look="quiet"
                      aria-label={t("secrets.replace_of", { name: secret.name })}
                      onPress={() => setSetting(secret.name)}
                    >
                      {t("secrets.replace")}
                    </Button>
                    <Button
                      look="quiet"
                      aria-label={t("secrets.delete_of", { name: secret.name })}
                      onPress={() => setDeleting(secret)}
                    >
                      {common("delete")}
                    </Button>
                  </span>
                </Cell>
              )}
            </Row>
          ))}
        </Table>
      )}
      {setting !== null && (
        <SecretDialog
          name={setting}
          taken={secrets.data?.map(({ name }) => name) ?? []}
          onClose={() => setSetting(null)}
          onDone={() => {
            setSetting(null);
            again();
          }}
        />
      )}
      <Confirm
        title={t("secrets.delete_title", { name: deleting?.name ?? "" })}
        isOpen={deleting !== null}
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting) remove.mutate(deleting.name);
          setDeleting(null);
        }}
        confirm={common("delete")}
      >
        <div className="flex flex-col gap-2 text-body text-ink-2">
          <p>{t("secrets.delete_text")}</p>
          {deleting && deleting.used_by.length > 0 && (
            <p>
              {t("secrets.used_by")}: <UsedBy uses={deleting.used_by} />
            </p>
          )}
        </div>
      </Confirm>
    </Block>
  );
}

function UsedBy({ uses }: { uses: Schema["SecretUse"][] }) {
  const { t } = useTranslation("settings");
  if (uses.length === 0) return <span className="text-ink-3">{t("secrets.unused")}</span>;
  return (
    <ul className="inline-flex flex-wrap gap-x-3 gap-y-0.5">
      {uses.map(({ workflow_key, title }) => (
        <li key={workflow_key} className="min-w-0">
          <Link
            to="/workflows/$key"
            params={{ key: workflow_key }}
            dir="auto"
            className="break-words text-accent underline underline-offset-2"
          >
            {title}
          </Link>
        </li>
      ))}
    </ul>
  );
}
