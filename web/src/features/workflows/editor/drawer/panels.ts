// What drawers hold, loaded when somebody begins to do something.

import { later } from "@/ui/later";

const nodePanel = () => import("../panel/node-panel");
const triggerPanel = () => import("../trigger/trigger-panel");

export const NodePanel = later(async () => (await nodePanel()).NodePanel);
export const TriggerPanel = later(async () => (await triggerPanel()).TriggerPanel);

export const loadPanels = () => Promise.all([nodePanel(), triggerPanel()]);
