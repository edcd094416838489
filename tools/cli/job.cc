#include <CLI/CLI.hpp>
#include <chrono>

#include <fmt/format.h>

#include "tools/cli/commands.h"
#include "tools/cli/job_topic.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir job`: what runs, and changes of it.
namespace weir::cli {
namespace {

struct Args {
  ClusterOptions cluster;
  std::string name;
  bool yes = false, no_wait = false;
};

std::string shown(const std::optional<int64_t>& n) { return n ? grouped(*n) : "-"; }
std::string shown_time(const std::optional<int64_t>& ms) { return ms && *ms > INT64_MIN / 2 ? format_time(*ms) : "-"; }

/// "pending": no node has said anything of this job yet.
std::string state_of(const JobDefinition& job, const JobStatus* status) {
  if (!status) return "pending";
  if (job.state == "paused" && (status->state == "running" || status->state == "starting")) return "pausing";
  return status->state;
}

void write_json(web::JsonWriter& w, const JobDefinition& job, const JobStatus* status, bool with_sql) {
  w.begin_object()
      .field("name", job.name)
      .field("id", job.id)
      .field("state", state_of(job, status))
      .field("wanted", job.state)
      .field("created_ms", job.created_ms);
  if (with_sql) w.field("sql", job.sql);
  w.key("status");
  if (status)
    w.raw(status->json);
  else
    w.null();
  w.end_object();
}

Status list(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  JobTopic jobs(client);
  TRY(jobs.open(false));
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_array();
    for (const auto& [name, job] : jobs.definitions()) write_json(w, job, jobs.status(job), false);
    fmt::print("{}\n", w.end_array().text());
    return {};
  }
  Table table({"NAME", "STATE", ">NODE", ">ROWS IN", ">ROWS OUT", ">LATE", "WATERMARK (UTC)", ">LAG"});
  for (const auto& [name, job] : jobs.definitions()) {
    const JobStatus* s = jobs.status(job);
    JobStatus none;
    if (!s) s = &none;
    table.add({name, state_of(job, jobs.status(job)), s->node ? std::to_string(*s->node) : "-", shown(s->rows_in),
               shown(s->rows_out), shown(s->late), shown_time(s->watermark_ms), shown(s->lag())});
  }
  if (table.empty())
    fmt::print("There are no jobs; `weir sql -f FILE` starts one.\n");
  else
    table.print();
  return {};
}

Result<JobDefinition> find(const JobTopic& jobs, const std::string& name) {
  if (const JobDefinition* job = jobs.definition(name)) return *job;
  std::string names;
  for (const auto& [n, job] : jobs.definitions()) names += (names.empty() ? "" : ", ") + n;
  return failed(
      fmt::format("there is no job {}; {}", name, names.empty() ? "`weir sql` starts one" : "there are " + names),
      ErrorCode::not_found);
}

Status show(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  JobTopic jobs(client);
  TRY(jobs.open(false));
  TRY_ASSIGN(JobDefinition job, find(jobs, args.name));
  const JobStatus* s = jobs.status(job);
  if (args.cluster.json) {
    web::JsonWriter w;
    write_json(w, job, s, true);
    fmt::print("{}\n", w.text());
    return {};
  }
  auto line = [](const char* name, const std::string& value) { fmt::print("{:<16} {}\n", name, value); };
  line("Name", job.name);
  line("Id", job.id);
  line("State", state_of(job, s));
  line("Created", format_time(job.created_ms));
  if (s) {
    if (!s->error.empty()) line("Error", s->error);
    line("Node", s->node ? std::to_string(*s->node) : "-");
    line("Updated", shown_time(s->updated_ms));
    line("Rows", fmt::format("{} in, {} out, {} late", shown(s->rows_in), shown(s->rows_out), shown(s->late)));
    line("State size", fmt::format("{} in {} keys", s->state_bytes ? size_text(*s->state_bytes) : "-", shown(s->keys)));
    line("Watermark", shown_time(s->watermark_ms));
    line("Checkpoints",
         s->last_checkpoint_ms && *s->last_checkpoint_ms > 0
             ? fmt::format("{}, the last at {}", shown(s->checkpoints), format_time(*s->last_checkpoint_ms))
             : shown(s->checkpoints));
    if (s->emit_p50_us)
      line("Emit latency", fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", static_cast<double>(*s->emit_p50_us) / 1000,
                                       static_cast<double>(s->emit_p99_us.value_or(0)) / 1000));
    if (!s->inputs.empty()) {
      Table inputs({"INPUT", ">PARTITION", ">POSITION", ">LAG", "WATERMARK (UTC)"});
      for (const auto& i : s->inputs)
        inputs.add({i.topic, std::to_string(i.partition), shown(i.position), shown(i.lag), shown_time(i.watermark_ms)});
      fmt::print("\n");
      inputs.print();
    }
    if (!s->outputs.empty()) {
      Table outputs({"OUTPUT", ">ROWS", ">ACKNOWLEDGED"});
      for (const auto& o : s->outputs) outputs.add({o.topic, shown(o.rows), shown(o.acknowledged)});
      fmt::print("\n");
      outputs.print();
    }
  }
  fmt::print("\n{}{}", job.sql, job.sql.ends_with('\n') ? "" : "\n");
  return {};
}

