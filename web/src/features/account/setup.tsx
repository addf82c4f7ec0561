import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { api, got } from "@/api/client";
import { meQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { lengthOf, PASSWORD_CHARS_MIN } from "@/lib/password";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { NewPasswordField } from "@/ui/new-password";
import { asAddress, PublicAddressField, useAddressCheck } from "@/ui/public-address";
import { Refusal } from "@/ui/refusal";
import { firstAddress } from "./first-address";
import { firstWorkflow } from "./first-workflow";
import { Frame } from "./frame";
import { setupQuery } from "./queries";

/** The first user of a server. With the account the public address is set and tested, and a first workflow made. */
export function Setup() {
  const { t } = useTranslation("account");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const setup = useQuery(setupQuery);
  const [given, setGiven] = useState({ name: "", email: "", password: "", token: "" });
  const [address, setAddress] = useState(() => firstAddress(location));
  const [tried, setTried] = useState(false);
  const [face, setFace] = useState<"account" | "address">("account");
  const hasAccount = useRef(false);
  const fields = {
    token: useRef<HTMLInputElement>(null),
    name: useRef<HTMLInputElement>(null),
    email: useRef<HTMLInputElement>(null),
    password: useRef<HTMLInputElement>(null),
  };
  const check = useAddressCheck();

  const account = async () => {
    const { token, name, email, password } = given;
    const body = { name: name.trim(), email, password, ...(setup.data?.token_needed ? { token: token.trim() } : {}) };
    const me = await got(api.POST("/api/v1/setup", { body }));
    queries.setQueryData(meQuery.queryKey, me);
    hasAccount.current = true;
  };
  /** Whether webhooks will find the way; what is in the way is shown beside the address. */
  const settled = async () => {
    const wanted = asAddress(address);
    if (!wanted) return true;
    await got(api.PATCH("/api/v1/settings", { body: { public_url: wanted } }));
    return (await check.mutateAsync(wanted)).ok;
  };
  const begin = useMutation({
    /** `anyway`: the address is to be mended later. */
    mutationFn: async (anyway: boolean) => {
      if (!hasAccount.current) await account();
      if (!anyway && !(await settled())) return setFace("address");
      const key = await firstWorkflow(t("first_workflow"));
      await navigate({ to: "/workflows/$key", params: { key }, search: { coach: 1 } as never });
    },
    onError: () => hasAccount.current && setFace("address"),
  });

  if (setup.isPending) return null;
  if (setup.data?.needed === false && !hasAccount.current && !begin.isPending) return <Navigate to="/login" replace />;

  const wrong: Partial<Record<keyof typeof given, string>> = {
    token: setup.data?.token_needed && !given.token.trim() ? t("problem.token") : undefined,
    name: given.name.trim() ? undefined : t("problem.name"),
    email: /^\S+@\S+$/.test(given.email.trim()) ? undefined : t("problem.email"),
    password:
      lengthOf(given.password) < PASSWORD_CHARS_MIN ? t("problem.password", { min: PASSWORD_CHARS_MIN }) : undefined,
  };
  const submit = () => {
    if (begin.isPending || !setup.data) return;
    setTried(true);
    const first = (Object.keys(fields) as (keyof typeof fields)[]).find((field) => wrong[field]);
    if (first && face === "account") fields[first].current?.focus();
    else begin.mutate(false);
  };
  const field = (name: keyof typeof given) => ({
    ref: fields[name],
    name,
    value: given[name],
    onChange: (value: string) => setGiven((before) => ({ ...before, [name]: value })),
    problem: tried ? wrong[name] : undefined,
  });
  const addressFields = (
    <PublicAddressField
      value={address}
      onChange={setAddress}
      check={check}
      canCheck={face === "address"}
      placeholder={face === "account" ? t("address.derived") : undefined}
    />
  );

  if (face === "address") {
    return (
      <Frame title={t("setup.address_title")} lead={t("setup.address_lead")} onSubmit={submit}>
        {addressFields}
        <Refusal error={begin.error} />
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" isPending={begin.isPending}>
            {t("setup.address_do")}
          </Button>
          <Button look="quiet" onPress={() => begin.mutate(true)} isDisabled={begin.isPending}>
            {t("setup.address_later")}
          </Button>
        </div>
      </Frame>
    );
  }
  return (
    <Frame title={t("setup.title")} lead={t("setup.lead")} onSubmit={submit}>
      {setup.data?.token_needed && (
        <TextField
          {...field("token")}
          label={t("setup.token")}
          help={t("setup.token_help")}
          autoComplete="off"
          mono
          autoFocus
        />
      )}
      <TextField
        {...field("name")}
        label={t("name")}
        autoComplete="name"
        maxLength={100}
        autoFocus={!setup.data?.token_needed}
      />
      <TextField {...field("email")} label={t("email")} type="email" autoComplete="username" maxLength={254} />
      <NewPasswordField {...field("password")} label={t("password")} />
      {addressFields}
      <Refusal error={setup.error ?? begin.error} />
      <Button type="submit" look="primary" isPending={begin.isPending}>
        {t("setup.do")}
      </Button>
    </Frame>
  );
}
