#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"
#include "processor/sql/diagnostic.h"

namespace weir::processor {

enum class TokenKind { identifier, quoted_identifier, integer, decimal, string, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;   // without quotes, escapes undone
  std::string upper;  // of an unquoted identifier: what keywords are compared with
  Position at;

  bool is(std::string_view symbol_or_keyword) const {
    return (kind == TokenKind::symbol && text == symbol_or_keyword) ||
           (kind == TokenKind::identifier && upper == symbol_or_keyword);
  }
  /// How an error names it: `WHERE`, 'text', end of the script.
  std::string shown() const;
};

/// The whole script as tokens, the last of kind `end`. Comments (`--` and `/* */`) are left out.
Result<std::vector<Token>> tokenize(std::string_view script);

}  // namespace weir::processor
