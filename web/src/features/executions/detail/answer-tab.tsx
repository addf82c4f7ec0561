import type { Schema } from "@/api/client";
import { between, duration } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Body } from "@/ui/http/body";
import { Headers } from "@/ui/http/headers";
import { Section } from "@/ui/section";

/** Exactly what the caller got. */
export function AnswerTab({ execution }: { execution: Schema["ExecutionView"] }) {
  const { t } = useTranslation("executions");
  const { t: i } = useTranslation("inspect");
  const { answer } = execution;
  if (!answer) {
    const asked = !execution.test && !execution.replay_of;
    return <p className="text-ink-2">{asked ? t("answer.not_yet") : t("answer.nobody_asked")}</p>;
  }
  return (
    <div className="flex flex-col">
      <p className="pb-2">
        <span className="code text-card font-medium">{answer.status}</span>{" "}
        <span className="text-ink-2">
          {execution.test || execution.replay_of
            ? t("answer.recorded")
            : t("answer.after", { time: duration(Math.max(0, between(execution.accepted_at, answer.sent_at))) })}
        </span>
      </p>
      <Section level={2} title={i("http.body")}>
        <Body content={answer} label={t("answer.body")} begins="text" />
      </Section>
      <Section level={2} title={i("http.headers", { count: answer.headers.length })}>
        <Headers headers={answer.headers} label={i("http.headers", { count: answer.headers.length })} />
      </Section>
    </div>
  );
}
