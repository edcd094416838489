#include "processor/sql/diagnostic.h"

#include <algorithm>

#include "processor/expr/limits.h"

namespace weir::processor {

Error sql_error(Position at, std::string message) {
  return Error(ErrorCode::invalid_argument, "sql",
               std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + std::move(message));
}

Error too_deep(Position at) {
  return sql_error(
      at, "the expression is more than " + std::to_string(kExprHeightMax) +
              " operations deep; halve the chain with parentheses, (… + …) + (… + …), or write many ORs as IN (…)");
}

std::string to_upper(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && to_upper(a) == to_upper(b);
}

namespace {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t up = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = up;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > 200) return {};
  std::string upper = to_upper(name);
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& c : candidates) {
    size_t d = edit_distance(upper, to_upper(c));
    if (d < best_distance && d < std::max(c.size(), name.size())) best = c, best_distance = d;
  }
  return best;
}

std::string name_hint(std::string_view name, const std::vector<std::string>& candidates) {
  std::string near = nearest_name(name, candidates);
  if (!near.empty()) return "; did you mean `" + near + "`?";
  if (candidates.empty() || candidates.size() > 12) return {};
  std::string out = "; known are ";
  for (size_t i = 0; i < candidates.size(); ++i) out += (i ? ", `" : "`") + candidates[i] + "`";
  return out;
}

}  // namespace weir::processor
