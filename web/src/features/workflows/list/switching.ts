// On and off: shown at once, said with a way back, and taken back where the server refuses.

import { useQueryClient } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { errorText } from "@/ui/feedback";
import { say } from "@/ui/toast";

type Item = Schema["WorkflowItem"];

export function useSwitching() {
  const { t } = useTranslation(["workflows", "common"]);
  const queries = useQueryClient();
  const show = (keys: Set<string>, enabled: boolean) =>
    queries.setQueryData(workflowsQuery.queryKey, (items) =>
      items?.map((item) => (keys.has(item.key) ? { ...item, enabled } : item)),
    );
  const turn = async (wanted: Item[], enabled: boolean, undoing = false) => {
    const items = wanted.filter((item) => undoing || item.enabled !== enabled);
    await queries.cancelQueries({ queryKey: workflowsQuery.queryKey, exact: true });
    show(new Set(items.map(({ key }) => key)), enabled);
    const done = await Promise.allSettled(
      items.map(({ key }) =>
        got(api.PATCH("/api/v1/workflows/{key}", { params: { path: { key } }, body: { enabled } })),
      ),
    );
    const refused = items.filter((_, index) => done[index]?.status === "rejected");
    show(new Set(refused.map(({ key }) => key)), !enabled);
    const why = done.find((each) => each.status === "rejected");
    if (why) say(errorText(why.reason, t("common:unreachable")), { tone: "error" });
    const turned = items.filter((item) => !refused.includes(item));
    if (turned.length === 0 || undoing) return;
    const [first] = turned;
    say(
      turned.length === 1
        ? t(enabled ? "switch.is_on" : "switch.is_off", { title: first?.title })
        : t(enabled ? "switch.are_on" : "switch.are_off", { count: turned.length }),
      { action: { label: t("common:undo"), run: () => turn(turned, !enabled, true) } },
    );
  };
  return turn;
}
