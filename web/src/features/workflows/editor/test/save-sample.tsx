import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorNote } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { say } from "@/ui/toast";
import type { WrittenEvent } from "../../sample-event";
import type { useSamples } from "./samples";

/** Characters of a sample's name (see NewSample in the API). */
const NAME_MAX = 200;

export function SaveSample({
  event,
  save,
  onClose,
}: {
  event: WrittenEvent;
  save: ReturnType<typeof useSamples>["save"];
  onClose: () => void;
}) {
  const { t } = useTranslation(["trigger", "common"]);
  const [name, setName] = useState("");
  const submit = () =>
    save.mutate(
      { name: name.trim(), event },
      {
        onSuccess: () => {
          say(t("test.sample_saved", { name: name.trim() }));
          onClose();
        },
      },
    );
  return (
    <Dialog
      title={t("test.save_sample")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("common:cancel")}</Button>
          <Button look="primary" type="submit" form="sample" isPending={save.isPending} isDisabled={name.trim() === ""}>
            {t("common:save")}
          </Button>
        </>
      }
    >
      <Form
        id="sample"
        className="flex flex-col gap-3"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          if (name.trim() !== "") submit();
        }}
      >
        {save.error && <ErrorNote error={save.error} />}
        <TextField label={t("test.sample_name")} value={name} onChange={setName} maxLength={NAME_MAX} autoFocus />
      </Form>
    </Dialog>
  );
}
