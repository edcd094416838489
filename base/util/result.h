#pragma once
#include <optional>
#include <utility>
#include <variant>

#include "base/util/check.h"
#include "base/util/error.h"

namespace weir {

/// A value or an Error. Own, of forty lines, because boost::system::result is newer than Debian's Boost 1.74.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
  Result(ErrorCode code) : state_(std::in_place_index<1>, Error(code)) {}    // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return CHECK(ok(), "Result holds an error"), *std::get_if<0>(&state_); }
  const T& value() const& { return CHECK(ok(), "Result holds an error"), *std::get_if<0>(&state_); }
  T&& value() && { return CHECK(ok(), "Result holds an error"), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return CHECK(!ok(), "Result holds a value"), *std::get_if<1>(&state_); }
  ErrorCode code() const { return ok() ? ErrorCode::none : error().code; }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT
  Result(ErrorCode code) {                           // NOLINT
    if (code != ErrorCode::none) error_ = Error(code);
  }
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return CHECK(!ok(), "Result holds no error"), *error_; }
  ErrorCode code() const { return ok() ? ErrorCode::none : error_->code; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace weir

#define WEIR_CONCAT_(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_(a, b)
/// Statement: leaves the function with the error of `expr`, or does nothing.
#define TRY(expr)                                          \
  do {                                                     \
    if (auto try_r = (expr); !try_r) return try_r.error(); \
  } while (0)
/// Statement: leaves the function with the error of `expr`, or initialises `decl` with its value.
#define TRY_ASSIGN(decl, expr) TRY_ASSIGN_(decl, expr, WEIR_CONCAT(try_result_, __LINE__))
#define TRY_ASSIGN_(decl, expr, tmp) \
  auto tmp = (expr);                 \
  if (!tmp) return tmp.error();      \
  decl = std::move(tmp).value()
