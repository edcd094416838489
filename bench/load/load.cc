// bench_load: one load on one topic with librdkafka, one JSON line on stdout. The same for every broker that speaks
// Kafka's protocol.
//   bench_load create  --brokers B --topic T --partitions N --rf N
//   bench_load produce --brokers B --topic T --size BYTES --seconds S [--idempotent] [--codec none]   as fast as
//   acks=all allows bench_load consume --brokers B --topic T from the beginning to the end bench_load e2e     --brokers
//   B --topic T --size BYTES --seconds S --rate N                        open loop: a record is stamped
//       with the time it was due, so a sender that is held up counts; the first two seconds are not counted
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/histogram.h"

namespace {

using weir::bench::Histogram;

struct Options {
  std::string mode, brokers = "127.0.0.1:9092", topic = "bench", codec = "none";
  size_t size = 1024;
  int partitions = 1, rf = 1;
  double seconds = 5, rate = 0;
  bool idempotent = false;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_load: %s\n", what.c_str());
  std::exit(1);
}

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

void wait_until(uint64_t when_ns) {
  timespec t{static_cast<time_t>(when_ns / 1000000000u), static_cast<long>(when_ns % 1000000000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) != 0) {
  }
}

void set(rd_kafka_conf_t* conf, const char* key, const std::string& value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
}

/// What the delivery callback sees: acknowledgements, failures, and the latency of counted records.
struct Acks {
  std::atomic<uint64_t> acknowledged{0}, failed{0};
  uint64_t count_from_ns = 0;
  Histogram latency;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Acks& acks = *static_cast<Acks*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (acks.failed++ == 0) std::fprintf(stderr, "bench_load: %s\n", rd_kafka_err2str(message->err));
    return;
  }
  ++acks.acknowledged;
  const auto sent_ns = reinterpret_cast<uintptr_t>(message->_private);
  if (sent_ns != 0 && sent_ns >= acks.count_from_ns) acks.latency.add(now_ns() - sent_ns);
}

rd_kafka_t* make_client(rd_kafka_type_t type, const Options& options, Acks* acks) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", options.brokers);
  set(conf, "broker.address.family", "v4");
  set(conf, "log_level", "3");
  if (type == RD_KAFKA_PRODUCER) {
    set(conf, "acks", "all");
    set(conf, "enable.idempotence", options.idempotent ? "true" : "false");
    set(conf, "compression.type", options.codec);
    set(conf, "linger.ms", options.rate > 0 ? "0" : "5");
    set(conf, "batch.size", "1000000");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "queue.buffering.max.kbytes", "131072");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, acks);
  } else {
    set(conf, "enable.partition.eof", "true");
    set(conf, "fetch.wait.max.ms", "100");
    set(conf, "queued.min.messages", "200000");
  }
  set(conf, "socket.nagle.disable", "true");
  char error[256];
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) die(error);
  return client;
}

int partitions_of(rd_kafka_t* client, rd_kafka_topic_t* topic, const Options& options) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    const struct rd_kafka_metadata* metadata = nullptr;
    int count = 0;
    if (rd_kafka_metadata(client, 0, topic, &metadata, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
        count = metadata->topics[0].partition_cnt;
      rd_kafka_metadata_destroy(metadata);
    }
    if (count > 0) return count;
    wait_until(now_ns() + 100000000u);
  }
  die("no such topic: " + options.topic);
}

/// Random bytes, so that no codec helps; a pool, so that making them costs nothing while measuring.
std::vector<std::string> make_pool(size_t size) {
  std::mt19937_64 random(1);
  std::vector<std::string> pool(256, std::string(size, '\0'));
  for (std::string& record : pool) {
    for (char& c : record) c = static_cast<char>(random());
  }
  return pool;
}

struct Outcome {
  uint64_t records = 0, bytes = 0, errors = 0;
  double seconds = 0;
  std::string more;  // further JSON fields, each with its comma in front
};

Outcome create(const Options& options) {
  rd_kafka_t* client = make_client(RD_KAFKA_PRODUCER, options, nullptr);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  char error[256];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(options.topic.c_str(), options.partitions, options.rf, error,
                                                     sizeof error);
  if (topic == nullptr) die(error);
  rd_kafka_AdminOptions_t* wait = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_operation_timeout(wait, 30000, error, sizeof error);
  const uint64_t start_ns = now_ns();
  rd_kafka_CreateTopics(client, &topic, 1, wait, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 60000);
  if (event == nullptr) die("create: no answer");
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) die(rd_kafka_event_error_string(event));
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event), &count);
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
      die(rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
  }
  Outcome outcome;
  outcome.seconds = static_cast<double>(now_ns() - start_ns) / 1e9;
  rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(wait);
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
  return outcome;
}

