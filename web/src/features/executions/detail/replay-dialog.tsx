import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote } from "@/ui/feedback";
import { RadioCards } from "@/ui/radio-cards";
import { say } from "@/ui/toast";
import { replay } from "./replay";

/** Asks with which revision, replays, and stays in the list. */
export function ReplayDialog({ execution, onClose }: { execution: { id: string }; onClose: () => void }) {
  const { t } = useTranslation(["executions", "common"]);
  const [revision, setRevision] = useState<Schema["WantedWord"]>("same");
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const go = async () => {
    setPending(true);
    setError(null);
    try {
      await replay(execution.id, { revision });
      say(t("replay.started"));
      onClose();
    } catch (error) {
      setError(error);
      setPending(false);
    }
  };
  return (
    <Dialog
      title={t("replay.one")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" onPress={go} isPending={pending} autoFocus>
            {t("replay.title")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <RadioCards
          label={t("in_turn.with")}
          value={revision}
          onChange={setRevision}
          options={(["same", "live", "draft"] as const).map((id) => ({
            id,
            title: t(`replay.${id}`),
            detail: t(`replay.${id}_detail`),
          }))}
        />
        <p className="text-ink-2">
          {t("in_turn.effects")}{" "}
          <Link to="/executions/$id" params={{ id: execution.id }} className="text-accent underline">
            {t("replay.more_ways")}
          </Link>
        </p>
        {error !== null && <ErrorNote error={error} />}
      </div>
    </Dialog>
  );
}
