import { Page } from "@/ui/page";

export function Login() {
  return <Page title="Login">…</Page>;
}
