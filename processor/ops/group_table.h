#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "processor/expr/arena.h"

namespace weir::processor {

/// Groups by their key's bytes: open addressing over (hash, state pointer); a group's state is `words` 64-bit words,
/// zero at first, followed by its key, all in one arena. State pointers stay valid as long as the table. Owns no what
/// the words point to.
class GroupTable {
 public:
  explicit GroupTable(size_t words);

  static uint64_t hash_of(const uint8_t* key, size_t size);
  /// The state of the group, or null when it is not there.
  uint64_t* find(const uint8_t* key, size_t size, uint64_t hash) const;
  uint64_t* insert(const uint8_t* key, size_t size, uint64_t hash);

  size_t size() const { return groups_.size(); }
  uint64_t* state(size_t i) const { return groups_[i]; }
  std::string_view key(const uint64_t* state) const {
    return {reinterpret_cast<const char*>(state + words_ + 1), static_cast<size_t>(state[words_])};
  }
  /// What a group of this key costs, for the memory budget: the same on each machine and after each restart.
  static size_t cost(size_t words, size_t key_size) { return (words + 1) * 8 + ((key_size + 7) & ~size_t{7}) + 40; }

 private:
  struct Slot {
    uint64_t hash;
    uint64_t* state;  // null: free
  };
  void grow();

  size_t words_;
  std::vector<Slot> slots_;
  std::vector<uint64_t*> groups_;  // in the order they came
  Arena arena_;
};

}  // namespace weir::processor
