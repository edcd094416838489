#include "tools/cli/table.h"

#include <algorithm>
#include <cstdio>

namespace weir::cli {
namespace {

/// Characters as a terminal counts them, near enough: code points.
size_t width(const std::string& s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string Table::text() const {
  std::vector<bool> right(titles_.size());
  std::vector<std::string> titles = titles_;
  std::vector<size_t> widths(titles.size());
  for (size_t c = 0; c < titles.size(); ++c) {
    right[c] = titles[c].starts_with('>');
    if (right[c]) titles[c].erase(0, 1);
    widths[c] = width(titles[c]);
    for (const auto& row : rows_) {
      if (c < row.size()) widths[c] = std::max(widths[c], width(row[c]));
    }
  }
  std::string out;
  auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t c = 0; c < cells.size() && c < widths.size(); ++c) {
      std::string pad(widths[c] - width(cells[c]), ' ');
      text += (c > 0 ? "  " : "") + (right[c] ? pad + cells[c] : cells[c] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(titles);
  for (const auto& row : rows_) line(row);
  return out;
}

void Table::print() const { std::fputs(text().c_str(), stdout); }

}  // namespace weir::cli
