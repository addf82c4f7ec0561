import { useState } from "react";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Badge } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { Block } from "@/ui/part";
import { Cell, Row, Table } from "@/ui/table";
import { inWords } from "./in-words";

/** Every setting with what it means; what differs from its default is marked. */
export function Limits({ limits }: { limits: Schema["SettingInfo"][] }) {
  const { t } = useTranslation("settings");
  const [wanted, setWanted] = useState("");
  const words = wanted.toLowerCase().split(/\s+/);
  const found = limits.filter(({ key, meaning }) =>
    words.every((word) => `${key} ${meaning}`.toLowerCase().includes(word)),
  );
  return (
    <Block title={t("limits.title")} lead={t("limits.lead")}>
      <TextField label={t("limits.search")} type="search" className="max-w-sm" value={wanted} onChange={setWanted} />
      <p role="status" className="meta">
        {t("limits.found", { count: found.length })}
      </p>
      {found.length > 0 && (
        <Table
          label={t("limits.title")}
          columns={[
            { label: t("limits.setting") },
            { label: t("limits.value"), className: "w-36 max-narrow:w-28" },
            { label: t("limits.default"), wideOnly: true, className: "w-36" },
          ]}
        >
          {found.map(({ key, value, default: usual, unit, meaning }) => {
            const isChanged = JSON.stringify(value) !== JSON.stringify(usual);
            return (
              <Row key={key}>
                <Cell>
                  <code className="code break-all">{key}</code>
                  <p className="text-meta text-ink-2">{meaning}</p>
                </Cell>
                <Cell>
                  <span className="flex flex-wrap items-center gap-1.5">
                    <span className="break-all">{inWords(value, unit)}</span>
                    {isChanged && <Badge tone="accent">{t("limits.changed")}</Badge>}
                  </span>
                </Cell>
                <Cell wideOnly className="break-all text-ink-2">
                  {inWords(usual, unit)}
                </Cell>
              </Row>
            );
          })}
        </Table>
      )}
    </Block>
  );
}
