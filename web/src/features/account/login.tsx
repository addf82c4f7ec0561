import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { PasswordField } from "@/ui/password-field";
import { Refusal } from "@/ui/refusal";
import { Frame } from "./frame";
import { useLogIn } from "./log-in";
import { setupQuery } from "./queries";
import { returnTo } from "./return-to";
import { Throttled } from "./throttled";

export function Login() {
  const { t } = useTranslation("account");
  const router = useRouter();
  const queries = useQueryClient();
  const { to } = useSearch({ from: "/login" });
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const emailRef = useRef<HTMLInputElement>(null);
  const passwordRef = useRef<HTMLInputElement>(null);
  const setup = useQuery(setupQuery);
  const known = useQuery({ ...meQuery, retry: false });
  const enter = () => router.history.push(returnTo(to));
  const login = useLogIn((me) => {
    queries.setQueryData(meQuery.queryKey, me);
    enter();
  });
  const isIn = known.isSuccess && !login.isSuccess;
  useEffect(() => {
    if (isIn) router.history.replace(returnTo(to));
  }, [isIn, router, to]);
  if (setup.data?.needed) return <Navigate to="/setup" replace />;

  const submit = () => {
    if (login.isPending || login.isThrottled) return;
    setMissing(!email.trim() || !password);
    if (!email.trim()) emailRef.current?.focus();
    else if (!password) passwordRef.current?.focus();
    else {
      login.mutate(
        { email, password },
        {
          onError: () => passwordRef.current?.select(),
        },
      );
    }
  };
  return (
    <Frame title={t("login.title")} onSubmit={submit}>
      <TextField
        ref={emailRef}
        label={t("email")}
        type="email"
        name="email"
        autoComplete="username"
        autoFocus
        value={email}
        onChange={setEmail}
        problem={missing && !email.trim() ? t("problem.email") : undefined}
      />
      <PasswordField
        ref={passwordRef}
        label={t("password")}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        problem={missing && !password ? t("problem.password_missing") : undefined}
      />
      {login.isThrottled ? <Throttled wait={login.wait} /> : <Refusal error={login.error} />}
      <Button type="submit" look="primary" isPending={login.isPending} isDisabled={login.isThrottled}>
        {t("login.do")}
      </Button>
      <p className="text-meta text-ink-3">{t("login.forgotten")}</p>
    </Frame>
  );
}
