#pragma once
#include <string>
#include <vector>

#include "base/util/result.h"
#include "processor/sql/ast.h"
#include "processor/sql/lexer.h"

namespace weir::processor {

/// Recursive descent over the tokens of one script. parser.cc holds the statements, parser_expr.cc the expressions.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
  Result<std::vector<ast::Statement>> script();

 private:
  // Tokens.
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(i_ + ahead, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[i_ + 1 < tokens_.size() ? i_++ : i_]; }
  bool at(std::string_view word) const { return peek().is(word); }
  bool accept(std::string_view word);
  Status expect(std::string_view word, std::string_view where = {});
  Error unexpected(std::string_view expected) const;
  Result<ast::Name> name(std::string_view what);
  Result<ast::Name> object_name(std::string_view what);

  // Statements.
  Status statement(std::vector<ast::Statement>& out);
  Status statement_set(std::vector<ast::Statement>& out);
  Result<ast::Statement> create();
  Result<ast::CreateTable> create_table();
  Status table_element(ast::CreateTable& table);
  Result<std::vector<ast::Option>> options();
  Result<ast::Statement> insert();
  Result<ast::Statement> set_option();
  Result<std::unique_ptr<ast::Select>> select();
  Result<ast::From> from();
  Result<ast::WindowCall> window_call();
  Result<ast::TypeName> type_name();

  // Expressions, weakest binding first.
  Result<ast::ExprPtr> expression();
  Result<ast::ExprPtr> and_expr();
  Result<ast::ExprPtr> not_expr();
  Result<ast::ExprPtr> predicate();
  Result<ast::ExprPtr> additive();
  Result<ast::ExprPtr> multiplicative();
  Result<ast::ExprPtr> unary();
  Result<ast::ExprPtr> primary();
  Result<ast::ExprPtr> case_expr();
  Result<ast::ExprPtr> cast_expr();
  Result<ast::ExprPtr> call(ast::Name function);
  Result<ast::ExprPtr> interval();
  /// Makes `child` the next argument; an error when the tree gets higher than kExprHeightMax.
  Status adopt(ast::Expr& parent, ast::ExprPtr child) const;
  Status deepen(ast::Expr& parent, const ast::Expr& child) const;
  ast::ExprPtr make(ast::ExprKind kind, Position at, std::string text = {}) const;

  std::vector<Token> tokens_;
  size_t i_ = 0;
  int depth_ = 0;  // of nested expressions; bounded, the script comes from outside
};

}  // namespace weir::processor
