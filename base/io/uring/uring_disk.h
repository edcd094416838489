#pragma once
#include <vector>

#include "base/io/os_disk.h"
#include "base/io/thread_runtime.h"
#include "base/io/uring/ring.h"

namespace weir::io {

/// Asynchronous files by io_uring. Short reads and writes are continued until done or at the end of the file.
class UringDisk final : public OsDisk {
 public:
  UringDisk(ThreadRuntime& runtime, Ring& ring) : runtime_(runtime), ring_(ring) {}

  void read(FileId file, FilePos pos, Bytes into, Completion& completion) override;
  void write(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) override;
  void writev(FileId file, FilePos pos, const std::vector<ConstBytes>& slices, Completion& completion) override;
  void write_durable(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) override;
  void sync(FileId file, Completion& completion) override;
  void sync_dir(const std::string& dir, Completion& completion) override;

  void ended(UringOp* op, int32_t result);

 private:
  void start(UringOp::Kind kind, FileId file, FilePos pos, const ConstBytes* slices, size_t count,
             Completion& completion);

  ThreadRuntime& runtime_;
  Ring& ring_;
};

}  // namespace weir::io
