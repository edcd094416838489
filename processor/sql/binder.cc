#include "processor/sql/binder.h"

#include <algorithm>

#include "processor/sql/expr_binder.h"
#include "processor/sql/parser.h"
#include "processor/sql/query_binder.h"
#include "processor/sql/table_options.h"

namespace weir::processor {

namespace {

/// The tables and views of one script, and the job that grows from its INSERTs.
class ScriptBinder : public Catalog {
 public:
  Result<CompiledJob> run(std::string_view script) {
    TRY_ASSIGN(auto statements, parse_script(script));
    job_.sql = script;
    for (const ast::Statement& s : statements) {
      if (auto* t = std::get_if<ast::CreateTable>(&s))
        TRY(create_table(*t));
      else if (auto* v = std::get_if<ast::CreateView>(&s))
        TRY(create_view(*v));
      else if (auto* i = std::get_if<ast::Insert>(&s))
        TRY(insert(*i));
      else if (auto* o = std::get_if<ast::SetOption>(&s))
        TRY(set(o->option));
    }
    if (job_.pipelines.empty()) return sql_error({}, "the script has no INSERT INTO … SELECT, so it has no job to run");
    finish();
    return std::move(job_);
  }

  Result<Relation> relation(const ast::Name& name) override {
    for (const auto& [n, view] : views_)
      if (n == name.text) return view;
    TRY_ASSIGN(int t, find_table(name));
    return relations_[static_cast<size_t>(t)];
  }
  const Table& table(int index) const override { return tables_[static_cast<size_t>(index)]; }

 private:
  Result<int> find_table(const ast::Name& name) {
    std::vector<std::string> names;
    for (size_t i = 0; i < tables_.size(); ++i) {
      if (tables_[i].name == name.text) return static_cast<int>(i);
      names.push_back(tables_[i].name);
    }
    for (const auto& [n, v] : views_) names.push_back(n);
    std::string hint = name_hint(name.text, names);
    return sql_error(name.at, "unknown table `" + name.text + "`" + (hint.empty() ? "; CREATE TABLE it before" : hint));
  }

  Status unused(const ast::Name& name) {
    bool taken = std::any_of(tables_.begin(), tables_.end(), [&](const Table& t) { return t.name == name.text; }) ||
                 std::any_of(views_.begin(), views_.end(), [&](const auto& v) { return v.first == name.text; });
    if (taken) return sql_error(name.at, "`" + name.text + "` exists already in this script");
    return {};
  }

  Status create_table(const ast::CreateTable& from) {
    TRY(unused(from.name));
    Table t;
    t.name = from.name.text;
    TRY(apply_table_options(from, t));
    Relation r;
    r.table = static_cast<int>(tables_.size());
    // Physical columns first: computed ones may name any of them.
    for (const ast::Column& c : from.columns) {
      for (const TableColumn& other : t.columns)
        if (other.name == c.name.text) return sql_error(c.name.at, "column `" + c.name.text + "` is there twice");
      TableColumn column;
      column.name = c.name.text;
      if (!c.computed) {
        TRY_ASSIGN(column.type, bind_type(c.type));
        r.columns.push_back({column.name, make_column(static_cast<int>(t.columns.size()), column.type), false});
      }
      t.columns.push_back(std::move(column));
    }
    Relation physical = r;
    r.columns.clear();
    for (size_t i = 0; i < from.columns.size(); ++i) {
      TableColumn& column = t.columns[i];
      if (from.columns[i].computed) {
        TRY_ASSIGN(column.computed, bind_over(*from.columns[i].computed, physical, t.name));
        column.type = column.computed->type;
        if (column.type.kind == TypeKind::null)
          return sql_error(from.columns[i].name.at, "column `" + column.name + "` has no type; CAST the NULL");
      }
      r.columns.push_back(
          {column.name, column.computed ? column.computed : make_column(static_cast<int>(i), column.type), false});
    }
    for (const ast::Name& key : from.primary_key) {
      if (std::none_of(t.columns.begin(), t.columns.end(), [&](const TableColumn& c) { return c.name == key.text; }))
        return sql_error(key.at, "unknown column `" + key.text + "`" + name_hint(key.text, r.names()));
    }
    if (from.watermark_column) TRY(watermark(from, t, r));
    tables_.push_back(std::move(t));
    relations_.push_back(std::move(r));
    return {};
  }

