import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Group } from "react-aria-components/Group";
import { Input } from "react-aria-components/Input";
import { TextField as AriaTextField } from "react-aria-components/TextField";
import { useTranslation } from "@/lib/i18n";
import { Below, INPUT, Label, type TextFieldProps } from "./field";

/** A password being typed; the eye shows it for as long as it is being typed. */
export function PasswordField({ label, help, problem, className = "", placeholder, ref, ...rest }: TextFieldProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <AriaTextField
      {...rest}
      type={shown ? "text" : "password"}
      isInvalid={problem !== undefined}
      className={`flex min-w-0 flex-col gap-1 ${className}`}
    >
      <Label>{label}</Label>
      <Group className="relative outline-none">
        <Input ref={ref} placeholder={placeholder} className={`${INPUT} pr-10`} />
        <AriaButton
          aria-label={shown ? t("hide_password") : t("show_password")}
          onPress={() => setShown(!shown)}
          className="absolute inset-y-0 right-0 flex w-9 items-center justify-center rounded-control text-ink-3 data-[hovered]:text-ink"
        >
          {shown ? <EyeOff size={16} /> : <Eye size={16} />}
        </AriaButton>
      </Group>
      <Below help={help} problem={problem} />
    </AriaTextField>
  );
}