Status drop(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  JobTopic jobs(client);
  TRY(jobs.open(false));
  TRY_ASSIGN(JobDefinition job, find(jobs, args.name));
  TRY(confirm(fmt::format("end job {} and remove its state; rows it has written stay", job.name), args.yes));
  TRY(jobs.drop(job.name));
  if (args.cluster.json)
    fmt::print("{{\"dropped\":true}}\n");
  else
    fmt::print("Job {} is dropped.\n", job.name);
  return {};
}

/// Writes the definition with another state and waits until the node that runs it says so.
Status change_state(const Args& args, const char* wanted) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  JobTopic jobs(client);
  TRY(jobs.open(false));
  TRY_ASSIGN(JobDefinition job, find(jobs, args.name));
  const JobStatus* status = jobs.status(job);
  if (status && (status->state == "finished" || status->state == "failed")) {
    return failed(fmt::format("job {} is {} already{}", job.name, status->state,
                              status->error.empty() ? "" : ": " + status->error));
  }
  if (job.state != wanted) {
    job.state = wanted;
    TRY(jobs.put(job));
  }
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(args.cluster.timeout_s);
  while (!args.no_wait) {
    status = jobs.status(job);
    if (status && (status->state == wanted || status->state == "finished")) break;
    if (status && status->state == "failed") return failed(fmt::format("job {} failed: {}", job.name, status->error));
    if (std::chrono::steady_clock::now() > until) {
      return failed(
          fmt::format("job {} is still {} after {} s", job.name, state_of(job, status), args.cluster.timeout_s),
          ErrorCode::request_timed_out);
    }
    show_progress(fmt::format("{}: {}", job.name, state_of(job, status)));
    TRY(jobs.poll());
  }
  show_progress("");
  std::string state = args.no_wait ? wanted : status->state;
  if (args.cluster.json)
    fmt::print("{{\"state\":\"{}\"}}\n", state);
  else
    fmt::print("Job {} is {}.\n", job.name, state);
  return {};
}

}  // namespace

void add_job(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("job", "Jobs of the cluster: list, show, drop, pause, resume");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, bool wants_name, std::function<Status()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    if (wants_name) sub->add_option("NAME", args->name, "Name of the job")->required();
    add_cluster_options(*sub, args->cluster);
    set_action(*sub, exit_code, std::move(run));
    return sub;
  };
  add("ls", "List the jobs", false, [args] { return list(*args); })->alias("list");
  add("show", "Show one job: progress, latencies, its SQL", true, [args] { return show(*args); })->alias("describe");
  add("drop", "End a job and forget it", true, [args] {
    return drop(*args);
  })->add_flag("-y,--yes", args->yes, "Do not ask");
  add("pause", "Checkpoint a job and hold it", true, [args] {
    return change_state(*args, "paused");
  })->add_flag("--no-wait", args->no_wait, "Return at once");
  add("resume", "Let a paused job go on", true, [args] {
    return change_state(*args, "running");
  })->add_flag("--no-wait", args->no_wait, "Return at once");
}

}  // namespace weir::cli
