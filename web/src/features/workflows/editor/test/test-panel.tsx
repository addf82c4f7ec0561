import { useSuspenseQuery } from "@tanstack/react-query";
import { Bookmark, Play, Send, Trash2, X } from "lucide-react";
import { useState } from "react";
import { workflowQuery } from "@/api/queries";
import { clockTime } from "@/lib/format";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { ErrorNote, Loading } from "@/ui/feedback";
import { Select } from "@/ui/select";
import { useEditor, useEditorStore } from "../store";
import { subjectOf } from "../trigger/fill";
import { useCaptured } from "./captured";
import { RequestEditor } from "./request-editor";
import { Result, type Tested } from "./result";
import { useRunning } from "./running";
import { useSamples } from "./samples";
import { SaveSample } from "./save-sample";
import { useSending } from "./sending";
import { useTried } from "./subject-event";

/** Below the canvas: a request, and what the draft makes of it. */
export function TestPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["trigger", "common"]);
  const key = useEditor((editor) => editor.key);
  const store = useEditorStore();
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const captured = useCaptured(key, workflow.id).items;
  const samples = useSamples();
  const tried = useTried(captured.find(({ executionId }) => executionId !== null));
  const running = useRunning();
  const sending = useSending();
  const [last, setLast] = useState<"draft" | "sent" | null>(null);
  const [warning, setWarning] = useState(false);
  const [saving, setSaving] = useState(false);
  const [sample, setSample] = useState<string | null>(null);

  const { event } = tried;
  const run = () => {
    if (!event || running.result.isPending) return;
    if (running.warns()) return setWarning(true);
    setLast("draft");
    running.run(event);
  };
  const send = () => {
    if (!event || sending.result.isPending) return;
    setLast("sent");
    sending.send(event);
  };
  const choose = (id: string) => {
    setSample(null);
    const request = captured.find((each) => each.id === id);
    const saved = samples.items.find((each) => each.id === id);
    if (request) {
      store.setState({ subject: subjectOf(request, t("request_at", { time: clockTime(request.at) })) });
    } else if (saved) {
      const { method, headers, query_string, body, body_base64 } = saved.event;
      const written = { method, headers, query_string, ...(body_base64 === null ? { body } : { body_base64 }) };
      store.setState({ subject: { kind: "event", event: written, label: saved.name } });
      setSample(saved.id);
    }
  };
  const options = [
    ...(tried.source === "edited" && sample === null ? [{ id: "edited", label: t("test.edited") }] : []),
    ...(tried.source === "example" ? [{ id: "example", label: t("test.example") }] : []),
    ...samples.items.map(({ id, name }) => ({ id, label: name, detail: t("test.sample") })),
    ...captured.map(({ id, at, method, answer }) => ({
      id,
      label: `${clockTime(at)} ${method} → ${answer ?? "…"}`,
      detail: t("test.captured"),
    })),
  ];
  // Chosen elsewhere, and too old for the list.
  if (tried.source.includes("_") && !options.some(({ id }) => id === tried.source)) {
    options.unshift({ id: tried.source, label: store.getState().subject?.label ?? tried.source });
  }
  const tested: Tested | null =
    last === "draft" && running.result.data
      ? { kind: "draft", execution: running.result.data.id }
      : last === "sent" && sending.result.data
        ? { kind: "sent", sent: sending.result.data }
        : null;
  const now = last === "draft" ? running.result : sending.result;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Ctrl+Enter runs from every field inside
    <div
      className="flex min-h-80 flex-col"
      onKeyDown={(pressed) => {
        if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) {
          pressed.preventDefault();
          run();
        }
      }}
    >
      <header className="sticky top-0 z-10 flex flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2">
        <h2 className="mr-1 text-card font-semibold max-narrow:flex-1">{t("test.title")}</h2>
        <Select
          hideLabel
          label={t("test.request")}
          value={tried.source === "edited" && sample !== null ? sample : tried.source}
          onChange={choose}
          options={options}
          className="w-64 max-narrow:order-2 max-narrow:w-auto max-narrow:flex-1 max-narrow:basis-60"
        />
        <IconButton
          label={t("test.save_sample")}
          onPress={() => setSaving(true)}
          isDisabled={!event}
          className="max-narrow:order-2"
        >
          <Bookmark size={16} aria-hidden />
        </IconButton>
        {sample !== null && (
          <IconButton
            label={t("test.delete_sample")}
            className="max-narrow:order-2"
            onPress={() => {
              samples.remove.mutate(sample);
              setSample(null);
            }}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        )}
        <div className="ml-auto flex flex-wrap items-center gap-2 max-narrow:order-3 max-narrow:ml-0">
          <Button
            look="primary"
            icon={<Play size={16} aria-hidden />}
            onPress={run}
            isPending={running.result.isPending}
            isDisabled={!event}
            aria-keyshortcuts="Control+Enter"
          >
            {t("test.run")}
          </Button>
          <Button
            icon={<Send size={16} aria-hidden />}
            onPress={send}
            isPending={sending.result.isPending}
            isDisabled={!event}
          >
            {t("test.send")}
          </Button>
        </div>
        <IconButton label={t("test.close")} onPress={onClose} className="max-narrow:order-1">
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      <div className="grid min-h-0 flex-1 grid-cols-2 max-narrow:grid-cols-1">
        <section aria-label={t("test.request")} className="min-w-0 border-r border-line p-4 max-narrow:border-r-0">
          {tried.error && <ErrorNote error={tried.error} />}
          {!event && !tried.error && <Loading lines={4} />}
          {event && (
            <RequestEditor
              event={event}
              onChange={(change) => {
                setSample(null);
                tried.edit(change);
              }}
            />
          )}
        </section>
        <section aria-label={t("test.result")} className="min-w-0 p-4">
          <Result tested={tested} isBusy={now.isPending} error={last === null ? null : now.error} />
        </section>
      </div>
      {sending.dialog}
      {saving && event && <SaveSample event={event} save={samples.save} onClose={() => setSaving(false)} />}
      <Confirm
        title={t("effects.title")}
        isOpen={warning}
        onClose={() => setWarning(false)}
        confirm={t("effects.confirm")}
        onConfirm={() => {
          running.warned();
          setWarning(false);
          run();
        }}
      >
        {t("effects.text")}
      </Confirm>
    </div>
  );
}
