// Words of all other pages.

import editor from "./editor.json";
import executions from "./executions.json";
import fields from "./fields.json";
import inspect from "./inspect.json";
import requests from "./requests.json";
import settings from "./settings.json";
import trigger from "./trigger.json";

export default { editor, executions, fields, inspect, requests, settings, trigger };
