#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a transaction's state in __transaction_state.
struct TransactionLogKey {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string transactional_id;
  bool operator==(const TransactionLogKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id);
  }
};

}  // namespace weir::wire
