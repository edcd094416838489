#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include "base/util/uuid.h"
#include "processor/sql/binder.h"
#include "processor/sql/parser.h"
#include "processor/sql/variables.h"
#include "tools/cli/commands.h"
#include "tools/cli/job_topic.h"
#include "tools/cli/session.h"
#include "tools/cli/sql_report.h"

/// `weir sql`: compiles a script here, so that its errors are told with their place, then hands it to the cluster and
/// waits.
namespace weir::cli {
namespace {

struct Args {
  ClusterOptions cluster;
  std::string text, file, name;
  std::vector<std::string> variables;
  bool detach = false, check = false, timeout_given = false;
};

using Clock = std::chrono::steady_clock;

/// How long the cluster may take to start a job when --timeout is not given.
constexpr int kStartSeconds = 60;

Result<std::string> read_script(const Args& args) {
  if (args.text.empty() == args.file.empty()) return usage("give either -e \"SQL\" or -f FILE");
  if (!args.text.empty()) return args.text;
  if (args.file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  std::ifstream in(args.file);
  if (!in) return usage(fmt::format("{} cannot be read", args.file));
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

Result<std::map<std::string, std::string>> variables_of(const Args& args) {
  std::map<std::string, std::string> out;
  for (const std::string& v : args.variables) {
    size_t equals = v.find('=');
    if (equals == std::string::npos || equals == 0) return usage(fmt::format("--var {} is not KEY=VALUE", v));
    out[v.substr(0, equals)] = v.substr(equals + 1);
  }
  return out;
}

Result<Uuid> random_id() {
  std::random_device device;
  auto draw = [&] { return uint64_t{device()} << 32 | device(); };
  uint64_t high = draw(), low = draw();
  return Uuid::from_random(high, low);
}

/// Says on a terminal what the job does now.
void show_job_progress(const JobDefinition& job, const JobStatus* status, bool bounded) {
  if (!shows_progress()) return;
  if (!status) return show_progress(fmt::format("{}: waiting for a node to take it up …", job.name));
  std::string rows = fmt::format("{} rows read, {} written", grouped(status->rows_in.value_or(0)),
                                 grouped(status->rows_out.value_or(0)));
  std::string lag = bounded && status->lag() ? fmt::format(", {} to go", grouped(*status->lag())) : "";
  show_progress(fmt::format("{}: {}, {}{}", job.name, status->state, rows, lag));
}

std::string outputs_text(const JobStatus& status) {
  std::string out;
  for (const auto& o : status.outputs)
    out += fmt::format("  {} rows in {}\n", grouped(o.acknowledged.value_or(o.rows.value_or(0))), o.topic);
  return out;
}

void print_result(const Args& args, const JobDefinition& job, const JobStatus& status) {
  if (args.cluster.json) {
    fmt::print("{}\n", status.json);
  } else if (status.state == "finished") {
    fmt::print("Job {} has finished: {} rows read, {} late.\n{}", job.name, grouped(status.rows_in.value_or(0)),
               grouped(status.late.value_or(0)), outputs_text(status));
  } else {
    fmt::print("Job {} is {}{}. `weir job show {}` tells how it goes.\n", job.name, status.state,
               status.node ? fmt::format(" on node {}", *status.node) : "", job.name);
  }
}

/// Until a bounded job has finished, or another one runs.
Status await(const Args& args, JobTopic& jobs, const JobDefinition& job, bool bounded) {
  // A bounded job may read for hours: without --timeout only its start is limited.
  auto limit = std::chrono::seconds(args.timeout_given ? args.cluster.timeout_s : kStartSeconds);
  auto until = Clock::now() + limit;
  for (;;) {
    const JobDefinition* now = jobs.definition(job.name);
    if (!now || now->id != job.id) {
      // Our own write is in the topic, so this was read behind it.
      return failed(fmt::format("job {} was dropped or replaced meanwhile", job.name));
    }
    const JobStatus* status = jobs.status(job);
    show_job_progress(job, status, bounded);
    if (status) {
      bool over = status->state == "finished" || (status->state == "running" && !bounded) || status->state == "paused";
      if (over) {
        show_progress("");
        print_result(args, job, *status);
        return {};
      }
      if (status->state == "failed") {
        return failed(fmt::format("job {} failed{}: {}; `weir job drop {}` removes it", job.name,
                                  status->node ? fmt::format(" on node {}", *status->node) : "",
                                  status->error.empty() ? "no reason was given" : status->error, job.name));
      }
    }
    bool started = status && status->state == "running";
    if (Clock::now() > until && !(started && bounded && !args.timeout_given)) {
      return failed(fmt::format("job {} {} within {} s; it stays defined: `weir job show {}` tells how it goes, `weir "
                                "job drop {}` removes it",
                                job.name,
                                !status   ? "was not taken up by any node"
                                : bounded ? "has not finished"
                                          : "does not run",
                                limit.count(), job.name, job.name),
                    ErrorCode::request_timed_out);
    }
    TRY(jobs.poll());
  }
}

/// A definition just written has to be read back before the wait looks at it.
Status read_back(JobTopic& jobs, const JobDefinition& job) {
  auto until = Clock::now() + std::chrono::seconds(10);
  for (;;) {
    const JobDefinition* now = jobs.definition(job.name);
    if (now && now->id == job.id) return {};
    if (Clock::now() > until)
      return failed("the job was written but cannot be read back", ErrorCode::request_timed_out);
    TRY(jobs.poll());
  }
}

bool has_insert(const std::vector<processor::ast::Statement>& statements) {
  for (const auto& s : statements) {
    if (std::holds_alternative<processor::ast::Insert>(s)) return true;
  }
  return false;
}

/// The compiled script, or nullopt when there is nothing to run in it. `script` is what --var made of it.
Result<std::optional<processor::CompiledJob>> compile_script(const std::string& script) {
  TRY_ASSIGN(auto statements, processor::parse_script(script));
  if (statements.empty()) return usage("the script is empty");
  bool runs = has_insert(statements);
  auto job = processor::compile(script);
  if (job) return std::optional(std::move(*job));
  // Without INSERT that is the last complaint the binder has, so everything else is right.
  if (!runs && job.error().detail.find("has no INSERT") != std::string::npos)
    return std::optional<processor::CompiledJob>();
  return job.error();
}

Status run(const Args& args) {
  TRY_ASSIGN(std::string text, read_script(args));
  TRY_ASSIGN(auto variables, variables_of(args));
  auto script = processor::substitute_variables(text, variables);
  if (!script) return usage(sql_report(script.error(), text, args.file));
  auto compiled = compile_script(*script);
  if (!compiled) return usage(sql_report(compiled.error(), *script, args.file));
  if (!*compiled) {
    fmt::print(
        "The script is right, but only declares tables or settings: there is no INSERT INTO … SELECT to run, and "
        "nothing was stored.\n");
    return {};
  }
  processor::CompiledJob& plan = **compiled;
  JobDefinition job;
  job.name = args.name.empty() ? plan.name : args.name;
  job.sql = *script;
  job.created_ms = wall_now_ms();
  TRY_ASSIGN(Uuid id, random_id());
  job.id = id.to_string();
  if (args.check) {
    fmt::print("The script is right: job {}, {} statement{} to run, {}.\n", job.name, plan.pipelines.size(),
               plan.pipelines.size() == 1 ? "" : "s", plan.bounded() ? "ends by itself" : "runs until it is dropped");
    return {};
  }
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  JobTopic jobs(client);
  TRY(jobs.open(true));
  if (const JobDefinition* old = jobs.definition(job.name)) {
    const JobStatus* status = jobs.status(*old);
    bool over = status && (status->state == "finished" || status->state == "failed");
    if (!over) {
      return failed(fmt::format("a job named {} {}; `weir job drop {}` ends it, --name or SET 'pipeline.name' = '…' "
                                "gives this one another name",
                                job.name, status ? "is " + status->state : "exists already", job.name),
                    ErrorCode::already_exists);
    }
  }
  for (const auto& input : plan.inputs) {
    auto topic = client.topic(input.table.topic);
    if (topic || topic.code() != ErrorCode::unknown_topic_or_partition) continue;
    fmt::print(stderr, "weir: there is no topic {} yet; the job waits for it (`weir topic create {}`){}\n",
               input.table.topic, input.table.topic,
               args.detach ? "" : ", and this command for the job; --detach does not wait");
  }
  TRY(jobs.put(job));
  if (args.detach) {
    if (args.cluster.json)
      fmt::print("{}\n", job.to_json());
    else
      fmt::print("Job {} is handed over; `weir job show {}` tells how it goes.\n", job.name, job.name);
    return {};
  }
  TRY(read_back(jobs, job));
  return await(args, jobs, job, plan.bounded());
}

}  // namespace

void add_sql(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("sql", "Run a script of Flink SQL as a job of the cluster");
  auto args = std::make_shared<Args>();
  cmd->add_option("-e,--execute", args->text, "The script itself");
  cmd->add_option("-f,--file", args->file, "File of the script; - is standard input");
  cmd->add_option("--var", args->variables, "KEY=VALUE: replaces ${KEY} in the script; may be given several times");
  cmd->add_option("--name", args->name, "Name of the job (default: SET 'pipeline.name', else the table it writes to)");
  cmd->add_flag("--detach", args->detach, "Do not wait until the job runs or has finished");
  cmd->add_flag("--check", args->check, "Only compile the script");
  add_cluster_options(*cmd, args->cluster);
  set_action(*cmd, exit_code, [args, cmd] {
    args->timeout_given = cmd->count("--timeout") > 0;
    return run(*args);
  });
}

}  // namespace weir::cli
