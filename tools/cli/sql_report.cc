#include "tools/cli/sql_report.h"

#include <charconv>

#include <fmt/format.h>

namespace weir::cli {

std::string sql_report(const Error& error, std::string_view script, std::string_view file) {
  const std::string& detail = error.detail;
  const char* end = detail.data() + detail.size();
  size_t line = 0, column = 0;
  auto first = std::from_chars(detail.data(), end, line);
  bool placed = first.ec == std::errc() && first.ptr < end && *first.ptr == ':';
  if (placed) {
    auto second = std::from_chars(first.ptr + 1, end, column);
    placed = second.ec == std::errc() && second.ptr < end && *second.ptr == ':' && line > 0 && column > 0;
  }
  if (!placed) return detail.empty() ? error.message() : detail;
  std::string out = file.empty() || file == "-" ? detail : fmt::format("{}:{}", file, detail);
  for (size_t i = 1; i < line; ++i) {
    size_t newline = script.find('\n');
    if (newline == std::string_view::npos) return out;
    script.remove_prefix(newline + 1);
  }
  std::string shown(script.substr(0, script.find('\n')));
  while (!shown.empty() && shown.back() == '\r') shown.pop_back();
  // Columns count bytes; the caret stands under a character, so continuation bytes take no room and tabs stay tabs.
  std::string under;
  for (size_t i = 0; i + 1 < column && i < shown.size(); ++i) {
    if ((static_cast<unsigned char>(shown[i]) & 0xc0) != 0x80) under += shown[i] == '\t' ? '\t' : ' ';
  }
  std::string number = std::to_string(line);
  return fmt::format("{}\n  {} | {}\n  {} | {}^", out, number, shown, std::string(number.size(), ' '), under);
}

}  // namespace weir::cli
