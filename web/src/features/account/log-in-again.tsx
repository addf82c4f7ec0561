import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useId, useRef, useState } from "react";
import { base, type Schema } from "@/api/client";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { PasswordField } from "@/ui/password-field";
import { Refusal } from "@/ui/refusal";
import { useLogIn } from "./log-in";
import { Throttled } from "./throttled";

/** Over the page when the session has ended. The page under it stays as it is, with all that was typed. */
export function LogInAgain({ user }: { user: Schema["MyUser"] | null }) {
  const { t } = useTranslation("account");
  const queries = useQueryClient();
  const router = useRouter();
  const form = useId();
  const [password, setPassword] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const login = useLogIn((me) => {
    queries.setQueryData(meQuery.queryKey, me);
    // What could not be read meanwhile is read as if for the first time, by pages that start afresh.
    queries.removeQueries({
      predicate: (query) => query.state.status === "error" && query.getObserversCount() === 0,
    });
    queries.invalidateQueries();
    router.invalidate();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (user && password && !login.isPending && !login.isThrottled) {
      login.mutate({ email: user.email, password }, { onError: () => field.current?.select() });
    }
  };
  const elsewhere = () => location.assign(`${base}login`);
  return (
    <Dialog
      isOpen
      title={t("again.title")}
      footer={
        <>
          <Button look="quiet" onPress={elsewhere}>
            {user ? t("again.other") : t("login.do")}
          </Button>
          {user && (
            <Button type="submit" form={form} look="primary" isPending={login.isPending} isDisabled={login.isThrottled}>
              {t("login.do")}
            </Button>
          )}
        </>
      }
    >
      <form id={form} noValidate onSubmit={submit} className="flex flex-col gap-4">
        <p className="text-body text-ink-2">{t("again.lead")}</p>
        {user && (
          <>
            {/* For password managers, and to say whose password it is. */}
            <input type="hidden" name="email" autoComplete="username" value={user.email} />
            <PasswordField
              ref={field}
              label={t("again.password", { email: user.email })}
              name="password"
              autoComplete="current-password"
              autoFocus
              value={password}
              onChange={setPassword}
            />
          </>
        )}
        {login.isThrottled ? <Throttled wait={login.wait} /> : <Refusal error={login.error} />}
      </form>
    </Dialog>
  );
}
