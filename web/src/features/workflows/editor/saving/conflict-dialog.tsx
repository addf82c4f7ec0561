// Somebody else saved, and both changed the same things: whose word counts, thing by thing.

import { useState } from "react";
import { differences } from "@/flow/differences";
import { type Flow, find } from "@/flow/document";
import { useTranslation } from "@/lib/i18n";
import { useNodeTitle } from "@/nodes/names";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { RadioCards } from "@/ui/radio-cards";
import { Changes } from "../publish/changes";
import { useEditor } from "../store";
import { merge, type Side, type Unit, unitName } from "./merge";

export function ConflictDialog() {
  const { t } = useTranslation("editor");
  const conflict = useEditor((editor) => editor.conflict);
  const mine = useEditor((editor) => editor.flow);
  const decide = useEditor((editor) => editor.decide);
  const titleOf = useNodeTitle();
  const [decided, setDecided] = useState<ReadonlyMap<string, Side>>(new Map());
  const [isOpen, setOpen] = useState(true);
  if (!conflict) return null;
  const { base, theirs } = conflict;
  const { conflicts } = merge(base, mine, theirs);
  const word = (unit: Unit) =>
    unit.of === "node"
      ? titleOf(find(mine, unit.key) ?? find(theirs, unit.key) ?? null)
      : unit.of === "trigger"
        ? titleOf(null)
        : t(`conflict.${unit.of}`);
  const choose = (unit: Unit, side: Side) => setDecided(new Map(decided).set(unitName(unit), side));
  const all = (side: Side) => decide(new Map(conflicts.map((unit) => [unitName(unit), side])));
  return (
    <>
      <div
        role="alert"
        className="flex flex-wrap items-center gap-3 border-b border-line bg-sunken px-4 py-2 text-body text-timed-out"
      >
        <span className="min-w-0 flex-1">{t("conflict.banner")}</span>
        <Button onPress={() => setOpen(true)}>{t("conflict.open")}</Button>
      </div>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        width="wide"
        title={t("conflict.title")}
        footer={
          <>
            <Button onPress={() => all("theirs")}>{t("conflict.all_theirs")}</Button>
            <Button onPress={() => all("mine")}>{t("conflict.all_mine")}</Button>
            <Button look="primary" onPress={() => decide(decided)}>
              {t("conflict.save")}
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-5">
          <p className="text-body text-ink-2">{t("conflict.text")}</p>
          {conflicts.map((unit) => (
            <section key={unitName(unit)} className="flex flex-col gap-2">
              <RadioCards<Side>
                label={word(unit)}
                value={decided.get(unitName(unit)) ?? "mine"}
                onChange={(side) => choose(unit, side)}
                columns={2}
                options={[
                  { id: "mine", title: t("conflict.mine") },
                  { id: "theirs", title: t("conflict.theirs") },
                ]}
              />
              <div className="grid grid-cols-2 gap-2 max-narrow:grid-cols-1">
                <Changes changes={about(unit, base, mine)} />
                <Changes changes={about(unit, base, theirs)} />
              </div>
            </section>
          ))}
        </div>
      </Dialog>
    </>
  );
}

/** What a side changed of one thing. */
function about(unit: Unit, base: Flow, side: Flow) {
  return differences(base, side).filter((change) => {
    if (change.what === "flow" || change.what === "trigger") return change.what === unit.of;
    if (unit.of === "order") return change.what !== "changed";
    return unit.of === "node" && change.node.key === unit.key;
  });
}
