// Starting a replay, and going to it.

import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { api, got, type Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { errorText } from "@/ui/feedback";
import { say } from "@/ui/toast";

/** Resolves to the new execution's id; throws what the server says. */
export async function replay(id: string, body: Schema["ReplayBody"]): Promise<string> {
  const { items } = await got(api.POST("/api/v1/executions/{id}/replay", { params: { path: { id } }, body }));
  return items[0]?.id ?? "";
}

/** Replays at once and opens the new execution; a refusal is said. */
export function useReplay(id: string): (body: Schema["ReplayBody"]) => Promise<void> {
  const { t } = useTranslation(["executions", "common"]);
  const navigate = useNavigate();
  return useCallback(
    async (body) => {
      try {
        const made = await replay(id, body);
        say(t("replay.started"));
        await navigate({ to: "/executions/$id", params: { id: made } });
      } catch (error) {
        say(errorText(error, t("common:unreachable")), { tone: "error" });
      }
    },
    [id, navigate, t],
  );
}
