import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { lengthOf, PASSWORD_CHARS_MIN } from "@/lib/password";
import { Button } from "@/ui/button";
import { NewPasswordField } from "@/ui/new-password";
import { Block } from "@/ui/part";
import { PasswordField } from "@/ui/password-field";
import { Refusal } from "@/ui/refusal";
import { say } from "@/ui/toast";

export function PasswordForm({ email }: { email: string }) {
  const { t } = useTranslation("settings");
  const { t: account } = useTranslation("account");
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [tried, setTried] = useState(false);
  const isShort = lengthOf(next) < PASSWORD_CHARS_MIN;
  const change = useMutation({
    mutationFn: () => got(api.PATCH("/api/v1/me", { body: { password: { old, new: next } } })),
    onSuccess: () => {
      setOld("");
      setNext("");
      setTried(false);
      say(t("password.changed"));
    },
  });
  return (
    <Block title={t("password.title")} lead={t("password.lead")}>
      <form
        noValidate
        className="flex max-w-md flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (old && !isShort && !change.isPending) change.mutate();
        }}
      >
        {/* Tells password managers whose password it is. */}
        <input type="hidden" autoComplete="username" value={email} />
        <PasswordField
          label={t("password.old")}
          name="old"
          autoComplete="current-password"
          value={old}
          onChange={setOld}
          problem={tried && !old ? t("password.old_missing") : undefined}
        />
        <NewPasswordField
          label={t("password.new")}
          name="new"
          value={next}
          onChange={setNext}
          problem={tried && isShort ? account("problem.password", { min: PASSWORD_CHARS_MIN }) : undefined}
        />
        <Refusal error={change.error} />
        <Button type="submit" className="w-fit" isPending={change.isPending}>
          {t("password.do")}
        </Button>
      </form>
    </Block>
  );
}
