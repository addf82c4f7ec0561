import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, base, got, type Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { Refusal } from "@/ui/refusal";
import { usersQuery } from "../queries";
import { ShownOnce } from "../shown-once";
import { ROLES } from "./user-row";

export function InviteDialog({
  onClose,
  onInvited,
}: {
  onClose: () => void;
  onInvited: (user: Schema["InvitedUser"]) => void;
}) {
  const { t } = useTranslation("settings");
  const { t: account } = useTranslation("account");
  const { t: common } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Schema["Role"]>("editor");
  const [tried, setTried] = useState(false);
  const invite = useMutation({
    mutationFn: () => got(api.POST("/api/v1/users", { body: { name: name.trim(), email: email.trim(), role } })),
    onSuccess: (user) => {
      queries.invalidateQueries({ queryKey: usersQuery.queryKey });
      onClose();
      onInvited(user);
    },
  });
  const isEmail = /^\S+@\S+$/.test(email.trim());
  const submit = () => {
    setTried(true);
    if (name.trim() && isEmail && !invite.isPending) invite.mutate();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("users.invite_title")}
      footer={
        <>
          <Button onPress={onClose}>{common("cancel")}</Button>
          <Button look="primary" type="submit" form="invite" isPending={invite.isPending}>
            {t("users.invite_do")}
          </Button>
        </>
      }
    >
      <form
        id="invite"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label={account("name")}
          maxLength={100}
          autoFocus
          autoComplete="off"
          value={name}
          onChange={setName}
          problem={tried && !name.trim() ? t("users.name_missing") : undefined}
        />
        <TextField
          label={account("email")}
          type="email"
          maxLength={254}
          autoComplete="off"
          value={email}
          onChange={setEmail}
          problem={tried && !isEmail ? account("problem.email") : undefined}
        />
        <RadioCards
          label={t("users.role")}
          value={role}
          onChange={setRole}
          options={ROLES.map((id) => ({ id, title: account(`role.${id}`), detail: t(`roles.${id}`) }))}
        />
        <Refusal error={invite.error} />
      </form>
    </Dialog>
  );
}

/** The link with which somebody chooses a password: for whoever was invited, and whoever forgot theirs. */
export function LinkDialog({ user, onClose }: { user: Schema["InvitedUser"]; onClose: () => void }) {
  const { t } = useTranslation("settings");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("users.link_title", { name: user.name })}
      footer={
        <Button look="primary" onPress={onClose}>
          {t("done")}
        </Button>
      }
    >
      <ShownOnce label={t("users.link")} text={`${location.origin}${base}invite#${user.invite}`}>
        {t("users.link_lead")}
      </ShownOnce>
    </Dialog>
  );
}
