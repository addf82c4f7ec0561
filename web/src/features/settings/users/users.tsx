import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { ErrorNote, Loading } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { Refusal } from "@/ui/refusal";
import { Table } from "@/ui/table";
import { usersQuery } from "../queries";
import { InviteDialog, LinkDialog } from "./invite-dialog";
import { UserRow } from "./user-row";

export type Change = { id: string; body: Schema["UserChangeRequest"] };

export function Users() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const users = useQuery(usersQuery);
  const { data: me } = useQuery(meQuery);
  const [inviting, setInviting] = useState(false);
  const [invited, setInvited] = useState<Schema["InvitedUser"] | null>(null);
  const again = () => {
    queries.invalidateQueries({ queryKey: usersQuery.queryKey });
    queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const change = useMutation({
    mutationFn: ({ id, body }: Change) => got(api.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body })),
    onSettled: again,
  });
  const link = useMutation({
    mutationFn: (id: string) => got(api.POST("/api/v1/users/{id}/invite", { params: { path: { id } } })),
    onSuccess: setInvited,
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: (id: string) => got(api.DELETE("/api/v1/users/{id}", { params: { path: { id } } })),
    onSettled: again,
  });
  // One refusal at a time: that of what was tried last.
  const tried = [change, link, remove].sort((a, b) => b.submittedAt - a.submittedAt)[0];

  return (
    <Block
      title={t("users.title")}
      lead={t("users.lead")}
      action={
        <Button look="primary" icon={<UserPlus size={16} aria-hidden />} onPress={() => setInviting(true)}>
          {t("users.invite")}
        </Button>
      }
    >
      <Refusal error={tried?.error} />
      {users.isPending && <Loading />}
      {users.error && <ErrorNote error={users.error} onRetry={() => users.refetch()} />}
      {users.data && (
        <Table
          label={t("users.title")}
          columns={[
            { label: t("users.who") },
            { label: t("users.role"), className: "w-40 max-narrow:w-32" },
            { label: t("users.state"), wideOnly: true, className: "w-24" },
            { label: t("users.seen"), wideOnly: true, className: "w-32" },
            { label: t("actions"), hideLabel: true, className: "w-10" },
          ]}
        >
          {users.data.map((user) => (
            <UserRow
              key={user.id}
              user={user}
              isMe={user.id === me?.user?.id}
              onChange={(body) => change.mutate({ id: user.id, body })}
              onLink={() => link.mutate(user.id)}
              onRemove={() => remove.mutate(user.id)}
            />
          ))}
        </Table>
      )}
      {inviting && <InviteDialog onClose={() => setInviting(false)} onInvited={setInvited} />}
      {invited && <LinkDialog user={invited} onClose={() => setInvited(null)} />}
    </Block>
  );
}
