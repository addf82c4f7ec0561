import { Page } from "@/ui/page";

export function Invite() {
  return <Page title="Invite">…</Page>;
}