  Status watermark(const ast::CreateTable& from, Table& t, Relation& r) {
    const ast::Name& name = *from.watermark_column;
    for (size_t i = 0; i < r.columns.size(); ++i)
      if (r.columns[i].name == name.text) t.time_column = static_cast<int>(i);
    if (t.time_column < 0)
      return sql_error(name.at, "unknown column `" + name.text + "`" + name_hint(name.text, r.names()));
    Relation::Column& time = r.columns[static_cast<size_t>(t.time_column)];
    if (!time.expr->type.is_timestamp())
      return sql_error(name.at, "the time column must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), `" + name.text + "` is " +
                                    type_name(time.expr->type) + "; add a column such as et AS TO_TIMESTAMP_LTZ(" +
                                    name.text + ", 3)");
    time.is_time = true;
    t.time = time.expr;
    TRY_ASSIGN(t.watermark, bind_over(*from.watermark, r, t.name));
    if (!t.watermark->type.is_timestamp())
      return sql_error(from.watermark->at, "the watermark must be a time, such as " + name.text +
                                               " - INTERVAL '5' SECOND; found " + type_name(t.watermark->type));
    return {};
  }

  Status create_view(const ast::CreateView& v) {
    TRY(unused(v.name));
    TRY_ASSIGN(Relation r, bind_projection(*v.select, *this));
    views_.emplace_back(v.name.text, std::move(r));
    return {};
  }

  Status insert(const ast::Insert& i) {
    TRY_ASSIGN(int sink, find_table(i.table));
    const Table& t = tables_[static_cast<size_t>(sink)];
    std::vector<Target> targets;
    std::vector<size_t> where;  // which column of the sink each target is
    std::vector<std::string> names;
    for (const TableColumn& c : t.columns)
      if (!c.computed) names.push_back(c.name);
    for (size_t c = 0; c < t.columns.size() && i.columns.empty(); ++c) {
      if (t.columns[c].computed) continue;
      targets.push_back({t.columns[c].name, t.columns[c].type});
      where.push_back(c);
    }
    for (const ast::Name& n : i.columns) {
      size_t c = 0;
      while (c < t.columns.size() && (t.columns[c].name != n.text || t.columns[c].computed)) ++c;
      if (c == t.columns.size())
        return sql_error(n.at, "unknown column `" + n.text + "` of `" + t.name + "`" + name_hint(n.text, names));
      if (std::find(where.begin(), where.end(), c) != where.end())
        return sql_error(n.at, "column `" + n.text + "` is there twice");
      targets.push_back({t.columns[c].name, t.columns[c].type});
      where.push_back(c);
    }
    int source = -1;
    TRY_ASSIGN(Pipeline p, bind_aggregation(*i.select, targets, *this, source));
    for (const Pipeline& other : job_.pipelines)
      if (other.sink.topic == t.topic)
        return sql_error(i.table.at, "two INSERTs into topic `" + t.topic +
                                         "` are not supported yet; give each its own table and topic");
    if (tables_[static_cast<size_t>(source)].topic == t.topic)
      return sql_error(i.table.at, "the job would read what it writes: `" + t.name + "` and `" +
                                       tables_[static_cast<size_t>(source)].name + "` are one topic");
    std::vector<ExprPtr> outputs;
    Table sink_table = t;
    std::erase_if(sink_table.columns, [](const TableColumn& c) { return c.computed != nullptr; });
    for (size_t c = 0; c < t.columns.size(); ++c) {
      if (t.columns[c].computed) continue;
      auto it = std::find(where.begin(), where.end(), c);
      outputs.push_back(it == where.end() ? make_null(t.columns[c].type)
                                          : p.outputs[static_cast<size_t>(it - where.begin())]);
    }
    p.outputs = std::move(outputs);
    p.sink = std::move(sink_table);
    p.input = input_of(source);
    job_.pipelines.push_back(std::move(p));
    return {};
  }

