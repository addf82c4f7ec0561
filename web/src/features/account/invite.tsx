import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError, api, base, got } from "@/api/client";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { lengthOf, PASSWORD_CHARS_MIN } from "@/lib/password";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { NewPasswordField } from "@/ui/new-password";
import { Refusal } from "@/ui/refusal";
import { Frame } from "./frame";

/** Where an invite leads: its token stands behind the `#`, which no server and no log ever sees. */
export function Invite() {
  const { t } = useTranslation("account");
  const router = useRouter();
  const queries = useQueryClient();
  // Read once: the address loses it as soon as it has been used.
  const [token] = useState(() => location.hash.slice(1));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const take = useMutation({
    mutationFn: () =>
      got(api.POST("/api/v1/invite", { body: { token, password, ...(name.trim() ? { name: name.trim() } : {}) } })),
    onSuccess: (me) => {
      queries.clear();
      queries.setQueryData(meQuery.queryKey, me);
      router.history.replace(`${base}workflows`);
    },
  });
  const isShort = lengthOf(password) < PASSWORD_CHARS_MIN;
  const isUnknown = !token || (take.error instanceof ApiError && take.error.code === "invite.unknown");
  if (isUnknown) {
    return (
      <Frame title={t("invite.unknown")} lead={t("refused.invite_unknown")}>
        <Link to="/login" className="text-control text-accent underline">
          {t("invite.to_login")}
        </Link>
      </Frame>
    );
  }
  return (
    <Frame
      title={t("invite.title")}
      lead={t("invite.lead")}
      onSubmit={() => {
        setTried(true);
        if (!isShort && !take.isPending) take.mutate();
      }}
    >
      <NewPasswordField
        label={t("password")}
        name="password"
        autoFocus
        value={password}
        onChange={setPassword}
        problem={tried && isShort ? t("problem.password", { min: PASSWORD_CHARS_MIN }) : undefined}
      />
      <TextField
        label={t("invite.name")}
        help={t("invite.name_help")}
        name="name"
        autoComplete="name"
        maxLength={100}
        value={name}
        onChange={setName}
      />
      <Refusal error={take.error} />
      <Button type="submit" look="primary" isPending={take.isPending}>
        {t("invite.do")}
      </Button>
    </Frame>
  );
}
