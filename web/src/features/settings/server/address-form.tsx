import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/may";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Block } from "@/ui/part";
import { asAddress, PublicAddressField, useAddressCheck } from "@/ui/public-address";
import { Refusal } from "@/ui/refusal";
import { say } from "@/ui/toast";
import { settingsQuery } from "../queries";

/** What webhook URLs start with: who says so, whether it leads here, and how to change it. */
export function AddressForm({ settings }: { settings: Schema["SettingsView"] }) {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const mayOperate = useMay("operate");
  const isAdmin = useMay("admin");
  const [value, setValue] = useState(settings.public_url);
  const check = useAddressCheck();
  const isFixed = settings.public_url_source === "config";
  const save = useMutation({
    mutationFn: (public_url: string | null) => got(api.PATCH("/api/v1/settings", { body: { public_url } })),
    onSuccess: (after) => {
      queries.setQueryData(settingsQuery.queryKey, after);
      // URLs of workflows start with it.
      queries.invalidateQueries();
      say(t("saved"));
    },
  });
  const isSame = asAddress(value) === settings.public_url;
  return (
    <Block title={t("address.title")} lead={t(`address.source.${settings.public_url_source}`)}>
      <form
        noValidate
        className="flex max-w-xl flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isSame && !save.isPending) save.mutate(asAddress(value) || null);
        }}
      >
        <PublicAddressField
          value={value}
          onChange={setValue}
          check={check}
          canCheck={mayOperate}
          isReadOnly={isFixed || !isAdmin}
          help={isAdmin || isFixed ? undefined : t("address.for_admins")}
        />
        <Refusal error={save.error} />
        {isAdmin && !isFixed && (
          <div className="flex flex-wrap gap-2">
            <Button type="submit" isPending={save.isPending} isDisabled={isSame}>
              {t("save")}
            </Button>
            {settings.public_url_source === "stored" && (
              <Button look="quiet" onPress={() => save.mutate(null)}>
                {t("address.forget")}
              </Button>
            )}
          </div>
        )}
      </form>
    </Block>
  );
}