Outcome produce(const Options& options) {
  Acks acks;
  rd_kafka_t* client = make_client(RD_KAFKA_PRODUCER, options, &acks);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, options.topic.c_str(), nullptr);
  const int partitions = partitions_of(client, topic, options);
  const std::vector<std::string> pool = make_pool(options.size);
  const uint64_t start_ns = now_ns(), end_ns = start_ns + static_cast<uint64_t>(options.seconds * 1e9);
  for (uint64_t i = 0;; ++i) {
    if (i % 256 == 0) {
      rd_kafka_poll(client, 0);
      if (now_ns() > end_ns) break;
    }
    const std::string& record = pool[i % pool.size()];
    // runs of 64 per partition: what a sticky partitioner gives
    const auto partition = static_cast<int32_t>(i / 64 % static_cast<uint64_t>(partitions));
    while (rd_kafka_produce(topic, partition, 0, const_cast<char*>(record.data()), record.size(), nullptr, 0,
                            nullptr) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die(rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(client, 1);
    }
  }
  while (rd_kafka_outq_len(client) > 0) rd_kafka_poll(client, 100);
  Outcome outcome;
  outcome.seconds = static_cast<double>(now_ns() - start_ns) / 1e9;  // first record to last acknowledgement
  outcome.records = acks.acknowledged;
  outcome.errors = acks.failed;
  outcome.bytes = outcome.records * options.size;
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return outcome;
}

/// Reads every partition through one queue. From the end: until `stop` is set, with the latency of stamped records;
/// else up to the end.
Outcome read(const Options& options, bool from_end, std::atomic<bool>* ready, std::atomic<bool>* stop,
             uint64_t count_from_ns, Histogram* latency) {
  rd_kafka_t* client = make_client(RD_KAFKA_CONSUMER, options, nullptr);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, options.topic.c_str(), nullptr);
  const int partitions = partitions_of(client, topic, options);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  const uint64_t start_ns = now_ns();
  for (int p = 0; p < partitions; ++p) {
    int64_t low = 0, high = RD_KAFKA_OFFSET_BEGINNING;
    if (from_end && rd_kafka_query_watermark_offsets(client, options.topic.c_str(), p, &low, &high, 10000) !=
                        RD_KAFKA_RESP_ERR_NO_ERROR) {
      die("no watermark offsets");
    }
    if (rd_kafka_consume_start_queue(topic, p, high, queue) != 0) die("cannot consume");
  }
  if (ready != nullptr) *ready = true;
  Outcome outcome;
  std::vector<rd_kafka_message_t*> messages(4096);
  uint64_t last_ns = start_ns;
  for (int open = partitions; open > 0 && (stop == nullptr || !*stop);) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, from_end ? 1 : 100, messages.data(),
                                                     from_end ? 64 : messages.size());
    const uint64_t arrived_ns = now_ns();
    for (ssize_t i = 0; i < got; ++i) {
      rd_kafka_message_t* message = messages[static_cast<size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (!from_end) --open;
      } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++outcome.errors;
      } else {
        ++outcome.records;
        outcome.bytes += message->len;
        last_ns = arrived_ns;
        uint64_t due_ns = 0;
        if (latency != nullptr && message->len >= sizeof due_ns) {
          std::memcpy(&due_ns, message->payload, sizeof due_ns);
          if (due_ns >= count_from_ns && due_ns <= arrived_ns) latency->add(arrived_ns - due_ns);
        }
      }
      rd_kafka_message_destroy(message);
    }
  }
  outcome.seconds = static_cast<double>(last_ns - start_ns) / 1e9;
  for (int p = 0; p < partitions; ++p) rd_kafka_consume_stop(topic, p);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return outcome;
}

