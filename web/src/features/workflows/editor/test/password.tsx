// The password of an endpoint is kept by the server as a digest only: whoever wants to send has to type it.

import { type ReactNode, useRef, useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "@/lib/i18n";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { PasswordField } from "@/ui/password-field";

/** Typed in this window, by workflow: nowhere else, and gone when the window is. */
const typed = new Map<string, string>();

export function forgetPassword(key: string): void {
  typed.delete(key);
}

export interface Password {
  /** The password, asked for if it is not known yet; nothing when the person would rather not. */
  ask: (why: "send" | "curl") => Promise<string | undefined>;
  /** Stands somewhere on the page. */
  dialog: ReactNode;
}

export function usePassword(key: string, username: string): Password {
  const { t } = useTranslation(["trigger", "common"]);
  const [why, setWhy] = useState<"send" | "curl" | null>(null);
  const [password, setPassword] = useState("");
  const answer = useRef<(password: string | undefined) => void>(undefined);
  const done = (given: string | undefined) => {
    if (given) typed.set(key, given);
    setWhy(null);
    setPassword("");
    answer.current?.(given);
  };
  return {
    ask: (why) => {
      const known = typed.get(key);
      if (known !== undefined) return Promise.resolve(known);
      setWhy(why);
      return new Promise((resolve) => {
        answer.current = resolve;
      });
    },
    dialog: why && (
      <Dialog
        title={t(`password.title_${why}`)}
        isOpen
        onClose={() => done(undefined)}
        footer={
          <>
            <Button onPress={() => done(undefined)}>{t("common:cancel")}</Button>
            {why === "curl" && <Button onPress={() => done("")}>{t("password.without")}</Button>}
            <Button look="primary" type="submit" form="password" isDisabled={password === ""}>
              {t(`password.confirm_${why}`)}
            </Button>
          </>
        }
      >
        <Form
          id="password"
          onSubmit={(event) => {
            event.preventDefault();
            if (password !== "") done(password);
          }}
        >
          <PasswordField
            label={t("password.of", { username })}
            help={t("password.help")}
            value={password}
            onChange={setPassword}
            autoComplete="off"
            autoFocus
          />
        </Form>
      </Dialog>
    ),
  };
}
