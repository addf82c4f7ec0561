import { Page } from "@/ui/page";

export function Setup() {
  return <Page title="Setup">…</Page>;
}
