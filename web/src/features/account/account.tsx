import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleUser, Keyboard, LogOut, UserRound } from "lucide-react";
import { Button as AriaButton } from "react-aria-components/Button";
import { logOut } from "@/api/log-out";
import { meQuery } from "@/api/queries";
import { chooseLanguage, LANGUAGES, type Language, useTranslation } from "@/lib/i18n";
import { chooseTheme, THEMES, useTheme } from "@/lib/theme";
import { errorText } from "@/ui/feedback";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@/ui/menu";
import { THEME_ICONS } from "@/ui/theme-icons";
import { say } from "@/ui/toast";

/** Who is signed in, with language, theme and the way out. On phones this is in the settings. */
export function Account({ folded, onHelp }: { folded: boolean; onHelp: () => void }) {
  const { t, i18n } = useTranslation("account");
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const theme = useTheme();
  const { data: me } = useQuery(meQuery);
  if (!me) return null;
  const name = me.user?.name ?? t("menu.token");
  return (
    <div className="max-narrow:hidden">
      <Menu
        label={t("menu.label")}
        trigger={
          <AriaButton
            aria-label={`${t("menu.label")}: ${name}`}
            className="flex h-10 w-full items-center gap-2.5 rounded-control px-2.5 text-left text-control text-ink-2 data-[hovered]:bg-hover data-[hovered]:text-ink touch:h-11"
          >
            <CircleUser size={18} aria-hidden className="shrink-0" />
            {!folded && (
              <span dir="auto" className="min-w-0 flex-1 truncate">
                {name}
              </span>
            )}
          </AriaButton>
        }
      >
        <MenuItem
          id="profile"
          icon={<UserRound size={16} />}
          detail={me.user ? `${me.user.email} · ${t(`role.${me.user.role}`)}` : undefined}
          onAction={() => navigate({ to: "/settings/$part", params: { part: "profile" } })}
        >
          {t("menu.profile")}
        </MenuItem>
        <MenuItem id="keys" icon={<Keyboard size={16} />} keys="?" onAction={onHelp}>
          {t("menu.keys")}
        </MenuItem>
        <MenuSeparator />
        <MenuChoice
          title={t("language")}
          value={i18n.language as Language}
          onChange={chooseLanguage}
          options={(Object.keys(LANGUAGES) as Language[]).map((id) => ({ id, label: LANGUAGES[id] }))}
        />
        <MenuChoice
          title={t("theme.label")}
          value={theme}
          onChange={chooseTheme}
          options={THEMES.map((id) => ({ id, label: t(`theme.${id}`), icon: THEME_ICONS[id] }))}
        />
        {me.user && <MenuSeparator />}
        {me.user && (
          <MenuItem
            id="log_out"
            icon={<LogOut size={16} />}
            onAction={() => logOut().catch((error) => say(errorText(error, common("unreachable")), { tone: "error" }))}
          >
            {t("menu.log_out")}
          </MenuItem>
        )}
      </Menu>
    </div>
  );
}
