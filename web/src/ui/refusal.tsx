import { ApiError } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { errorText, Note } from "./feedback";

/** What people meet when they log in or manage others; all else is said in the server's own words. */
const KNOWN = {
  "api.session": "session",
  "api.token": "session",
  "login.wrong": "wrong",
  "setup.done": "setup_done",
  "setup.token": "setup_token",
  "invite.unknown": "invite_unknown",
  "password.wrong": "password_wrong",
  "user.email_taken": "email_taken",
  "user.last_admin": "last_admin",
  "user.disabled": "user_disabled",
  "settings.from_config": "from_config",
  "settings.public_url": "public_url",
} as const;

/** A refusal in the page's language, with its code to search for. */
export function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation("account");
  const { t: common } = useTranslation();
  if (!error) return null;
  const code = error instanceof ApiError ? error.code : undefined;
  const known = code !== undefined && code in KNOWN ? KNOWN[code as keyof typeof KNOWN] : undefined;
  return (
    <Note tone="error" code={known ? undefined : code}>
      {known ? t(`refused.${known}`) : errorText(error, common("unreachable"))}
    </Note>
  );
}
