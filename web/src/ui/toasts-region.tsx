// Where ./toast says it. Loaded with the first message.

import { X } from "lucide-react";
import { useEffect } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Text } from "react-aria-components/Text";
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components/Toast";
import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";
import { type Said, takeOver } from "./toast";

const queue = new ToastQueue<Said>({ maxVisibleToasts: 3 });

/** Says each for some seconds; with something to press, for longer. */
export default function ToastsRegion() {
  const { t } = useTranslation();
  useEffect(() => takeOver((said) => queue.add(said, { timeout: said.action || said.tone ? 10_000 : 5_000 })), []);
  return (
    <ToastRegion
      queue={queue}
      aria-label={t("messages")}
      className="fixed right-4 bottom-4 z-50 flex flex-col-reverse gap-2 outline-none max-narrow:inset-x-4 max-narrow:bottom-20"
    >
      {({ toast }) => (
        <AriaToast
          toast={toast}
          className="flex max-w-md items-center gap-3 rounded-control bg-ink py-2 pr-2 pl-3 text-body text-bg shadow-overlay outline-none"
        >
          <ToastContent className="min-w-0 flex-1">
            <Text slot="title" className="break-words">
              {toast.content.text}
            </Text>
          </ToastContent>
          {toast.content.action && (
            <Button
              look="quiet"
              className="-my-1 text-bg underline data-[hovered]:text-bg"
              onPress={() => {
                toast.content.action?.run();
                queue.close(toast.key);
              }}
            >
              {toast.content.action.label}
            </Button>
          )}
          <AriaButton
            slot="close"
            aria-label={t("close")}
            className="flex size-6 shrink-0 items-center justify-center rounded-control touch:size-11"
          >
            <X size={14} />
          </AriaButton>
        </AriaToast>
      )}
    </ToastRegion>
  );
}
