#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/uio.h>

#include "base/io/os_disk.h"

namespace weir::io {

class ThreadRuntime;

/// Asynchronous files by pread, pwritev2 and fdatasync on a few threads, started with the first operation.
class PosixDisk final : public OsDisk {
 public:
  /// `wake` is called from the threads when dispatch() has something to do after having had nothing.
  PosixDisk(ThreadRuntime& runtime, std::function<void()> wake) : runtime_(runtime), wake_(std::move(wake)) {}
  ~PosixDisk() override;

  void read(FileId file, FilePos pos, Bytes into, Completion& completion) override;
  void write(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) override;
  void writev(FileId file, FilePos pos, const std::vector<ConstBytes>& slices, Completion& completion) override;
  void write_durable(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) override;
  void sync(FileId file, Completion& completion) override;
  void sync_dir(const std::string& dir, Completion& completion) override;

  /// Delivers what ended.
  void dispatch();

 private:
  static constexpr int kThreads = 3;
  enum class Kind : uint8_t { read, write, write_durable, sync, sync_dir };
  struct Operation {
    Kind kind = Kind::read;
    FileId file = -1;
    int fd = -1;
    FilePos pos = 0;
    std::vector<iovec> slices;
    Completion* completion = nullptr;
    int32_t result = 0;
  };
  void start(Kind kind, FileId file, FilePos pos, const ConstBytes* slices, size_t count, Completion& completion);
  static int32_t carry_out(Operation& operation);
  void work();

  ThreadRuntime& runtime_;
  const std::function<void()> wake_;
  std::vector<std::unique_ptr<Operation>> spare_;  // the runtime's thread
  std::vector<std::unique_ptr<Operation>> ended_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable work_to_do_;
  std::vector<std::unique_ptr<Operation>> queue_;
  size_t queue_head_ = 0;
  std::vector<std::unique_ptr<Operation>> done_;
  bool ending_ = false;
};

}  // namespace weir::io
