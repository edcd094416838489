// What the runtimes cost, side by side: wake-ups between shards, echo over loopback, durable and buffered writes,
// idling.
//   weir_bench_io [wakeup|echo|disk|idle] [--dir DIR]
// Times are of one run; take the median of five.
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/io/posix/posix_runtime.h"
#include "base/io/uring/uring_runtime.h"

namespace weir::io {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpu_seconds(int who = RUSAGE_SELF) {
  rusage u;
  ::getrusage(who, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct Variant {
  const char* name;
  std::unique_ptr<ThreadRuntime> (*make)();
};
const Variant kVariants[] = {
    {"posix", [] { return make_posix_runtime().value(); }},
    {"io_uring", [] { return make_uring_runtime().value(); }},
};

struct Op : Completion {
  explicit Op(std::function<void(int32_t)> t) : then(std::move(t)) {
    done = [](Completion& c, int32_t r) noexcept { static_cast<Op&>(c).then(r); };
  }
  std::function<void(int32_t)> then;
};

// --- wake-ups: a task bounces between two threads.
void bench_wakeup() {
  constexpr int kRounds = 20000;
  auto run = [&](const char* name, std::unique_ptr<ThreadRuntime> a, std::unique_ptr<ThreadRuntime> b) {
    int rounds = 0;
    double cpu = cpu_seconds(), start = seconds();
    std::function<void()> ping = [&] {
      if (++rounds == kRounds) {
        // Stopped from a third place, so that a wake-up that rides on a hand-over is not left behind.
        std::thread([&] { b->stop(), a->stop(); }).detach();
        return;
      }
      b->post([&] { a->post(ping); });
    };
    std::promise<void> ready;  // a ring is not to be reached by MSG_RING before its first turn
    b->post([&] { ready.set_value(); });
    std::thread thread([&] { b->run(); });
    ready.get_future().wait();
    a->post(ping);
    a->run();
    thread.join();
    double took = seconds() - start;
    std::printf("wakeup   %-18s %6.2f us a round trip, %6.2f us CPU\n", name, took / kRounds * 1e6,
                (cpu_seconds() - cpu) / kRounds * 1e6);
  };
  run("posix", make_posix_runtime().value(), make_posix_runtime().value());
  run("io_uring eventfd", make_uring_runtime(UringWakeup::eventfd).value(),
      make_uring_runtime(UringWakeup::eventfd).value());
  run("io_uring msg_ring", make_uring_runtime(UringWakeup::msg_ring).value(),
      make_uring_runtime(UringWakeup::msg_ring).value());
}

// --- echo: `connections` clients on one thread, the server on another; request and answer of `bytes`.
struct Session {
  Session(ThreadRuntime& r, SocketId s, size_t bytes, bool client, int* left)
      : rt(r),
        socket(s),
        buffer(bytes),
        is_client(client),
        rounds_left(left),
        received([this](int32_t n) { on_recv(n); }),
        sent([this](int32_t) { receive(); }) {}
  void receive() { rt.net().recv(socket, Bytes(buffer).subspan(got), received); }
  void transmit() { rt.net().send(socket, {buffer}, sent); }
  void on_recv(int32_t n) {
    if (n <= 0) return;
    got += static_cast<size_t>(n);
    if (got < buffer.size()) return receive();
    got = 0;
    if (is_client && --*rounds_left <= 0) {
      if (*rounds_left == 0) rt.stop();
      return;
    }
    transmit();
  }
  ThreadRuntime& rt;
  SocketId socket;
  std::vector<uint8_t> buffer;
  size_t got = 0;
  bool is_client;
  int* rounds_left;
  Op received, sent;
};

struct Server : Acceptor {
  Server(ThreadRuntime& r, size_t b) : rt(r), bytes(b) {}
  void accepted(SocketId c, const Endpoint&, const Endpoint&) override {
    sessions.push_back(std::make_unique<Session>(rt, c, bytes, false, nullptr));
    sessions.back()->receive();
  }
  ThreadRuntime& rt;
  size_t bytes;
  std::vector<std::unique_ptr<Session>> sessions;
};

void bench_echo() {
  for (size_t bytes : {100, 16384}) {
    for (int connections : {1, 32}) {
      for (const Variant& v : kVariants) {
        auto server_rt = v.make(), client_rt = make_posix_runtime().value();  // the same client for both
        Server server(*server_rt, bytes);
        Endpoint at;
        SocketId listener = server_rt->net().listen({"127.0.0.1", 0}, server).value();
        at = server_rt->net().local_endpoint(listener);
        double server_cpu = 0;
        std::thread thread([&] {
          server_rt->run();
          server_cpu = cpu_seconds(RUSAGE_THREAD);
        });
        int left = connections == 1 ? 30000 : 200000;
        const int rounds = left;
        std::vector<std::unique_ptr<Session>> clients;
        std::vector<std::unique_ptr<Op>> connects;
        for (int i = 0; i < connections; ++i) {
          connects.push_back(std::make_unique<Op>([&](int32_t socket) {
            clients.push_back(std::make_unique<Session>(*client_rt, socket, bytes, true, &left));
            clients.back()->transmit();
          }));
          client_rt->net().connect(at, *connects.back());
        }
        const double start = seconds();
        client_rt->run();
        const double took = seconds() - start;
        server_rt->stop();
        thread.join();
        std::printf("echo     %-10s %6zu B x %2d connections: %8.0f /s, server %6.2f us CPU a request\n", v.name, bytes,
                    connections, rounds / took, server_cpu / rounds * 1e6);
      }
    }
  }
}

// --- files
void bench_disk(const std::string& dir) {
  constexpr size_t kFile = 256u << 20, kBlock = 65536;
  const std::string path = dir + "/io_bench.tmp";
  Buffer block = Buffer::allocate(kBlock, 4096);
  std::memset(block.data(), 0x5a, kBlock);
  struct Case {
    const char* name;
    OpenMode mode;
    bool durable, with_sync;
  };
  const Case cases[] = {{"64 KiB O_DIRECT+DSYNC", OpenMode::read_write_direct, true, false},
                        {"64 KiB buffered+DSYNC", OpenMode::read_write, true, false},
                        {"64 KiB buffered", OpenMode::read_write, false, false}};
  for (const Variant& v : kVariants) {
    auto rt = v.make();
    Disk& disk = rt->disk();
    FileId prepare = disk.open(path, OpenMode::read_write).value();
    for (size_t at = 0; at < kFile; at += kBlock) (void)disk.write_now(prepare, at, block).ok();
    (void)disk.sync_now(prepare).ok();
    disk.close(prepare);
    for (const Case& c : cases) {
      for (int depth : {1, 4}) {
        FileId file = disk.open(path, c.mode).value();
        const int total = 3000;
        int started = 0, ended = 0;
        std::vector<double> took(static_cast<size_t>(total)), begun(static_cast<size_t>(depth));
        std::vector<std::unique_ptr<Op>> ops;
        auto start = [&](int lane) {
          begun[static_cast<size_t>(lane)] = seconds();
          const FilePos pos = static_cast<FilePos>(started++) * kBlock % kFile;
          if (c.durable)
            disk.write_durable(file, pos, block, *ops[static_cast<size_t>(lane)]);
          else
            disk.write(file, pos, block, *ops[static_cast<size_t>(lane)]);
        };
        for (int lane = 0; lane < depth; ++lane) {
          ops.push_back(std::make_unique<Op>([&, lane](int32_t n) {
            if (n != static_cast<int32_t>(kBlock)) std::abort();
            took[static_cast<size_t>(ended++)] = seconds() - begun[static_cast<size_t>(lane)];
            if (started < total) start(lane);
          }));
        }
        const double cpu = cpu_seconds(), from = seconds();
        for (int lane = 0; lane < depth; ++lane) start(lane);
        while (ended < total) rt->turn(100ms);
        const double all = seconds() - from;
        std::sort(took.begin(), took.end());
        std::printf("disk     %-10s %-22s x %d: p50 %6.0f us  p99 %6.0f us  %6.0f MB/s  %5.1f us CPU each\n", v.name,
                    c.name, depth, took[took.size() / 2] * 1e6, took[took.size() * 99 / 100] * 1e6,
                    total * static_cast<double>(kBlock) / all / 1e6, (cpu_seconds() - cpu) / total * 1e6);
        disk.close(file);
      }
    }
  }
  (void)make_posix_runtime().value()->disk().remove(path).ok();
}

void bench_idle() {
  for (const Variant& v : kVariants) {
    auto rt = v.make();
    Server server(*rt, 64);
    (void)rt->net().listen({"127.0.0.1", 0}, server).ok();
    int ticks = 0;
    Timer tick([&] { ++ticks == 30 ? rt->stop() : rt->arm_in(tick, 100ms); });
    rt->arm_in(tick, 100ms);
    const double cpu = cpu_seconds();
    rt->run();
    std::printf("idle     %-10s 10 timers/s: %.3f %% of a core\n", v.name, (cpu_seconds() - cpu) / 3 * 100);
  }
}

}  // namespace
}  // namespace weir::io

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::string what, dir = "/var/tmp";
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--dir" && i + 1 < argc)
      dir = argv[++i];
    else
      what = argv[i];
  }
  if (what.empty() || what == "wakeup") weir::io::bench_wakeup();
  if (what.empty() || what == "echo") weir::io::bench_echo();
  if (what.empty() || what == "disk") weir::io::bench_disk(dir);
  if (what.empty() || what == "idle") weir::io::bench_idle();
}
