#include "processor/sql/variables.h"

#include <vector>

#include "processor/sql/diagnostic.h"

namespace weir::processor {

Result<std::string> substitute_variables(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string out;
  Position at;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      size_t end = text.find('}', i);
      if (end == std::string_view::npos) return sql_error(at, "`${` without its `}`");
      std::string name(text.substr(i + 2, end - i - 2));
      auto it = values.find(name);
      if (it == values.end()) {
        std::vector<std::string> names;
        for (const auto& [k, v] : values) names.push_back(k);
        std::string hint = name_hint(name, names);
        return sql_error(at, "variable `${" + name + "}` is not set" + (hint.empty() ? "; set" : hint + " Set") +
                                 " it with --var " + name + "=VALUE");
      }
      out += it->second;
      at.column += static_cast<int>(end + 1 - i);
      i = end + 1;
      continue;
    }
    if (text[i] == '\n') ++at.line, at.column = 0;
    ++at.column;
    out += text[i++];
  }
  return out;
}

}  // namespace weir::processor
