import { useQuery } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useState } from "react";
import { logOut } from "@/api/log-out";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { lettersOn, switchLetters } from "@/lib/shortcuts";
import { Button } from "@/ui/button";
import { errorText, Note } from "@/ui/feedback";
import { Block } from "@/ui/part";
import { LanguageSelect, ThemeSwitch } from "@/ui/preferences";
import { say } from "@/ui/toast";
import { Switch } from "@/ui/toggle";
import { PasswordForm } from "./password-form";
import { PersonForm } from "./person-form";

export function Profile() {
  const { t } = useTranslation("settings");
  const { data: me } = useQuery(meQuery);
  return (
    <>
      {me?.user ? (
        <>
          <PersonForm key={me.user.id} user={me.user} />
          <PasswordForm email={me.user.email} />
        </>
      ) : (
        <Note>{t("profile.token")}</Note>
      )}
      <Browser />
      {me?.user && <Leave />}
    </>
  );
}

/** What this browser alone remembers. */
function Browser() {
  const { t } = useTranslation("settings");
  const [letters, setLetters] = useState(lettersOn);
  return (
    <Block title={t("profile.browser")} lead={t("profile.browser_lead")}>
      <div className="flex flex-wrap gap-x-8 gap-y-4">
        <LanguageSelect className="w-48" />
        <ThemeSwitch />
      </div>
      <div className="flex flex-col">
        <Switch
          isSelected={letters}
          onChange={(on) => {
            switchLetters(on);
            setLetters(on);
          }}
        >
          {t("profile.letters")}
        </Switch>
        <p className="text-meta text-ink-3">{t("profile.letters_help")}</p>
      </div>
    </Block>
  );
}

function Leave() {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const leave = async () => {
    try {
      await logOut();
    } catch (error) {
      say(errorText(error, common("unreachable")), { tone: "error" });
    }
  };
  return (
    <Block
      title={t("profile.leave")}
      lead={t("profile.leave_lead")}
      action={
        <Button icon={<LogOut size={16} aria-hidden />} onPress={leave}>
          {t("profile.leave_do")}
        </Button>
      }
    />
  );
}
