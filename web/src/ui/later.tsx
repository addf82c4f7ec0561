// Parts of pages that are loaded when they are needed. Without a network they say so in their place; the page around
// them stays, with what was typed.

import { type ComponentType, lazy } from "react";
import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";
import { Note } from "./feedback";

export function later<Props>(load: () => Promise<ComponentType<Props>>) {
  return lazy(async () => ({ default: await load().catch(() => NotLoaded as ComponentType<Props>) }));
}

function NotLoaded() {
  const { t } = useTranslation();
  return (
    <Note
      tone="error"
      action={
        <Button look="quiet" onPress={() => location.reload()} className="-my-1">
          {t("broke.reload")}
        </Button>
      }
    >
      {t("not_loaded")}
    </Note>
  );
}
