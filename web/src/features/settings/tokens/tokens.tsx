import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Confirm, Dialog } from "@/ui/dialog";
import { Badge, ErrorNote, Loading } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { Refusal } from "@/ui/refusal";
import { Cell, Row, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { tokensQuery } from "../queries";
import { ShownOnce } from "../shown-once";
import { TokenDialog } from "./token-dialog";

export function Tokens() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const tokens = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Schema["MadeToken"] | null>(null);
  const [revoking, setRevoking] = useState<Schema["TokenView"] | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const revoke = useMutation({
    mutationFn: (id: string) => got(api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } })),
    onSettled: again,
  });
  return (
    <Block
      title={t("tokens.title")}
      lead={t("tokens.lead")}
      action={
        <Button look="primary" icon={<KeyRound size={16} aria-hidden />} onPress={() => setMaking(true)}>
          {t("tokens.make")}
        </Button>
      }
    >
      <Refusal error={revoke.error} />
      {tokens.isPending && <Loading />}
      {tokens.error && <ErrorNote error={tokens.error} onRetry={() => tokens.refetch()} />}
      {tokens.data?.length === 0 && <p className="py-4 text-body text-ink-2">{t("tokens.none")}</p>}
      {tokens.data && tokens.data.length > 0 && (
        <Table
          label={t("tokens.title")}
          columns={[
            { label: t("tokens.name") },
            { label: t("tokens.scopes") },
            { label: t("tokens.used"), wideOnly: true, className: "w-28" },
            { label: t("tokens.expires"), wideOnly: true, className: "w-32" },
            { label: t("actions"), hideLabel: true, className: "w-24" },
          ]}
        >
          {tokens.data.map((token) => (
            <Row key={token.id}>
              <Cell className="pt-3">
                <span dir="auto" className="font-medium">
                  {token.name}
                </span>
              </Cell>
              <Cell className="pt-3">
                <span className="flex flex-wrap gap-1">
                  {token.scopes.map((scope) => (
                    <Badge key={scope}>{t(`scopes.${scope}.name`)}</Badge>
                  ))}
                </span>
              </Cell>
              <Cell wideOnly className="pt-3 text-ink-2">
                {token.last_used_at ? <Time at={token.last_used_at} /> : t("never")}
              </Cell>
              <Cell wideOnly className="pt-3 text-ink-2">
                <Expiry at={token.expires_at} />
              </Cell>
              <Cell className="text-right">
                <Button
                  look="quiet"
                  aria-label={t("tokens.revoke_of", { name: token.name })}
                  onPress={() => setRevoking(token)}
                >
                  {t("tokens.revoke")}
                </Button>
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {making && (
        <TokenDialog
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
            again();
          }}
        />
      )}
      {made && (
        <Dialog
          isOpen
          onClose={() => setMade(null)}
          title={t("tokens.made", { name: made.name })}
          footer={
            <Button look="primary" onPress={() => setMade(null)}>
              {t("done")}
            </Button>
          }
        >
          <ShownOnce label={t("tokens.token")} text={made.token}>
            {t("tokens.made_lead")}
          </ShownOnce>
        </Dialog>
      )}
      <Confirm
        title={t("tokens.revoke_title", { name: revoking?.name ?? "" })}
        isOpen={revoking !== null}
        onClose={() => setRevoking(null)}
        onConfirm={() => {
          if (revoking) revoke.mutate(revoking.id);
          setRevoking(null);
        }}
        confirm={t("tokens.revoke")}
      >
        <p className="text-body text-ink-2">{t("tokens.revoke_text")}</p>
      </Confirm>
    </Block>
  );
}

function Expiry({ at }: { at: string | null }) {
  const { t } = useTranslation("settings");
  if (at === null) return t("never");
  if (new Date(at).getTime() <= Date.now()) return <Badge tone="failed">{t("tokens.expired")}</Badge>;
  return <Time at={at} as="date" />;
}
