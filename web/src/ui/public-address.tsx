import { useMutation } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { api, got } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";
import { TextField } from "./field";
import { Refusal } from "./refusal";

/** As the server wants it: scheme and host, nothing behind. Kept as typed where it is no address. */
export function asAddress(typed: string): string {
  return typed.trim().replace(/\/+$/, "");
}

/** Asks the server whether requests to an address come in at it. */
export function useAddressCheck() {
  return useMutation({
    mutationFn: (public_url: string) => got(api.POST("/api/v1/settings/check", { body: { public_url } })),
  });
}

/** What webhook URLs start with, and whether requests to it come in at this server. */
export function PublicAddressField({
  value,
  onChange,
  check,
  isReadOnly,
  canCheck = true,
  placeholder,
  help,
}: {
  value: string;
  onChange: (value: string) => void;
  check: ReturnType<typeof useAddressCheck>;
  isReadOnly?: boolean;
  /** Only somebody who is signed in can have it tested. */
  canCheck?: boolean;
  placeholder?: string;
  help?: string;
}) {
  const { t } = useTranslation("account");
  const isCurrent = check.variables === asAddress(value);
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-end gap-2">
        <TextField
          className="flex-1"
          label={t("address.label")}
          type="url"
          name="public_address"
          mono
          placeholder={placeholder}
          isReadOnly={isReadOnly}
          value={value}
          onChange={onChange}
        />
        {canCheck && (
          <Button onPress={() => check.mutate(asAddress(value))} isPending={check.isPending} isDisabled={!value}>
            {t("address.test")}
          </Button>
        )}
      </div>
      <p className="text-meta text-ink-3">{help ?? t("address.help")}</p>
      <div role="status">
        {check.isPending && <p className="text-body text-ink-2">{t("address.testing")}</p>}
        {check.data && isCurrent && (
          <p className="flex items-start gap-2 text-body break-words">
            {check.data.ok ? (
              <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-succeeded" />
            ) : (
              <CircleX size={16} aria-hidden className="mt-0.5 shrink-0 text-failed" />
            )}
            <span className="min-w-0">
              <strong className="font-medium">
                {check.data.ok ? t("address.leads_here") : t("address.leads_away")}
              </strong>{" "}
              {!check.data.ok && check.data.detail}
            </span>
          </p>
        )}
      </div>
      {isCurrent && <Refusal error={check.error} />}
    </div>
  );
}
