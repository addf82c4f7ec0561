import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schema } from "@/api/client";
import { useTranslation } from "@/lib/i18n";
import { Button } from "../button";
import { Dialog } from "../dialog";
import { ErrorNote } from "../feedback";
import { TextField } from "../field";
import { say } from "../toast";

/** Keeps a request with its workflow, under a name, to try flows with. */
export function SampleDialog({
  workflow,
  event,
  onClose,
}: {
  /** Its key. */
  workflow: string;
  event: Schema["WrittenEvent"];
  onClose: () => void;
}) {
  const { t } = useTranslation(["inspect", "common"]);
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const save = async () => {
    setPending(true);
    setError(null);
    try {
      await api.POST("/api/v1/workflows/{key}/samples", { params: { path: { key: workflow } }, body: { name, event } });
      await queries.invalidateQueries({ queryKey: ["samples"] });
      say(t("sample.saved"));
      onClose();
    } catch (error) {
      setError(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog
      title={t("sample.title")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" onPress={save} isPending={pending} isDisabled={name.trim() === ""}>
            {t("common:save")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          if (name.trim()) void save();
        }}
      >
        <TextField
          label={t("sample.name")}
          help={t("sample.help")}
          value={name}
          onChange={setName}
          autoFocus
          maxLength={200}
        />
        {error !== null && <ErrorNote error={error} />}
      </form>
    </Dialog>
  );
}
