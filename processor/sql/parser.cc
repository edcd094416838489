#include "processor/sql/parser.h"

#include <algorithm>

#include "processor/sql/parser_impl.h"

namespace weir::processor {

using namespace ast;

bool Parser::accept(std::string_view word) {
  if (!at(word)) return false;
  take();
  return true;
}

Error Parser::unexpected(std::string_view expected) const {
  return sql_error(peek().at, "expected " + std::string(expected) + ", found " + peek().shown());
}

Status Parser::expect(std::string_view word, std::string_view where) {
  if (accept(word)) return {};
  return unexpected("`" + std::string(word) + "`" + (where.empty() ? "" : " " + std::string(where)));
}

Result<Name> Parser::name(std::string_view what) {
  const Token& t = peek();
  if (t.kind != TokenKind::identifier && t.kind != TokenKind::quoted_identifier) return unexpected(what);
  take();
  return Name{t.text, t.at};
}

/// catalog.database.table: the last part counts, there is one catalog.
Result<Name> Parser::object_name(std::string_view what) {
  TRY_ASSIGN(Name n, name(what));
  while (at(".")) {
    take();
    TRY_ASSIGN(Name next, name(what));
    n.text = next.text;
  }
  return n;
}

Result<std::vector<Statement>> Parser::script() {
  std::vector<Statement> out;
  while (true) {
    while (accept(";")) {
    }
    if (peek().kind == TokenKind::end) break;
    TRY(statement(out));
    if (peek().kind != TokenKind::end && !at(";")) return unexpected("`;` or the end of the script");
  }
  return out;
}

Status Parser::statement(std::vector<Statement>& out) {
  if (at("EXECUTE") || at("BEGIN")) return statement_set(out);
  if (at("CREATE")) {
    TRY_ASSIGN(Statement s, create());
    out.push_back(std::move(s));
  } else if (at("INSERT")) {
    TRY_ASSIGN(Statement s, insert());
    out.push_back(std::move(s));
  } else if (at("SET")) {
    TRY_ASSIGN(Statement s, set_option());
    out.push_back(std::move(s));
  } else if (at("SELECT")) {
    return sql_error(peek().at, "a SELECT by itself has nowhere to go; write INSERT INTO table SELECT …");
  } else {
    std::string near = nearest_name(peek().text, {"CREATE", "INSERT", "EXECUTE", "BEGIN"});
    Error e = unexpected("CREATE TABLE, CREATE VIEW, INSERT INTO, SET or a statement set");
    if (!near.empty()) e.detail += "; did you mean `" + near + "`?";
    return e;
  }
  return {};
}

Status Parser::statement_set(std::vector<Statement>& out) {
  if (accept("EXECUTE")) {
    if (at("INSERT")) {
      TRY_ASSIGN(Statement s, insert());
      out.push_back(std::move(s));
      return {};
    }
    TRY(expect("STATEMENT", "after EXECUTE"));
    TRY(expect("SET", "after STATEMENT"));
    TRY(expect("BEGIN", "after STATEMENT SET"));
  } else {
    TRY(expect("BEGIN"));
    TRY(expect("STATEMENT", "after BEGIN"));
    TRY(expect("SET", "after STATEMENT"));
    TRY(expect(";", "after BEGIN STATEMENT SET"));
  }
  while (!at("END")) {
    if (!at("INSERT")) return unexpected("INSERT INTO or END in the statement set");
    TRY_ASSIGN(Statement s, insert());
    out.push_back(std::move(s));
    TRY(expect(";", "after the INSERT"));
  }
  take();
  return {};
}

Result<Statement> Parser::create() {
  TRY(expect("CREATE"));
  bool temporary = accept("TEMPORARY");
  if (accept("VIEW")) {
    if (accept("IF")) {
      TRY(expect("NOT"));
      TRY(expect("EXISTS"));
    }
    CreateView view;
    TRY_ASSIGN(view.name, object_name("the view's name"));
    TRY(expect("AS", "after the view's name"));
    TRY_ASSIGN(view.select, select());
    return Statement(std::move(view));
  }
  if (!at("TABLE")) return unexpected(temporary ? "TABLE or VIEW" : "TABLE, VIEW or TEMPORARY");
  take();
  TRY_ASSIGN(CreateTable table, create_table());
  return Statement(std::move(table));
}

Result<CreateTable> Parser::create_table() {
  CreateTable table;
  if (accept("IF")) {
    TRY(expect("NOT"));
    TRY(expect("EXISTS"));
  }
  TRY_ASSIGN(table.name, object_name("the table's name"));
  TRY(expect("(", "before the columns"));
  do {
    TRY(table_element(table));
  } while (accept(","));
  if (!accept(")")) return unexpected("`,` or `)` after the column");
  if (accept("COMMENT")) take();
  if (at("PARTITIONED") || at("DISTRIBUTED"))
    return sql_error(peek().at, peek().shown() + " is not supported: the topic's partitions are what they are");
  if (!at("WITH")) return unexpected("WITH ('connector' = 'kafka', 'topic' = …)");
  take();
  TRY_ASSIGN(table.options, options());
  return table;
}

Status Parser::table_element(CreateTable& table) {
  if (at("WATERMARK") && peek(1).is("FOR")) {
    Position start = peek().at;
    take(), take();
    if (table.watermark) return sql_error(start, "a table has one WATERMARK");
    TRY_ASSIGN(table.watermark_column, name("the time column"));
    TRY(expect("AS", "after the time column"));
    TRY_ASSIGN(table.watermark, expression());
    return {};
  }
  if (at("CONSTRAINT") && peek(2).is("PRIMARY")) take(), take();
  if (at("PRIMARY") && peek(1).is("KEY")) {
    take(), take();
    TRY(expect("(", "after PRIMARY KEY"));
    do {
      TRY_ASSIGN(Name column, name("a column of the primary key"));
      table.primary_key.push_back(std::move(column));
    } while (accept(","));
    TRY(expect(")", "after the primary key"));
    TRY(expect("NOT", "(PRIMARY KEY … NOT ENFORCED)"));
    return expect("ENFORCED", "(PRIMARY KEY … NOT ENFORCED)");
  }
  Column column;
  TRY_ASSIGN(column.name, name("a column, WATERMARK or PRIMARY KEY"));
  if (accept("AS")) {
    TRY_ASSIGN(column.computed, expression());
  } else {
    TRY_ASSIGN(column.type, type_name());
    if (at("METADATA")) return sql_error(peek().at, "METADATA columns are not supported yet");
    if (accept("NOT")) {
      TRY(expect("NULL", "after NOT"));
    } else {
      accept("NULL");
    }
    if (at("PRIMARY")) {
      take();
      TRY(expect("KEY", "after PRIMARY"));
      TRY(expect("NOT", "(PRIMARY KEY NOT ENFORCED)"));
      TRY(expect("ENFORCED", "(PRIMARY KEY NOT ENFORCED)"));
      table.primary_key.push_back(column.name);
    }
  }
  if (accept("COMMENT")) take();
  table.columns.push_back(std::move(column));
  return {};
}

Result<TypeName> Parser::type_name() {
  TypeName type;
  TRY_ASSIGN(Name n, name("a type"));
  type.at = n.at;
  type.name = to_upper(n.text);
  if (type.name == "DOUBLE") accept("PRECISION");
  if (at("<")) return sql_error(n.at, type.name + "<…> columns are not supported yet");
  if (accept("(")) {
    do {
      if (peek().kind != TokenKind::integer) return unexpected("a length or precision");
      const Token& t = take();
      type.arguments.push_back(t.text.size() > 10 ? INT32_MAX : std::stoll(t.text));
    } while (accept(","));
    TRY(expect(")", "after the type's arguments"));
  }
  if (type.name == "TIMESTAMP" && at("WITHOUT")) {
    take();
    TRY(expect("TIME"));
    TRY(expect("ZONE"));
  } else if (type.name == "TIMESTAMP" && at("WITH") && (peek(1).is("LOCAL") || peek(1).is("TIME"))) {
    take();
    if (!accept("LOCAL")) return sql_error(n.at, "TIMESTAMP WITH TIME ZONE is not supported; use TIMESTAMP_LTZ");
    TRY(expect("TIME"));
    TRY(expect("ZONE"));
    type.name = "TIMESTAMP_LTZ";
  }
  return type;
}

Result<std::vector<Option>> Parser::options() {
  std::vector<Option> out;
  TRY(expect("(", "after WITH"));
  do {
    Option o;
    if (peek().kind != TokenKind::string) return unexpected("an option's name in 'quotes'");
    o.key_at = peek().at;
    o.key = take().text;
    TRY(expect("=", "after the option's name"));
    if (peek().kind != TokenKind::string) return unexpected("the option's value in 'quotes'");
    o.value_at = peek().at;
    o.value = take().text;
    out.push_back(std::move(o));
  } while (accept(","));
  if (!accept(")")) return unexpected("`,` or `)` after the option");
  return out;
}

Result<Statement> Parser::insert() {
  TRY(expect("INSERT"));
  if (at("OVERWRITE")) return sql_error(peek().at, "INSERT OVERWRITE is not supported: a topic is appended to");
  TRY(expect("INTO", "after INSERT"));
  Insert insert;
  TRY_ASSIGN(insert.table, object_name("the table to insert into"));
  if (accept("(")) {
    do {
      TRY_ASSIGN(Name column, name("a column"));
      insert.columns.push_back(std::move(column));
    } while (accept(","));
    TRY(expect(")", "after the columns"));
  }
  if (at("VALUES")) return sql_error(peek().at, "INSERT … VALUES is not supported; use weir produce");
  TRY_ASSIGN(insert.select, select());
  return Statement(std::move(insert));
}

Result<Statement> Parser::set_option() {
  TRY(expect("SET"));
  SetOption s;
  if (peek().kind != TokenKind::string) return unexpected("SET 'key' = 'value'");
  s.option.key_at = peek().at;
  s.option.key = take().text;
  TRY(expect("=", "after the key"));
  if (peek().kind != TokenKind::string) return unexpected("the value in 'quotes'");
  s.option.value_at = peek().at;
  s.option.value = take().text;
  return Statement(std::move(s));
}

Result<std::unique_ptr<Select>> Parser::select() {
  if (++depth_ > 50) return sql_error(peek().at, "nested too deeply");
  auto out = std::make_unique<Select>();
  out->at = peek().at;
  TRY(expect("SELECT"));
  if (at("DISTINCT")) return sql_error(peek().at, "SELECT DISTINCT is not supported yet; use GROUP BY");
  do {
    SelectItem item;
    item.at = peek().at;
    if (!accept("*")) {
      TRY_ASSIGN(item.expr, expression());
      if (accept("AS")) {
        TRY_ASSIGN(item.alias, name("a column name after AS"));
      } else if (peek().kind == TokenKind::quoted_identifier ||
                 (peek().kind == TokenKind::identifier && !at("FROM") && !at("WHERE") && !at("GROUP"))) {
        TRY_ASSIGN(item.alias, name("a column name"));
      }
    }
    out->items.push_back(std::move(item));
  } while (accept(","));
  if (!at("FROM")) return unexpected("`,` or FROM");
  TRY_ASSIGN(out->from, from());
  if (at("JOIN") || at("INNER") || at("LEFT") || at("RIGHT") || at("FULL") || at("CROSS") || at(","))
    return sql_error(peek().at, "joins are not supported yet");
  if (accept("WHERE")) {
    TRY_ASSIGN(out->where, expression());
  }
  if (at("GROUP")) {
    out->group_at = take().at;
    out->grouped = true;
    TRY(expect("BY", "after GROUP"));
    if (at("GROUPING") || at("ROLLUP") || at("CUBE"))
      return sql_error(peek().at, "grouping sets are not supported yet");
    do {
      TRY_ASSIGN(ExprPtr e, expression());
      out->group_by.push_back(std::move(e));
    } while (accept(","));
  }
  if (accept("HAVING")) {
    TRY_ASSIGN(out->having, expression());
  }
  for (std::string_view word : {"ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "WINDOW", "QUALIFY"})
    if (at(word)) return sql_error(peek().at, std::string(word) + " is not supported yet");
  --depth_;
  return out;
}

Result<From> Parser::from() {
  TRY(expect("FROM"));
  From out;
  out.at = peek().at;
  bool table_word = at("TABLE") && peek(1).is("(");
  if (table_word) {
    take(), take();
    TRY_ASSIGN(out.window, window_call());
    TRY(expect(")", "after the window function"));
  } else if (accept("(")) {
    TRY_ASSIGN(out.subquery, select());
    TRY(expect(")", "after the subquery"));
  } else {
    TRY_ASSIGN(out.table, object_name("a table, TABLE(TUMBLE(…)) or a (SELECT …)"));
    if (at("("))
      return sql_error(out.at, "a window function stands inside TABLE(…): FROM TABLE(" + out.table->text + "(…))");
  }
  bool as = accept("AS");
  if (as || peek().kind == TokenKind::quoted_identifier ||
      (peek().kind == TokenKind::identifier &&
       std::string_view(" WHERE GROUP HAVING ORDER LIMIT UNION JOIN INNER LEFT RIGHT FULL CROSS END INTERSECT EXCEPT "
                        "WINDOW QUALIFY INSERT ")
               .find(" " + peek().upper + " ") == std::string_view::npos)) {
    TRY_ASSIGN(Name alias, name("an alias"));
    out.alias = alias.text;
  }
  return out;
}

Result<WindowCall> Parser::window_call() {
  WindowCall w;
  TRY_ASSIGN(w.function, name("TUMBLE, HOP, CUMULATE or SESSION"));
  w.function.text = to_upper(w.function.text);
  const std::vector<std::string> known = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
  if (std::find(known.begin(), known.end(), w.function.text) == known.end())
    return sql_error(w.function.at,
                     "unknown window function `" + w.function.text + "`" + name_hint(w.function.text, known));
  TRY(expect("(", "after " + w.function.text));
  bool has_table = false, has_time = false;
  do {
    std::string argument;
    if (peek().kind == TokenKind::identifier && peek(1).is("=>")) {
      argument = peek().upper;
      Position start = peek().at;
      const std::vector<std::string> names = {"DATA", "TIMECOL", "SIZE", "SLIDE", "STEP", "OFFSET", "GAP"};
      if (std::find(names.begin(), names.end(), argument) == names.end())
        return sql_error(start,
                         "unknown argument `" + argument + "` of " + w.function.text + name_hint(argument, names));
      take(), take();
    }
    if (!has_table) {
      TRY(expect("TABLE", "and the table's name as the first argument of " + w.function.text));
      TRY_ASSIGN(w.table, object_name("the table's name"));
      has_table = true;
      if (accept("PARTITION")) {
        TRY(expect("BY", "after PARTITION"));
        bool in_parens = accept("(");
        do {
          TRY_ASSIGN(Name column, name("a column"));
          w.partition_by.push_back(std::move(column));
        } while (in_parens ? accept(",") : (at(",") && !peek(1).is("DESCRIPTOR") && !peek(2).is("=>") && accept(",")));
        if (in_parens) TRY(expect(")"));
      }
    } else if (!has_time) {
      if (!at("DESCRIPTOR")) return unexpected("DESCRIPTOR(time column) as the second argument of " + w.function.text);
      take();
      TRY(expect("(", "after DESCRIPTOR"));
      TRY_ASSIGN(w.time_column, name("the time column"));
      TRY(expect(")", "after the time column"));
      has_time = true;
    } else {
      TRY_ASSIGN(ExprPtr e, expression());
      w.intervals.emplace_back(argument, std::move(e));
    }
  } while (accept(","));
  if (!has_time) return unexpected("`,` and DESCRIPTOR(time column)");
  TRY(expect(")", "after the arguments of " + w.function.text));
  return w;
}

Result<std::vector<Statement>> parse_script(std::string_view script) {
  TRY_ASSIGN(std::vector<Token> tokens, tokenize(script));
  return Parser(std::move(tokens)).script();
}

}  // namespace weir::processor
