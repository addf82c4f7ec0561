import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { DropZone } from "react-aria-components/DropZone";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { api, got, type Schema } from "@/api/client";
import { workflowsQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Badge, ErrorNote, Loading, Note } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { say } from "@/ui/toast";
import { Checkbox } from "@/ui/toggle";
import { readDocuments, type WorkflowDocument } from "./documents";
import { Problems } from "./publish-first";

/** Takes in what was exported: checked first, with what it would do, then all or nothing. */
export function ImportDialog({ known, onClose }: { known: Schema["WorkflowItem"][]; onClose: () => void }) {
  const { t } = useTranslation(["workflows", "common"]);
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [publish, setPublish] = useState(false);
  const read = readDocuments(text);
  const documents = "documents" in read ? read.documents : [];
  const check = useQuery({
    queryKey: ["check", text],
    queryFn: () => got(api.POST("/api/v1/check", { body: { documents } })),
    enabled: documents.length > 0,
  });
  const apply = useMutation({
    mutationFn: async () => {
      const done = await got(api.POST("/api/v1/apply", { body: { documents, publish } }));
      await queries.invalidateQueries({ queryKey: workflowsQuery.queryKey });
      return done;
    },
    onSuccess: ({ items }) => {
      say(t("import.done", { count: items.length }));
      onClose();
    },
  });
  const take = async (file: File | undefined) => file && setText(await file.text());
  const wrong = check.data?.items.some(({ problems }) => problems.length > 0);
  return (
    <Dialog
      title={t("import.title")}
      width="wide"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button
            look="primary"
            onPress={() => apply.mutate()}
            isPending={apply.isPending}
            isDisabled={documents.length === 0 || !check.data || wrong}
          >
            {t("import.confirm", { count: documents.length })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <DropZone
          onDrop={async ({ items }) => {
            const [file] = items;
            if (file?.kind === "file") take(await file.getFile());
          }}
          className="flex flex-wrap items-center gap-3 rounded-card border border-dashed border-line-strong p-3 data-[drop-target]:border-accent data-[drop-target]:bg-accent-soft"
        >
          <FileTrigger acceptedFileTypes={[".json", "application/json"]} onSelect={(files) => take(files?.[0])}>
            <Button icon={<FileUp size={16} aria-hidden />}>{t("import.choose")}</Button>
          </FileTrigger>
          <span className="text-ink-2">{t("import.drop")}</span>
        </DropZone>
        <TextField label={t("import.text")} lines={8} mono value={text} onChange={setText} />
        {"mistake" in read && read.mistake !== "empty" && (
          <Note tone={read.mistake === "yaml" ? "warning" : "error"}>{t(`import.mistake.${read.mistake}`)}</Note>
        )}
        {check.isFetching && <Loading lines={1} />}
        {(check.error ?? apply.error) && <ErrorNote error={check.error ?? apply.error} />}
        {check.data && (
          <ul className="flex flex-col gap-2" aria-label={t("import.found")}>
            {documents.map((document, index) => (
              <Found
                // biome-ignore lint/suspicious/noArrayIndexKey: documents have no other name, and do not move
                key={index}
                document={document}
                known={known}
                problems={check.data.items[index]?.problems ?? []}
              />
            ))}
          </ul>
        )}
        {documents.length > 0 && !wrong && (
          <Checkbox isSelected={publish} onChange={setPublish}>
            {t("import.publish")}
          </Checkbox>
        )}
      </div>
    </Dialog>
  );
}

function Found({
  document,
  known,
  problems,
}: {
  document: WorkflowDocument;
  known: Schema["WorkflowItem"][];
  problems: readonly Schema["DocumentProblem"][];
}) {
  const { t } = useTranslation(["workflows", "common"]);
  const before = known.find(({ key }) => key === document.key);
  return (
    <li className="rounded-control border border-line px-3 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <span dir="auto" className="min-w-0 truncate font-medium">
          {typeof document.title === "string" ? document.title : t("import.untitled")}
        </span>
        {problems.length > 0 ? (
          <Badge tone="failed">{t("import.problems", { count: problems.length })}</Badge>
        ) : before ? (
          <Badge tone="accent">{t("import.updates", { title: before.title })}</Badge>
        ) : (
          <Badge>{t("import.creates")}</Badge>
        )}
      </div>
      {problems.length > 0 && <Problems problems={problems} />}
    </li>
  );
}
