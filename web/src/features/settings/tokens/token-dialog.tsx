import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CheckboxGroup } from "react-aria-components/CheckboxGroup";
import { api, got, type Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Label, TextField } from "@/ui/field";
import { Refusal } from "@/ui/refusal";
import { Select } from "@/ui/select";
import { Checkbox } from "@/ui/toggle";

type Scope = Schema["Scope"];
const SCOPES: Scope[] = ["read", "operate", "author", "admin"];

/** How long tokens are good for, in days; 0 for ever. */
const LIVES = ["30", "90", "365", "0"] as const;

export function TokenDialog({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (token: Schema["MadeToken"]) => void;
}) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const [days, setDays] = useState<(typeof LIVES)[number]>("90");
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/tokens", {
          body: { name: name.trim(), scopes, expires_in_days: days === "0" ? null : Number(days) },
        }),
      ),
    onSuccess: onMade,
  });
  const submit = () => {
    setTried(true);
    if (name.trim() && scopes.length > 0 && !make.isPending) make.mutate();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("tokens.make_title")}
      footer={
        <>
          <Button onPress={onClose}>{common("cancel")}</Button>
          <Button look="primary" type="submit" form="token" isPending={make.isPending}>
            {t("tokens.make_do")}
          </Button>
        </>
      }
    >
      <form
        id="token"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label={t("tokens.name")}
          help={t("tokens.name_help")}
          maxLength={100}
          autoFocus
          autoComplete="off"
          value={name}
          onChange={setName}
          problem={tried && !name.trim() ? t("tokens.name_missing") : undefined}
        />
        <CheckboxGroup
          value={scopes}
          onChange={(chosen) => setScopes(chosen as Scope[])}
          isInvalid={tried && scopes.length === 0}
          className="flex flex-col"
        >
          <Label>{t("tokens.scopes")}</Label>
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope}>
              <span className="min-w-0 py-1">
                <span className="font-medium">{t(`scopes.${scope}.name`)}</span>{" "}
                <span className="text-body text-ink-2">{t(`scopes.${scope}.means`)}</span>
              </span>
            </Checkbox>
          ))}
          <p role="status" className="text-meta text-failed">
            {tried && scopes.length === 0 ? t("tokens.scopes_missing") : ""}
          </p>
        </CheckboxGroup>
        <Select
          label={t("tokens.life")}
          className="w-48"
          value={days}
          onChange={setDays}
          options={LIVES.map((id) => ({
            id,
            label: id === "0" ? t("tokens.for_ever") : t("tokens.days", { count: Number(id) }),
          }))}
        />
        <Refusal error={make.error} />
      </form>
    </Dialog>
  );
}
