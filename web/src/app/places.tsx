import { Inbox, ListChecks, Settings, Workflow } from "lucide-react";

/** Where the rail leads; `key` is the letter after G, in Latin. */
export const PLACES = [
  { to: "/workflows", word: "workflows", key: "w", icon: <Workflow size={18} aria-hidden /> },
  { to: "/executions", word: "executions", key: "e", icon: <ListChecks size={18} aria-hidden /> },
  { to: "/requests", word: "requests", key: "r", icon: <Inbox size={18} aria-hidden /> },
  { to: "/settings", word: "settings", key: "s", icon: <Settings size={18} aria-hidden /> },
] as const;
