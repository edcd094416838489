// loadgen: sends the request events of a small web shop to a topic, as its services would; a plain Kafka client
// (librdkafka), idempotent, acks=all. One event is {"ts","service","endpoint","status","duration_ms","user"}.
//
// Traffic follows a wave (a day squeezed into --day seconds), each service has its own share and its own lognormal
// latency; now and then one of them has a bad spell: errors and slow answers for some seconds. Everything is drawn from
// --seed.
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Service {
  const char* name;
  double share;        // of all requests
  double median_ms;    // of the lognormal latency
  double sigma;        // of its logarithm
  double error_ratio;  // outside bad spells
  std::vector<const char*> endpoints;
  double bad_until_s = 0;  // a bad spell lasts until then, on the generator's clock
};

struct Options {
  std::string brokers = "127.0.0.1:19092";
  std::string topic = "requests";
  double rate = 500;   // events a second, on average over a wave
  double seconds = 0;  // 0: until a signal
  uint64_t seed = 1;
  double day_s = 120;  // length of one wave
  bool quiet = false;
  std::vector<std::string> create;  // NAME:PARTITIONS
  bool only_create = false;
};

volatile std::sig_atomic_t stop_asked = 0;
void on_signal(int) { stop_asked = 1; }

struct Tally {
  uint64_t acked = 0;
  uint64_t failed = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Tally& tally = *static_cast<Tally*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++tally.acked;
  } else if (++tally.failed == 1) {
    std::fprintf(stderr, "loadgen: delivery failed: %s\n", rd_kafka_err2str(message->err));
  }
}

std::vector<Service> shop() {
  return {
      {"gateway", 0.34, 4, 0.45, 0.002, {"/", "/assets", "/healthz"}},
      {"catalog", 0.26, 12, 0.55, 0.004, {"/items", "/items/{id}", "/search"}},
      {"cart", 0.17, 18, 0.50, 0.006, {"/cart", "/cart/items"}},
      {"checkout", 0.09, 55, 0.60, 0.012, {"/checkout", "/checkout/confirm"}},
      {"payment", 0.06, 120, 0.70, 0.015, {"/charge", "/refund"}},
      {"auth", 0.08, 9, 0.40, 0.005, {"/login", "/token"}},
  };
}

/// Where traffic stands in its wave: between 0.35 and 1.65, with a smaller second hump, on average 1.
double wave(double seconds, double day_s) {
  const double angle = 2 * M_PI * seconds / day_s;
  return 1 + 0.5 * std::sin(angle) + 0.15 * std::sin(3 * angle + 1);
}

int pick_status(const Service& service, bool bad, std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  const double errors = bad ? 0.25 : service.error_ratio;
  const double u = unit(random);
  if (u < errors) return u < errors * 0.6 ? 503 : 500;
  if (u < errors + 0.02) return 404;
  return u < errors + 0.10 ? 201 : 200;
}

std::string event_of(Service& service, double clock_s, std::mt19937_64& random) {
  const bool bad = clock_s < service.bad_until_s;
  std::lognormal_distribution<double> latency(std::log(service.median_ms * (bad ? 6 : 1)), service.sigma);
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t ts = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
  const char* endpoint = service.endpoints[random() % service.endpoints.size()];
  char text[256];
  const int size = std::snprintf(
      text, sizeof text, R"({"ts":%lld,"service":"%s","endpoint":"%s","status":%d,"duration_ms":%lld,"user":"u%05u"})",
      static_cast<long long>(ts), service.name, endpoint, pick_status(service, bad, random),
      static_cast<long long>(std::fmin(latency(random) + 1, 60000)), static_cast<unsigned>(random() % 20000));
  return std::string(text, static_cast<size_t>(size));
}

Service& pick_service(std::vector<Service>& services, std::mt19937_64& random) {
  double u = std::uniform_real_distribution<double>(0, 1)(random);
  for (Service& service : services) {
    if (u < service.share) return service;
    u -= service.share;
  }
  return services.front();
}

void set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
    std::fprintf(stderr, "loadgen: %s\n", error);
    std::exit(1);
  }
}

rd_kafka_t* make_producer(const Options& options, Tally* tally) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", options.brokers.c_str());
  set(conf, "client.id", "loadgen");
  set(conf, "enable.idempotence", "true");
  set(conf, "acks", "all");
  set(conf, "linger.ms", "20");
  set(conf, "compression.type", "lz4");
  set(conf, "broker.address.family", "v4");
  set(conf, "message.timeout.ms", "120000");
  set(conf, "reconnect.backoff.ms", "50");
  set(conf, "reconnect.backoff.max.ms", "500");
  set(conf, "topic.metadata.refresh.interval.ms", "5000");
  set(conf, "log_level", "3");
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, tally);
  char error[256];
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (producer == nullptr) {
    std::fprintf(stderr, "loadgen: %s\n", error);
    std::exit(1);
  }
  return producer;
}

