// Every namespace with its keys: what the words of the other languages are held against.

import first from "./first";
import rest from "./rest";

export default { ...first, ...rest };
