// Words of the pages that come first.

import account from "./account.json";
import common from "./common.json";
import nodes from "./nodes.json";
import shell from "./shell.json";
import workflows from "./workflows.json";

export default { account, common, nodes, shell, workflows };
