#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "tools/cli/commands.h"
#include "tools/cli/record_format.h"
#include "tools/cli/session.h"
#include "tools/client/consumer.h"

/// `weir consume`: prints records of a topic.
namespace weir::cli {
namespace {

struct Args {
  ClusterOptions cluster;
  std::string topic, from = "start", format = "%s\\n";
  std::vector<int> partitions;
  int64_t count = 0;
  bool exit_at_end = false, uncommitted = false;
};

Result<std::vector<TopicPartition>> chosen(const Args& args, client::Client& client) {
  TRY_ASSIGN(auto all, client.partitions_of(args.topic));
  if (args.partitions.empty()) return all;
  std::vector<TopicPartition> out;
  for (int p : args.partitions) {
    if (std::find(all.begin(), all.end(), TopicPartition{args.topic, p}) == all.end()) {
      return usage(fmt::format("topic {} has partitions 0 to {}, not {}", args.topic, all.size() - 1, p));
    }
    out.push_back({args.topic, p});
  }
  return out;
}

/// Where each partition begins: -o start, end, N, -N (the last N of each partition), @TIME.
Result<std::map<TopicPartition, Offset>> starts(const Args& args, client::Client& client,
                                                const std::vector<TopicPartition>& partitions) {
  const std::string& from = args.from;
  if (from == "start" || from == "beginning" || from == "earliest") return client.list_offsets(partitions, -2);
  if (from == "end" || from == "latest") return client.list_offsets(partitions, -1);
  if (from.starts_with("@")) {
    TRY_ASSIGN(int64_t ms, parse_time_ms(from.substr(1)));
    TRY_ASSIGN(auto at, client.list_offsets(partitions, ms));
    TRY_ASSIGN(auto end, client.list_offsets(partitions, -1));
    for (auto& [tp, offset] : at) {
      if (offset < 0) offset = end[tp];
    }
    return at;
  }
  int64_t n = 0;
  auto [rest, code] = std::from_chars(from.data(), from.data() + from.size(), n);
  if (code != std::errc() || rest != from.data() + from.size())
    return usage(fmt::format("-o {}: expected start, end, an offset, -N for the last N, or @TIME", from));
  TRY_ASSIGN(auto low, client.list_offsets(partitions, -2));
  TRY_ASSIGN(auto high, client.list_offsets(partitions, -1));
  std::map<TopicPartition, Offset> out;
  for (const auto& [tp, start] : low) out[tp] = n >= 0 ? n : std::max(start, high[tp] + n);
  return out;
}

Status run(const Args& args) {
  TRY_ASSIGN(RecordFormat format, RecordFormat::parse(args.format));
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(auto partitions, chosen(args, client));
  TRY_ASSIGN(auto from, starts(args, client, partitions));
  client::ConsumerOptions options;
  options.read_committed = !args.uncommitted;
  client::Consumer consumer(client, options);
  for (const auto& [tp, offset] : from) consumer.assign(tp, offset);
  std::string out;
  int64_t left = args.count > 0 ? args.count : INT64_MAX;
  for (;;) {
    auto got = consumer.poll([&](const TopicPartition& tp, const wire::RecordView& record) {
      if (args.cluster.json)
        out.append(record_json(tp, record)).append("\n");
      else
        format.append(out, tp, record);
      if (out.size() > 64 << 10) std::fwrite(out.data(), 1, out.size(), stdout), out.clear();
      return --left > 0;
    });
    std::fwrite(out.data(), 1, out.size(), stdout);
    out.clear();
    std::fflush(stdout);
    if (!got) return got.error();
    if (left <= 0 || (args.exit_at_end && consumer.at_end())) return {};
  }
}

}  // namespace

void add_consume(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("consume", "Print the records of a topic");
  auto args = std::make_shared<Args>();
  cmd->add_option("TOPIC", args->topic, "What to read")->required();
  cmd->add_option("-o,--offset", args->from, "start, end, an offset, -N (the last N of each partition), @TIME")
      ->capture_default_str();
  cmd->add_option("-n,--count", args->count, "Stop after so many records")->check(CLI::Range(int64_t{1}, INT64_MAX));
  cmd->add_flag("-e,--exit", args->exit_at_end, "Stop at the end");
  cmd->add_option("-f,--format", args->format,
                  "%t topic, %p partition, %o offset, %k key, %s value, %T timestamp, %h headers, \\n")
      ->capture_default_str();
  cmd->add_option("-p,--partition", args->partitions, "Only these partitions")->delimiter(',')->allow_extra_args(false);
  cmd->add_flag("--read-uncommitted", args->uncommitted, "Records of open and aborted transactions too");
  add_cluster_options(*cmd, args->cluster);
  set_action(*cmd, exit_code, [args] { return run(*args); });
}

}  // namespace weir::cli