/// Creates NAME:PARTITIONS with the cluster's default replication; a topic that exists already is fine.
void create_topic(rd_kafka_t* client, const std::string& wanted) {
  const size_t colon = wanted.find(':');
  const std::string name = wanted.substr(0, colon);
  const int partitions = colon == std::string::npos ? 1 : std::atoi(wanted.c_str() + colon + 1);
  char error[256];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, -1, error, sizeof error);
  if (topic == nullptr) {
    std::fprintf(stderr, "loadgen: %s: %s\n", wanted.c_str(), error);
    std::exit(2);
  }
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_operation_timeout(options, 20000, error, sizeof error);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_CreateTopics(client, &topic, 1, options, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 40000);
  rd_kafka_resp_err_t code = event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    size_t count = 0;
    const rd_kafka_topic_result_t** rows = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &count);
    if (count == 1) code = rd_kafka_topic_result_error(rows[0]);
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(topic);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    std::fprintf(stderr, "loadgen: creating topic %s: %s\n", name.c_str(), rd_kafka_err2str(code));
    std::exit(1);
  }
}

double mono_s() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void send(rd_kafka_t* producer, const Options& options, const std::string& event) {
  while (stop_asked == 0) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(options.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(const_cast<char*>(event.data()), event.size()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return;
    rd_kafka_poll(producer, 50);
  }
}

/// Sends in ticks of 20 ms, as many events as the wave owes by then; so it wakes 50 times a second at any rate.
void generate(rd_kafka_t* producer, const Options& options, Tally& tally) {
  std::mt19937_64 random(options.seed);
  std::vector<Service> services = shop();
  std::exponential_distribution<double> spell_gap(1.0 / 45);
  double next_spell_s = 20 + spell_gap(random);
  constexpr double kTickS = 0.02;
  const double start_s = mono_s();
  double owed = 0, said_s = 0;
  uint64_t sent = 0;
  for (double clock_s = 0; stop_asked == 0 && (options.seconds == 0 || clock_s < options.seconds); clock_s += kTickS) {
    if (clock_s > next_spell_s) {
      Service& ill = services[random() % services.size()];
      ill.bad_until_s = clock_s + 5 + static_cast<double>(random() % 10);
      next_spell_s = clock_s + spell_gap(random);
    }
    for (owed += options.rate * kTickS * wave(clock_s, options.day_s); owed >= 1; owed -= 1, ++sent) {
      send(producer, options, event_of(pick_service(services, random), clock_s, random));
    }
    rd_kafka_poll(producer, 0);
    if (!options.quiet && clock_s - said_s >= 10) {
      said_s = clock_s;
      std::fprintf(stderr, "loadgen: %llu sent, %llu acknowledged, %llu failed\n",
                   static_cast<unsigned long long>(sent), static_cast<unsigned long long>(tally.acked),
                   static_cast<unsigned long long>(tally.failed));
    }
    const double wait_s = start_s + clock_s + kTickS - mono_s();
    if (wait_s > 0) {
      timespec pause{0, static_cast<long>(wait_s * 1e9)};
      nanosleep(&pause, nullptr);
    }
  }
  rd_kafka_flush(producer, 10000);
  std::printf("{\"sent\":%llu,\"acknowledged\":%llu,\"failed\":%llu,\"seconds\":%.1f}\n",
              static_cast<unsigned long long>(sent), static_cast<unsigned long long>(tally.acked),
              static_cast<unsigned long long>(tally.failed), mono_s() - start_s);
}

[[noreturn]] void usage(int code) {
  std::fprintf(code == 0 ? stdout : stderr,
               "usage: loadgen [--brokers HOST:PORT,…] [--topic requests] [--rate 500] [--seconds N] [--seed N] [--day "
               "120] [--quiet]\n"
               "               [--create TOPIC:PARTITIONS]… [--only-create]\n");
  std::exit(code);
}

Options parse(int argc, char** argv) {
  Options options;
  const option table[] = {{"brokers", 1, nullptr, 'b'}, {"topic", 1, nullptr, 't'},  {"rate", 1, nullptr, 'r'},
                          {"seconds", 1, nullptr, 's'}, {"seed", 1, nullptr, 'e'},   {"day", 1, nullptr, 'd'},
                          {"quiet", 0, nullptr, 'q'},   {"create", 1, nullptr, 'c'}, {"only-create", 0, nullptr, 'o'},
                          {"help", 0, nullptr, 'h'},    {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "b:t:", table, nullptr)) != -1;) {
    switch (c) {
      case 'b':
        options.brokers = optarg;
        break;
      case 't':
        options.topic = optarg;
        break;
      case 'r':
        options.rate = std::atof(optarg);
        break;
      case 's':
        options.seconds = std::atof(optarg);
        break;
      case 'e':
        options.seed = std::strtoull(optarg, nullptr, 10);
        break;
      case 'd':
        options.day_s = std::atof(optarg);
        break;
      case 'q':
        options.quiet = true;
        break;
      case 'c':
        options.create.push_back(optarg);
        break;
      case 'o':
        options.only_create = true;
        break;
      case 'h':
        usage(0);
      default:
        usage(2);
    }
  }
  if (optind != argc || options.rate <= 0 || options.day_s <= 0 || options.seconds < 0) usage(2);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  Tally tally;
  rd_kafka_t* producer = make_producer(options, &tally);
  for (const std::string& topic : options.create) create_topic(producer, topic);
  if (!options.only_create) generate(producer, options, tally);
  rd_kafka_destroy(producer);
  return tally.failed == 0 ? 0 : 1;
}
