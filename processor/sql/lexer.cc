#include "processor/sql/lexer.h"

#include <cctype>

namespace weir::processor {

std::string Token::shown() const {
  switch (kind) {
    case TokenKind::end:
      return "the end of the script";
    case TokenKind::string:
      return "'" + text + "'";
    default:
      return "`" + text + "`";
  }
}

namespace {

class Lexer {
 public:
  explicit Lexer(std::string_view script) : s_(script) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      TRY(skip_blank());
      TRY_ASSIGN(Token t, next());
      bool last = t.kind == TokenKind::end;
      tokens.push_back(std::move(t));
      if (last) return tokens;
    }
  }

 private:
  char peek(size_t ahead = 0) const { return i_ + ahead < s_.size() ? s_[i_ + ahead] : '\0'; }
  void advance() {
    if (s_[i_++] == '\n') {
      ++at_.line;
      at_.column = 1;
    } else {
      ++at_.column;
    }
  }
  static bool word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
  static bool word_part(char c) { return word_start(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '$'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  Status skip_blank() {
    while (i_ < s_.size()) {
      if (std::isspace(static_cast<unsigned char>(peek()))) {
        advance();
      } else if (peek() == '-' && peek(1) == '-') {
        while (i_ < s_.size() && peek() != '\n') advance();
      } else if (peek() == '/' && peek(1) == '*') {
        Position start = at_;
        advance(), advance();
        while (i_ < s_.size() && !(peek() == '*' && peek(1) == '/')) advance();
        if (i_ >= s_.size()) return sql_error(start, "comment `/*` without its `*/`");
        advance(), advance();
      } else {
        break;
      }
    }
    return {};
  }

  Result<Token> next() {
    Token t;
    t.at = at_;
    if (i_ >= s_.size()) return t;
    char c = peek();
    if (c == '\'' || c == '`') return quoted(std::move(t), c);
    if (digit(c) || (c == '.' && digit(peek(1)))) return number(std::move(t));
    if (word_start(c)) {
      t.kind = TokenKind::identifier;
      while (i_ < s_.size() && word_part(peek())) t.text += peek(), advance();
      t.upper = to_upper(t.text);
      return t;
    }
    t.kind = TokenKind::symbol;
    for (std::string_view two : {"<>", "!=", "<=", ">=", "||", "=>"}) {
      if (s_.substr(i_, 2) == two) {
        advance(), advance();
        t.text = two == "!=" ? "<>" : two;
        return t;
      }
    }
    if (std::string_view("(),;.=<>+-*/%[]").find(c) == std::string_view::npos) {
      if (c == '"') return sql_error(at_, "unexpected `\"`; strings are in 'single quotes', names in `backticks`");
      if (c == '$' && peek(1) == '{')
        return sql_error(at_, "variable `${` was not replaced; set it with --var NAME=VALUE");
      return sql_error(at_, std::string("unexpected character `") + c + "`");
    }
    t.text = c;
    advance();
    return t;
  }

  Result<Token> quoted(Token t, char quote) {
    t.kind = quote == '`' ? TokenKind::quoted_identifier : TokenKind::string;
    advance();
    while (true) {
      if (i_ >= s_.size()) return sql_error(t.at, std::string("text starts with ") + quote + " and never ends");
      if (peek() == quote) {
        if (peek(1) != quote) break;
        advance();  // a doubled quote stands for itself
      }
      t.text += peek();
      advance();
    }
    advance();
    if (quote == '`' && t.text.empty()) return sql_error(t.at, "empty name ``");
    return t;
  }

  Result<Token> number(Token t) {
    t.kind = TokenKind::integer;
    auto digits = [&] {
      while (digit(peek())) t.text += peek(), advance();
    };
    digits();
    if (peek() == '.' && digit(peek(1))) {
      t.kind = TokenKind::decimal;
      t.text += '.', advance();
      digits();
    } else if (peek() == '.' && !word_start(peek(1))) {
      t.kind = TokenKind::decimal;
      t.text += ".0", advance();
    }
    char sign = peek(1);
    if ((peek() == 'e' || peek() == 'E') && (digit(sign) || ((sign == '-' || sign == '+') && digit(peek(2))))) {
      t.kind = TokenKind::decimal;
      t.text += 'e', advance();
      if (peek() == '-' || peek() == '+') t.text += peek(), advance();
      digits();
    }
    if (word_start(peek())) return sql_error(t.at, "`" + t.text + peek() + "` is neither a number nor a name");
    return t;
  }

  std::string_view s_;
  size_t i_ = 0;
  Position at_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view script) { return Lexer(script).run(); }

}  // namespace weir::processor
