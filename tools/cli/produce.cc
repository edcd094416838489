#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/client/producer.h"

/// `weir produce`: each line of standard input is a record.
namespace weir::cli {
namespace {

struct Args {
  ClusterOptions cluster;
  std::string topic, key_separator, acks = "all", codec = "none";
  std::vector<std::string> headers;
  int partition = -1;
  bool empty_is_null = false, no_create = false;
};

constexpr size_t kBatchBytes = 256 << 10, kBatchRecords = 5'000;

class LineProducer {
 public:
  LineProducer(const Args& args, client::Client& client, client::ProducerOptions options)
      : args_(args), client_(client), producer_(client_, options) {}

  Status init() {
    for (const std::string& h : args_.headers) {
      TRY_ASSIGN(auto pair, parse_pair(h));
      headers_.push_back(std::move(pair));
    }
    return {};
  }

  Status line(std::string_view text) {
    client::OutRecord record;
    record.timestamp = wall_now_ms();
    record.headers = headers_;
    if (!args_.key_separator.empty()) {
      if (size_t at = text.find(args_.key_separator); at != std::string_view::npos) {
        record.key = text.substr(0, at);
        text.remove_prefix(at + args_.key_separator.size());
      }
    }
    if (!text.empty() || !args_.empty_is_null) record.value = text;
    // Records without a key go where the batch goes, so that batches get large.
    PartitionId partition = args_.partition;
    if (partition < 0 && record.key) {
      TRY_ASSIGN(partition, producer_.partition_for(args_.topic, record.key));
    }
    Batch& batch = batches_[partition];
    batch.bytes += text.size() + (record.key ? record.key->size() : 0) + 20;
    batch.records.push_back(std::move(record));
    if (batch.bytes < kBatchBytes && batch.records.size() < kBatchRecords) return {};
    return send(partition, batch);
  }

  Status flush() {
    for (auto& [partition, batch] : batches_) {
      if (!batch.records.empty()) TRY(send(partition, batch));
    }
    return {};
  }

  int64_t written() const { return written_; }

 private:
  struct Batch {
    std::vector<client::OutRecord> records;
    size_t bytes = 0;
  };

  Status send(PartitionId partition, Batch& batch) {
    if (partition < 0) {
      TRY_ASSIGN(partition, producer_.partition_for(args_.topic, std::nullopt));
    }
    TRY(producer_.send({args_.topic, partition}, batch.records));
    written_ += static_cast<int64_t>(batch.records.size());
    batch.records.clear();
    batch.bytes = 0;
    show_progress(fmt::format("{} records written", grouped(written_)));
    return {};
  }

  const Args& args_;
  client::Client& client_;
  client::Producer producer_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::map<PartitionId, Batch> batches_;
  int64_t written_ = 0;
};

/// Whether a read of standard input would wait: then what is collected goes out first.
bool input_pauses() {
  pollfd p{STDIN_FILENO, POLLIN, 0};
  return ::poll(&p, 1, 0) == 0;
}

Status read_lines(LineProducer& producer) {
  std::string pending;
  std::vector<char> chunk(64 << 10);
  for (;;) {
    if (input_pauses()) TRY(producer.flush());
    ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(fmt::format("standard input: {}", std::strerror(errno)), ErrorCode::io_error);
    if (n == 0) break;
    pending.append(chunk.data(), static_cast<size_t>(n));
    size_t from = 0;
    for (size_t end; (end = pending.find('\n', from)) != std::string::npos; from = end + 1)
      TRY(producer.line(std::string_view(pending).substr(from, end - from)));
    pending.erase(0, from);
  }
  if (!pending.empty()) TRY(producer.line(pending));
  return producer.flush();
}

Status run(const Args& args) {
  client::ProducerOptions options;
  if (args.acks == "all" || args.acks == "-1")
    options.acks = -1;
  else if (args.acks == "1" || args.acks == "0")
    options.acks = args.acks == "1" ? 1 : 0;
  else
    return usage(fmt::format("--acks {}: expected all, 1 or 0", args.acks));
  auto codec = wire::parse_compression(args.codec);
  if (!codec) return usage(fmt::format("-z {}: expected none, gzip, snappy, lz4 or zstd", args.codec));
  options.compression = *codec;
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  options.delivery_timeout_ms = args.cluster.timeout_s * 1000;
  TRY(client.topic(args.topic, !args.no_create));
  LineProducer producer(args, client, options);
  TRY(producer.init());
  Status status = read_lines(producer);
  show_progress("");
  if (args.cluster.json)
    fmt::print("{{\"records\":{}}}\n", producer.written());
  else if (shows_progress() || !status)
    fmt::print(stderr, "{} record{} written to {}{}.\n", grouped(producer.written()),
               producer.written() == 1 ? "" : "s", args.topic,
               options.acks == 0 ? " (nobody acknowledged them: --acks 0)" : "");
  return status;
}

}  // namespace

void add_produce(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("produce", "Write each line of standard input as a record");
  auto args = std::make_shared<Args>();
  cmd->add_option("TOPIC", args->topic, "Where to; made when it is not there")->required();
  cmd->add_option("-k,--key-separator", args->key_separator, "What stands between key and value of a line");
  cmd->add_option("-p,--partition", args->partition, "Partition (default: by the key, else in turn)")
      ->check(CLI::Range(0, 1'000'000));
  cmd->add_option("-H,--header", args->headers, "NAME=VALUE of every record; may be given several times")
      ->allow_extra_args(false);
  cmd->add_option("-z,--compression", args->codec, "none, gzip, snappy, lz4 or zstd")->capture_default_str();
  cmd->add_option("--acks", args->acks, "all (idempotent), 1 or 0")->capture_default_str();
  cmd->add_flag("-Z,--empty-is-null", args->empty_is_null, "An empty value is a null: a tombstone");
  cmd->add_flag("--no-create", args->no_create, "Fail when the topic is not there");
  add_cluster_options(*cmd, args->cluster);
  set_action(*cmd, exit_code, [args] { return run(*args); });
}

}  // namespace weir::cli
