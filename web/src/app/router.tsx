// Every page of the UI with its address. Pages are loaded when they are first opened.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { base } from "@/api/client";
import { executionFilter } from "@/features/executions/filter";
import { executionView } from "@/features/executions/view";
import { requestFilter } from "@/features/requests/filter";
import { workflowFilter } from "@/features/workflows/list/filter";
import { withAllWords } from "@/lib/i18n";
import { Broke } from "./broke";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const login = createRoute({
  getParentRoute: () => root,
  path: "login",
  // Which page was wanted, to come back to.
  validateSearch: (search: Record<string, unknown>): { to?: string } => ({
    to: typeof search.to === "string" ? search.to : undefined,
  }),
  component: lazyRouteComponent(() => import("@/features/account/login"), "Login"),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "setup",
  component: lazyRouteComponent(() => import("@/features/account/setup"), "Setup"),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: "invite",
  component: lazyRouteComponent(() => import("@/features/account/invite"), "Invite"),
});

/** Everything that needs somebody who is signed in. */
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/workflows" });
  },
});
const workflows = createRoute({
  getParentRoute: () => shell,
  path: "workflows",
  validateSearch: workflowFilter,
  component: lazyRouteComponent(() => import("@/features/workflows/list/page"), "WorkflowsPage"),
});
const editor = createRoute({
  getParentRoute: () => shell,
  path: "workflows/$key",
  component: lazyRouteComponent(() => withAllWords(import("@/features/workflows/editor/page")), "EditorPage"),
});
const executions = createRoute({
  getParentRoute: () => shell,
  path: "executions",
  validateSearch: executionFilter,
  component: lazyRouteComponent(() => withAllWords(import("@/features/executions/list-page")), "ExecutionsPage"),
});
const execution = createRoute({
  getParentRoute: () => shell,
  path: "executions/$id",
  validateSearch: executionView,
  component: lazyRouteComponent(() => withAllWords(import("@/features/executions/detail-page")), "ExecutionPage"),
});
const requests = createRoute({
  getParentRoute: () => shell,
  path: "requests",
  validateSearch: requestFilter,
  component: lazyRouteComponent(() => withAllWords(import("@/features/requests/list-page")), "RequestsPage"),
});
const request = createRoute({
  getParentRoute: () => shell,
  path: "requests/$id",
  component: lazyRouteComponent(() => withAllWords(import("@/features/requests/detail-page")), "RequestPage"),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: "settings/$part",
  component: lazyRouteComponent(() => withAllWords(import("@/features/settings/page")), "SettingsPage"),
});
/** Where nothing is: the way back stays in sight. */
const nowhere = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound });
const settingsHome = createRoute({
  getParentRoute: () => shell,
  path: "settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/$part", params: { part: "profile" } });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    setup,
    invite,
    shell.addChildren([
      home,
      workflows,
      editor,
      executions,
      execution,
      requests,
      request,
      settingsHome,
      settings,
      nowhere,
    ]),
  ]),
  basepath: base,
  defaultErrorComponent: Broke,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
