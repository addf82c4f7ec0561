// What drawers hold, loaded when somebody begins to do something.

import { lazy } from "react";

const nodePanel = () => import("../panel/node-panel");
const triggerPanel = () => import("../trigger/trigger-panel");

export const NodePanel = lazy(async () => ({ default: (await nodePanel()).NodePanel }));
export const TriggerPanel = lazy(async () => ({ default: (await triggerPanel()).TriggerPanel }));

export const loadPanels = () => Promise.all([nodePanel(), triggerPanel()]);