Outcome end_to_end(const Options& options) {
  if (options.rate <= 0) die("e2e needs --rate");
  constexpr double kWarmSeconds = 2;
  Acks acks;
  Histogram arrival;
  rd_kafka_t* client = make_client(RD_KAFKA_PRODUCER, options, &acks);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, options.topic.c_str(), nullptr);
  const int partitions = partitions_of(client, topic, options);
  std::atomic<bool> ready{false}, stop_reading{false}, stop_polling{false};
  const uint64_t start_ns = now_ns() + 1500000000u;  // by then the consumer waits at the end of the topic
  acks.count_from_ns = start_ns + static_cast<uint64_t>(kWarmSeconds * 1e9);
  Outcome consumed;
  std::thread reader([&] { consumed = read(options, true, &ready, &stop_reading, acks.count_from_ns, &arrival); });
  std::thread poller([&] {
    while (!stop_polling) rd_kafka_poll(client, 50);
  });
  const std::vector<std::string> pool = make_pool(std::max<size_t>(options.size, 16));
  const auto total = static_cast<uint64_t>(options.rate * (options.seconds + kWarmSeconds));
  std::string record;
  for (uint64_t i = 0; i < total; ++i) {
    const uint64_t due_ns = start_ns + static_cast<uint64_t>(static_cast<double>(i) / options.rate * 1e9);
    if (due_ns > now_ns()) wait_until(due_ns);
    record = pool[i % pool.size()];
    std::memcpy(record.data(), &due_ns, sizeof due_ns);
    while (rd_kafka_produce(topic, static_cast<int32_t>(i % static_cast<uint64_t>(partitions)), RD_KAFKA_MSG_F_COPY,
                            record.data(), record.size(), nullptr, 0,
                            reinterpret_cast<void*>(static_cast<uintptr_t>(due_ns))) == -1) {
      wait_until(now_ns() + 100000);
    }
  }
  for (int i = 0; i < 3000 && rd_kafka_outq_len(client) > 0; ++i) wait_until(now_ns() + 10000000);
  const double seconds = static_cast<double>(now_ns() - start_ns) / 1e9;
  wait_until(now_ns() + 1000000000);
  stop_reading = true;
  stop_polling = true;
  reader.join();
  poller.join();
  Outcome outcome{acks.acknowledged, acks.acknowledged * options.size, acks.failed + consumed.errors, seconds, ""};
  outcome.more = ",\"consumed\":" + std::to_string(consumed.records) + ",\"ack_us\":" + acks.latency.json() +
                 ",\"e2e_us\":" + arrival.json();
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return outcome;
}

Options parse(int argc, char** argv) {
  Options options;
  if (argc < 2) die("usage: bench_load create|produce|consume|e2e --brokers B --topic T …");
  options.mode = argv[1];
  const option table[] = {{"brokers", 1, nullptr, 'b'},    {"topic", 1, nullptr, 't'}, {"size", 1, nullptr, 's'},
                          {"seconds", 1, nullptr, 'd'},    {"rate", 1, nullptr, 'r'},  {"codec", 1, nullptr, 'c'},
                          {"partitions", 1, nullptr, 'p'}, {"rf", 1, nullptr, 'f'},    {"idempotent", 0, nullptr, 'i'},
                          {nullptr, 0, nullptr, 0}};
  optind = 2;
  for (int c; (c = getopt_long(argc, argv, "", table, nullptr)) != -1;) {
    switch (c) {
      case 'b':
        options.brokers = optarg;
        break;
      case 't':
        options.topic = optarg;
        break;
      case 's':
        options.size = std::strtoul(optarg, nullptr, 10);
        break;
      case 'd':
        options.seconds = std::atof(optarg);
        break;
      case 'r':
        options.rate = std::atof(optarg);
        break;
      case 'c':
        options.codec = optarg;
        break;
      case 'p':
        options.partitions = std::atoi(optarg);
        break;
      case 'f':
        options.rf = std::atoi(optarg);
        break;
      case 'i':
        options.idempotent = true;
        break;
      default:
        die("unknown option");
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Outcome outcome;
  if (options.mode == "create") {
    outcome = create(options);
  } else if (options.mode == "produce") {
    outcome = produce(options);
  } else if (options.mode == "consume") {
    outcome = read(options, false, nullptr, nullptr, 0, nullptr);
  } else if (options.mode == "e2e") {
    outcome = end_to_end(options);
  } else {
    die("unknown mode " + options.mode);
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  const double rate = outcome.seconds > 0 ? static_cast<double>(outcome.records) / outcome.seconds : 0;
  std::printf(
      "{\"mode\":\"%s\",\"size\":%zu,\"records\":%llu,\"bytes\":%llu,\"seconds\":%.3f,\"records_s\":%.0f,\"mb_s\":%.2f,"
      "\"errors\":%llu,\"client_cpu_s\":%.2f%s}\n",
      options.mode.c_str(), options.size, static_cast<unsigned long long>(outcome.records),
      static_cast<unsigned long long>(outcome.bytes), outcome.seconds, rate,
      outcome.seconds > 0 ? static_cast<double>(outcome.bytes) / outcome.seconds / 1e6 : 0,
      static_cast<unsigned long long>(outcome.errors), cpu_s, outcome.more.c_str());
  return outcome.errors == 0 ? 0 : 1;
}
