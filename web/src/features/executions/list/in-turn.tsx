// Replays many executions, one after the other, oldest first as they once came. It can be stopped between two.

import { useEffect, useRef, useState } from "react";
import { ProgressBar } from "react-aria-components/ProgressBar";
import { api, type Schema } from "@/api/client";
import { count, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { timeOf } from "@/lib/merge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { errorText, Note } from "@/ui/feedback";
import { RadioCards } from "@/ui/radio-cards";

type Wanted = Schema["WantedWord"];

interface State {
  phase: "asking" | "going" | "stopped" | "done";
  started: number;
  refused: { id: string; why: string }[];
}

export function InTurn({ ids, onClose }: { ids: string[]; onClose: () => void }) {
  const { t } = useTranslation(["executions", "common"]);
  const [revision, setRevision] = useState<Wanted>("live");
  const [state, setState] = useState<State>({ phase: "asking", started: 0, refused: [] });
  const each = useTimeOfACall();
  const stop = useRef(false);
  useEffect(
    () => () => {
      stop.current = true;
    },
    [],
  );
  const total = ids.length;
  const done = state.started + state.refused.length;

  const go = async () => {
    stop.current = false;
    const order = [...ids].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
    const tally: State = { phase: "going", started: 0, refused: [] };
    for (const id of order) {
      if (stop.current) break;
      try {
        await api.POST("/api/v1/executions/{id}/replay", { params: { path: { id } }, body: { revision } });
        tally.started++;
      } catch (error) {
        tally.refused.push({ id, why: errorText(error, t("common:unreachable")) });
      }
      setState({ ...tally });
    }
    setState({ ...tally, phase: tally.started + tally.refused.length < total ? "stopped" : "done" });
  };
  const left = each === null ? null : duration(each * (total - done));
  return (
    <Dialog
      title={t("in_turn.title", { count: total })}
      isOpen
      onClose={onClose}
      footer={
        state.phase === "asking" ? (
          <>
            <Button onPress={onClose}>{t("common:cancel")}</Button>
            <Button look="primary" onPress={go}>
              {t("in_turn.go", { count: total })}
            </Button>
          </>
        ) : state.phase === "going" ? (
          <Button
            look="danger"
            onPress={() => {
              stop.current = true;
            }}
          >
            {t("in_turn.stop")}
          </Button>
        ) : (
          <Button look="primary" onPress={onClose}>
            {t("common:close")}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {state.phase === "asking" && (
          <>
            <RadioCards
              label={t("in_turn.with")}
              value={revision}
              onChange={setRevision}
              options={(["live", "same", "draft"] as const).map((id) => ({
                id,
                title: t(`replay.${id}`),
                detail: t(`replay.${id}_detail`),
              }))}
            />
            <p className="text-ink-2">
              {left ? t("in_turn.estimate", { count: total, time: left }) : t("in_turn.in_sequence")}
            </p>
            <Note tone="warning">{t("in_turn.effects")}</Note>
          </>
        )}
        {state.phase !== "asking" && (
          <>
            <ProgressBar
              aria-label={t("in_turn.progress")}
              value={done}
              maxValue={total}
              className="flex flex-col gap-1.5"
            >
              {({ percentage = 0 }) => (
                <>
                  <span className="h-2 overflow-hidden rounded-full bg-sunken">
                    <span
                      className="block h-full bg-accent transition-[width] duration-100"
                      style={{ width: `${percentage}%` }}
                    />
                  </span>
                  <span className="flex justify-between text-ink-2">
                    <span>{t("in_turn.done_of", { done: count(done), total: count(total) })}</span>
                    {state.phase === "going" && left && <span>{t("in_turn.left", { time: left })}</span>}
                  </span>
                </>
              )}
            </ProgressBar>
            <p role="status">
              {state.phase === "stopped" && `${t("in_turn.stopped", { count: total - done })} `}
              {state.phase !== "going" && t("in_turn.started", { count: state.started })}
              {state.phase !== "going" &&
                state.refused.length > 0 &&
                ` ${t("in_turn.refused", { count: state.refused.length })}`}
            </p>
            {state.refused.length > 0 && (
              <ul className="flex max-h-48 flex-col gap-1 overflow-auto">
                {state.refused.map(({ id, why }) => (
                  <li key={id} className="text-ink-2">
                    <span className="code">{id}</span> {why}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

/** Milliseconds that a small call takes from here: the ground for an estimate. Null until it is known. */
function useTimeOfACall(): number | null {
  const [time, setTime] = useState<number | null>(null);
  useEffect(() => {
    let gone = false;
    (async () => {
      const begun = performance.now();
      for (let times = 0; times < 3; times++) {
        await api.GET("/api/v1/executions", { params: { query: { limit: 1 } } }).catch(() => undefined);
      }
      if (!gone) setTime((performance.now() - begun) / 3);
    })();
    return () => {
      gone = true;
    };
  }, []);
  return time;
}
