import { useTranslation } from "@/lib/i18n";
import { NumberField } from "@/ui/number-field";
import { setInFlow } from "../commands/set";
import { useEditor } from "../store";

/** domain::flow::limits, in milliseconds. */
const TIMEOUT_MAX = 31_536_000_000;
const DEADLINE_MAX = 600_000;
const DEADLINE_DEFAULT = 30_000;

/** How long the flow may take, and how long its caller waits. */
export function Limits() {
  const { t } = useTranslation("trigger");
  const mode = useEditor((editor) => editor.flow.mode);
  const timeout = useEditor((editor) => editor.flow.timeout_ms ?? 0);
  const deadline = useEditor((editor) => editor.flow.answer_deadline_ms ?? DEADLINE_DEFAULT);
  const edit = useEditor((editor) => editor.edit);
  const set = (field: "timeout_ms" | "answer_deadline_ms", seconds: number) =>
    edit("field", setInFlow(field, Number.isNaN(seconds) ? undefined : Math.round(seconds * 1_000)), field);
  return (
    <div className="grid grid-cols-2 gap-3 max-narrow:grid-cols-1">
      <NumberField
        label={t("limits.timeout")}
        help={t("limits.timeout_help")}
        minValue={0}
        maxValue={TIMEOUT_MAX / 1_000}
        value={timeout / 1_000}
        onChange={(seconds) => set("timeout_ms", seconds)}
      />
      {mode === "sync" && (
        <NumberField
          label={t("limits.deadline")}
          help={t("limits.deadline_help")}
          minValue={0.001}
          maxValue={DEADLINE_MAX / 1_000}
          value={deadline / 1_000}
          onChange={(seconds) => set("answer_deadline_ms", seconds)}
        />
      )}
    </div>
  );
}
