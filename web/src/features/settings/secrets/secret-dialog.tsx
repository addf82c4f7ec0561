import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { PasswordField } from "@/ui/password-field";
import { Refusal } from "@/ui/refusal";
import { Switch } from "@/ui/toggle";

/** The server's own rules, `domain::secret`. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const VALUE_BYTES_MIN = 8;
const VALUE_BYTES_MAX = 65_536;

/** Gives a secret its value; an empty `name` makes a new one. */
export function SecretDialog({
  name: existing,
  taken,
  onClose,
  onDone,
}: {
  name: string;
  taken: string[];
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [name, setName] = useState(existing);
  const [value, setValue] = useState("");
  const [isLong, setLong] = useState(false);
  const [tried, setTried] = useState(false);
  const set = useMutation({
    mutationFn: () => got(api.PUT("/api/v1/secrets/{name}", { params: { path: { name } }, body: { value } })),
    onSuccess: onDone,
  });
  const nameProblem = existing
    ? undefined
    : !NAME.test(name)
      ? t("secrets.name_wrong")
      : taken.includes(name)
        ? t("secrets.name_taken")
        : undefined;
  const size = new TextEncoder().encode(value).length;
  const isShort = new TextEncoder().encode(value.trim()).length < VALUE_BYTES_MIN;
  const valueProblem = isShort
    ? t("secrets.value_short", { min: VALUE_BYTES_MIN })
    : size > VALUE_BYTES_MAX
      ? t("secrets.value_long")
      : undefined;
  const submit = () => {
    setTried(true);
    if (!nameProblem && !valueProblem && !set.isPending) set.mutate();
  };
  const field = {
    label: t("secrets.value"),
    help: t("secrets.value_help"),
    autoComplete: "off",
    value,
    onChange: setValue,
    problem: tried ? valueProblem : undefined,
    mono: true,
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={existing ? t("secrets.replace_title", { name: existing }) : t("secrets.add_title")}
      footer={
        <>
          <Button onPress={onClose}>{common("cancel")}</Button>
          <Button look="primary" type="submit" form="secret" isPending={set.isPending}>
            {existing ? t("secrets.replace_do") : t("secrets.add_do")}
          </Button>
        </>
      }
    >
      <form
        id="secret"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!existing && (
          <TextField
            label={t("secrets.name")}
            help={t("secrets.name_help", { name: `{{ secrets.${NAME.test(name) ? name : "api_key"} }}` })}
            mono
            autoFocus
            autoComplete="off"
            maxLength={64}
            value={name}
            onChange={setName}
            problem={tried ? nameProblem : undefined}
          />
        )}
        {isLong ? (
          <TextField {...field} lines={6} autoFocus />
        ) : (
          <PasswordField {...field} autoFocus={existing !== ""} />
        )}
        <Switch isSelected={isLong} onChange={setLong}>
          {t("secrets.lines")}
        </Switch>
        <Refusal error={set.error} />
      </form>
    </Dialog>
  );
}
