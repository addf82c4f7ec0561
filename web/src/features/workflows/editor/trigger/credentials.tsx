import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { api, got, type Schema } from "@/api/client";
import { workflowQuery } from "@/api/queries";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { ErrorNote } from "@/ui/feedback";
import { TextField } from "@/ui/field";
import { PasswordField } from "@/ui/password-field";
import { say } from "@/ui/toast";
import { useEditor } from "../store";
import { forgetPassword } from "../test/password";

/** Who may call. It belongs to the workflow, not to the draft: it is in force at once, and undo does not reach it. */
export function Credentials() {
  const { t } = useTranslation(["trigger", "common"]);
  const key = useEditor((editor) => editor.key);
  const queries = useQueryClient();
  const { data: workflow } = useSuspenseQuery(workflowQuery(key));
  const set = workflow.credentials?.basic.username;
  const [editing, setEditing] = useState(false);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: (credentials: Schema["WorkflowPatch"]["credentials"]) =>
      got(api.PATCH("/api/v1/workflows/{key}", { params: { path: { key } }, body: { credentials } })),
    onSuccess: (saved) => {
      queries.setQueryData(workflowQuery(key).queryKey, saved);
      forgetPassword(key);
      setEditing(false);
      setPassword("");
      say(saved.credentials ? t("security.is_set") : t("security.removed"));
    },
  });
  return (
    <div className="flex flex-col gap-3">
      {set === undefined ? (
        <p className="text-ink-2">{t("security.none")}</p>
      ) : (
        <p>
          {t("security.user")} <span className="code">{set}</span>
          <span className="text-ink-3"> · {t("security.password_set")}</span>
        </p>
      )}
      {!editing && (
        <div className="flex flex-wrap gap-2">
          <Button
            onPress={() => {
              setUsername(set ?? "");
              setEditing(true);
            }}
          >
            {set === undefined ? t("security.set") : t("security.replace")}
          </Button>
          {set !== undefined && (
            <Button look="danger" onPress={() => save.mutate(null)} isPending={save.isPending}>
              {t("security.remove")}
            </Button>
          )}
        </div>
      )}
      {editing && (
        <Form
          className="flex flex-col gap-3 rounded-control bg-sunken p-3"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ basic: { username, password } });
          }}
        >
          <TextField
            label={t("security.username")}
            value={username}
            onChange={setUsername}
            autoComplete="off"
            autoFocus
          />
          <PasswordField
            label={t("security.password")}
            help={t("security.help")}
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
          />
          <div className="flex flex-wrap gap-2">
            <Button
              look="primary"
              type="submit"
              isPending={save.isPending}
              isDisabled={username === "" || password === ""}
            >
              {t("security.require")}
            </Button>
            <Button onPress={() => setEditing(false)}>{t("common:cancel")}</Button>
          </div>
        </Form>
      )}
      {save.error && <ErrorNote error={save.error} />}
    </div>
  );
}
