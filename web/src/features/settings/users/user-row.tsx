import { Ellipsis } from "lucide-react";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Badge } from "@/ui/feedback";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu-parts";
import { Select } from "@/ui/select";
import { Cell, Row } from "@/ui/table";
import { Time } from "@/ui/time";

export const ROLES: Schema["Role"][] = ["viewer", "editor", "admin"];

export function UserRow({
  user,
  isMe,
  onChange,
  onLink,
  onRemove,
}: {
  user: Schema["UserView"];
  isMe: boolean;
  onChange: (body: Schema["UserChangeRequest"]) => void;
  onLink: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation("settings");
  const { t: account } = useTranslation("account");
  const [removing, setRemoving] = useState(false);
  const isDisabled = user.state === "disabled";
  return (
    <Row>
      <Cell>
        <p className="flex flex-wrap items-center gap-x-2">
          <span dir="auto" className="font-medium break-words">
            {user.name}
          </span>
          {isMe && <Badge tone="accent">{t("users.you")}</Badge>}
          {user.state !== "active" && (
            <span className="narrow:hidden">
              <Badge>{t(`users.states.${user.state}`)}</Badge>
            </span>
          )}
        </p>
        <p className="text-meta break-all text-ink-3">{user.email}</p>
      </Cell>
      <Cell>
        <Select
          label={t("users.role_of", { name: user.name })}
          hideLabel
          value={user.role}
          onChange={(role) => role !== user.role && onChange({ role })}
          options={ROLES.map((id) => ({ id, label: account(`role.${id}`), detail: t(`roles.${id}`) }))}
        />
      </Cell>
      <Cell wideOnly className="pt-3">
        {user.state === "active" ? t("users.states.active") : <Badge>{t(`users.states.${user.state}`)}</Badge>}
      </Cell>
      <Cell wideOnly className="pt-3 text-ink-2">
        {user.last_seen_at ? <Time at={user.last_seen_at} /> : t("never")}
      </Cell>
      <Cell>
        <Menu
          label={t("actions_of", { name: user.name })}
          trigger={
            <IconButton label={t("actions_of", { name: user.name })}>
              <Ellipsis size={16} />
            </IconButton>
          }
        >
          <MenuItem id="link" onAction={onLink} isDisabled={isDisabled} detail={t("users.link_detail")}>
            {user.state === "invited" ? t("users.link_again") : t("users.link_reset")}
          </MenuItem>
          <MenuItem
            id="disable"
            onAction={() => onChange({ disabled: !isDisabled })}
            detail={isDisabled ? undefined : t("users.disable_detail")}
          >
            {isDisabled ? t("users.enable") : t("users.disable")}
          </MenuItem>
          <MenuSeparator />
          <MenuItem id="remove" danger onAction={() => setRemoving(true)}>
            {t("users.remove")}
          </MenuItem>
        </Menu>
        <Confirm
          title={t("users.remove_title", { name: user.name })}
          isOpen={removing}
          onClose={() => setRemoving(false)}
          onConfirm={() => {
            setRemoving(false);
            onRemove();
          }}
          confirm={t("users.remove")}
        >
          <p className="text-body text-ink-2">{isMe ? t("users.remove_me") : t("users.remove_text")}</p>
        </Confirm>
      </Cell>
    </Row>
  );
}
