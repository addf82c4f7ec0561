import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Badge } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { Block } from "@/ui/part";
import { Refusal } from "@/ui/refusal";
import { say } from "@/ui/toast";
import { usersQuery } from "../queries";

export function PersonForm({ user }: { user: Schema["MyUser"] }) {
  const { t } = useTranslation("settings");
  const { t: account } = useTranslation("account");
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email);
  const save = useMutation({
    mutationFn: () => got(api.PATCH("/api/v1/me", { body: { name: name.trim(), email: email.trim() } })),
    onSuccess: (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      queries.invalidateQueries({ queryKey: usersQuery.queryKey });
      if (me.user) {
        setName(me.user.name);
        setEmail(me.user.email);
      }
      say(t("saved"));
    },
  });
  const isSame = name.trim() === user.name && email.trim() === user.email;
  return (
    <Block title={t("profile.you")} action={<Badge>{account(`role.${user.role}`)}</Badge>}>
      <form
        noValidate
        className="flex max-w-md flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isSame && !save.isPending) save.mutate();
        }}
      >
        <TextField
          label={account("name")}
          name="name"
          autoComplete="name"
          maxLength={100}
          value={name}
          onChange={setName}
        />
        <TextField
          label={account("email")}
          help={t("profile.email_help")}
          type="email"
          name="email"
          autoComplete="email"
          maxLength={254}
          value={email}
          onChange={setEmail}
        />
        <Refusal error={save.error} />
        <Button type="submit" className="w-fit" isPending={save.isPending} isDisabled={isSame}>
          {t("save")}
        </Button>
      </form>
    </Block>
  );
}
