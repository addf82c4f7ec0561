import { useState } from "react";
import type { FlowNode } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { Confirm } from "@/ui/dialog";
import { RadioCards } from "@/ui/radio-cards";
import { useEditor } from "../../store";
import type { NodeForm } from "../node-form";
import { type Decides, setDecides } from "./decides";

/** Goes on or ends, or takes one of two branches. Asks before nodes of a branch are taken away. */
export function DecidesChoice({ form }: { form: NodeForm }) {
  const { t } = useTranslation("fields");
  const edit = useEditor((editor) => editor.edit);
  const [asking, setAsking] = useState(false);
  const { node } = form;
  const mode: Decides = form.get("mode") === "continue" ? "continue" : "branch";
  const below = count(node.branches?.true);
  const gone = count(node.branches?.false);
  const choose = (next: Decides) => {
    if (next === mode) return;
    if (next === "continue" && below + gone > 0) setAsking(true);
    else edit("field", setDecides(node.key, next));
  };
  return (
    <div data-pointer={form.at("mode")}>
      <RadioCards
        label={t("condition.decides")}
        value={mode}
        onChange={choose}
        columns={2}
        options={[
          { id: "branch", title: t("condition.branch"), detail: t("condition.branch_detail") },
          { id: "continue", title: t("condition.continue"), detail: t("condition.continue_detail") },
        ]}
      />
      <Confirm
        title={t("condition.drop_branches")}
        isOpen={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          edit("field", setDecides(node.key, "continue"));
          setAsking(false);
        }}
        confirm={t("condition.drop")}
      >
        <ul className="list-disc pl-5">
          <li>{t("condition.keeps_true", { count: below })}</li>
          <li>{t("condition.drops_false", { count: gone })}</li>
        </ul>
        <p className="mt-2 text-ink-2">{t("condition.can_undo")}</p>
      </Confirm>
    </div>
  );
}

function count(nodes: FlowNode[] = []): number {
  return nodes.reduce((sum, node) => sum + 1 + Object.values(node.branches ?? {}).reduce((n, b) => n + count(b), 0), 0);
}
