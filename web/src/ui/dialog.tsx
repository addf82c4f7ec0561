import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "@/lib/i18n";
import { Button, IconButton } from "./button";

/** A question that has to be answered first. Esc and a click beside it close it, unless there is no way around it. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  footer,
  width = "narrow",
  role = "dialog",
}: {
  title: string;
  isOpen: boolean;
  /** Without it, nothing but its own buttons closes it. */
  onClose?: () => void;
  children: ReactNode;
  /** Its buttons, the one that Enter should press last. */
  footer?: ReactNode;
  width?: "narrow" | "wide" | "full";
  role?: "dialog" | "alertdialog";
}) {
  const { t } = useTranslation();
  const widths = { narrow: "max-w-[520px]", wide: "max-w-[840px]", full: "max-w-[1120px]" };
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose?.()}
      isDismissable={onClose !== undefined}
      isKeyboardDismissDisabled={onClose === undefined}
      className="fixed inset-0 z-40 flex items-start justify-center bg-scrim p-4 pt-[8vh] entering:opacity-0 transition-opacity duration-100 max-narrow:items-end max-narrow:p-0 max-narrow:pt-6"
    >
      <Modal
        className={`flex max-h-[84vh] w-full flex-col rounded-card bg-surface shadow-overlay outline-none max-narrow:max-h-full max-narrow:rounded-b-[0px] ${widths[width]}`}
      >
        <AriaDialog role={role} className="flex min-h-0 flex-col outline-none">
          <header className="flex items-center justify-between gap-2 pt-4 pr-3 pb-2 pl-5">
            <Heading slot="title" className="min-w-0 text-card font-semibold break-words">
              {title}
            </Heading>
            {onClose && (
              <IconButton label={t("close")} onPress={onClose}>
                <X size={16} />
              </IconButton>
            )}
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-5 pt-1 pb-5">{children}</div>
          {footer && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Asks before something that cannot be undone. */
export function Confirm({
  title,
  isOpen,
  onClose,
  onConfirm,
  confirm,
  children,
  isDisabled,
  isPending,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  /** What the button does, as a verb. */
  confirm: string;
  children: ReactNode;
  isDisabled?: boolean;
  isPending?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Dialog
      role="alertdialog"
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t("cancel")}</Button>
          <Button look="danger" onPress={onConfirm} isDisabled={isDisabled} isPending={isPending}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