  int input_of(int table) {
    for (size_t i = 0; i < input_tables_.size(); ++i)
      if (input_tables_[i] == table) return static_cast<int>(i);
    input_tables_.push_back(table);
    job_.inputs.push_back({tables_[static_cast<size_t>(table)], {}});
    return static_cast<int>(job_.inputs.size()) - 1;
  }

  Status set(const ast::Option& o) {
    auto bad = [&](const char* what) {
      return sql_error(o.value_at, "'" + o.value + "' is no value of '" + o.key + "'; it takes " + what);
    };
    if (o.key == "table.exec.source.idle-timeout" || o.key == "execution.checkpointing.interval") {
      auto ms = parse_duration_ms(o.value);
      if (!ms) return bad("a duration such as '10 s'");
      (o.key[0] == 't' ? idle_timeout_ms_ : job_.checkpoint_interval_ms) = *ms;
    } else if (o.key == "pipeline.name") {
      job_.name = o.value;
    } else if (o.key == "table.local-time-zone") {
      if (o.value != "UTC" && o.value != "Etc/UTC" && o.value != "Z")
        return bad("'UTC'; other zones are not supported yet");
    } else if (o.key == "weir.job.state.bytes.max") {
      auto bytes = parse_memory_bytes(o.value);
      if (!bytes || *bytes < 1) return bad("a size such as '256 mb'");
      job_.state_bytes_max = *bytes;
    } else {
      bool flink = false;
      for (std::string_view prefix : {"table.", "execution.", "pipeline.", "state.", "parallelism.", "sql-client.",
                                      "restart-strategy", "taskmanager.", "jobmanager."})
        flink = flink || o.key.substr(0, prefix.size()) == prefix;
      if (!flink)
        return sql_error(o.key_at,
                         "unknown setting '" + o.key + "'" +
                             name_hint(o.key, {"table.exec.source.idle-timeout", "execution.checkpointing.interval",
                                               "pipeline.name", "table.local-time-zone", "weir.job.state.bytes.max"}));
    }
    job_.settings[o.key] = o.value;
    return {};
  }

  void finish() {
    for (size_t i = 0; i < job_.inputs.size(); ++i) {
      InputPlan& input = job_.inputs[i];
      if (input.table.idle_timeout_ms == 0) input.table.idle_timeout_ms = idle_timeout_ms_;
      auto add = [&](const ExprPtr& e) {
        if (e) collect_columns(*e, input.columns);
      };
      add(input.table.time);
      add(input.table.watermark);
      for (const Pipeline& p : job_.pipelines) {
        if (p.input != static_cast<int>(i)) continue;
        add(p.where);
        add(p.time);
        for (const ExprPtr& k : p.keys) add(k);
        for (const AggregateCall& a : p.aggregates) add(a.argument), add(a.filter);
      }
      std::sort(input.columns.begin(), input.columns.end());
    }
    for (const Pipeline& p : job_.pipelines)
      if (!job_.settings.count("pipeline.name")) job_.name += (job_.name.empty() ? "" : "+") + p.sink.name;
  }

  CompiledJob job_;
  std::vector<Table> tables_;
  std::vector<Relation> relations_;  // of the tables, in step
  std::vector<std::pair<std::string, Relation>> views_;
  std::vector<int> input_tables_;
  int64_t idle_timeout_ms_ = 0;
};

}  // namespace

Result<CompiledJob> compile(std::string_view script) { return ScriptBinder().run(script); }

}  // namespace weir::processor
