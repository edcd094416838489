#pragma once
#include <sstream>
#include <string>

/// CHECK(condition, "why", values…): always on; prints the values and a backtrace, then aborts. For what cannot be
/// unless the code is wrong; input from disk, network or a person is never asserted. An expression of type void, so
/// that it also fits before a comma. DCHECK: the same for costly proofs, on in debug builds and tests only.
namespace weir::check_detail {

[[noreturn]] void fail(const char* file, int line, const char* condition, const std::string& why);

template <class... V>
[[noreturn]] __attribute__((noinline, cold)) void fail_with(const char* file, int line, const char* condition,
                                                            const char* why, const V&... values) {
  std::ostringstream out;
  out << why;
  ((out << ' ' << values), ...);
  fail(file, line, condition, out.str());
}

}  // namespace weir::check_detail

#define CHECK(condition, ...) \
  ((condition) ? (void)0 : ::weir::check_detail::fail_with(__FILE__, __LINE__, #condition, __VA_ARGS__))
#ifdef WEIR_DCHECK
#define DCHECK(condition, ...) CHECK(condition, __VA_ARGS__)
#else
#define DCHECK(condition, ...) ((void)0)
#endif
