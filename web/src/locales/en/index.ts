import account from "./account.json";
import common from "./common.json";
import editor from "./editor.json";
import executions from "./executions.json";
import fields from "./fields.json";
import inspect from "./inspect.json";
import nodes from "./nodes.json";
import requests from "./requests.json";
import settings from "./settings.json";
import trigger from "./trigger.json";
import workflows from "./workflows.json";

export default { account, common, editor, executions, fields, inspect, nodes, requests, settings, trigger, workflows };
