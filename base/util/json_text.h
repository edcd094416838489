#pragma once
#include <string>
#include <string_view>

namespace weir {

/// Appends what stands between the quotes of a JSON string (RFC 8259 §7): quotes, backslashes and control characters
/// escaped; bytes that are no UTF-8 become U+FFFD, so that the result is always valid JSON. (Rows of a sink are
/// Jackson's bytes instead: processor/expr/text.h.)
void append_json_escaped(std::string& out, std::string_view text);
/// The same with its quotes.
std::string json_text(std::string_view text);

}  // namespace weir
