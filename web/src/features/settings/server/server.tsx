import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { bytes } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { ErrorNote, Loading } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { StatusShape } from "@/ui/status";
import { Time } from "@/ui/time";
import { settingsQuery } from "../queries";
import { AddressForm } from "./address-form";
import { Limits } from "./limits";

export function Server() {
  const { t } = useTranslation("settings");
  const settings = useQuery(settingsQuery);
  if (settings.isPending) return <Loading lines={6} />;
  if (settings.error) return <ErrorNote error={settings.error} onRetry={() => settings.refetch()} />;
  const { data } = settings;
  const { ready, reasons } = data.health;
  return (
    <>
      <AddressForm key={data.public_url} settings={data} />
      <Block title={t("server.state")}>
        <dl className="grid grid-cols-[minmax(8rem,auto)_1fr] gap-x-6 gap-y-2 text-body">
          <Fact name={t("server.health")}>
            <span className="inline-flex items-start gap-1.5">
              <span className="mt-0.5">
                <StatusShape status={ready ? "succeeded" : "error"} />
              </span>
              {ready ? t("server.ready") : `${t("server.not_ready")} ${reasons.join("; ")}`}
            </span>
          </Fact>
          <Fact name={t("server.started")}>
            <Time at={data.started_at} as="date" />
          </Fact>
          <Fact name={t("server.hooks")}>
            <code className="code break-all">{data.hooks}</code>
          </Fact>
          <Fact name={t("server.admin")}>
            <code className="code break-all">{data.admin}</code>
          </Fact>
          <Fact name={t("server.database")}>
            {data.database.kind}, {bytes(data.database.bytes)}
          </Fact>
        </dl>
      </Block>
      <Limits limits={data.limits} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-2">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
