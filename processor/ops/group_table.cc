#include "processor/ops/group_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace weir::processor {

GroupTable::GroupTable(size_t words) : words_(words), slots_(64), arena_(16 * 1024) {}

uint64_t GroupTable::hash_of(const uint8_t* key, size_t size) { return XXH3_64bits(key, size); }

uint64_t* GroupTable::find(const uint8_t* k, size_t size, uint64_t hash) const {
  size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& s = slots_[i];
    if (!s.state) return nullptr;
    if (s.hash != hash) continue;
    std::string_view have = key(s.state);
    if (have.size() == size && std::memcmp(have.data(), k, size) == 0) return s.state;
  }
}

uint64_t* GroupTable::insert(const uint8_t* k, size_t size, uint64_t hash) {
  if ((groups_.size() + 1) * 2 > slots_.size()) grow();
  auto* state = reinterpret_cast<uint64_t*>(arena_.allocate((words_ + 1) * 8 + size));
  std::memset(state, 0, words_ * 8);
  state[words_] = size;
  if (size) std::memcpy(state + words_ + 1, k, size);
  groups_.push_back(state);
  size_t mask = slots_.size() - 1, i = hash & mask;
  while (slots_[i].state) i = (i + 1) & mask;
  slots_[i] = {hash, state};
  return state;
}

void GroupTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const Slot& s : old) {
    if (!s.state) continue;
    size_t i = s.hash & mask;
    while (slots_[i].state) i = (i + 1) & mask;
    slots_[i] = s;
  }
}

}  // namespace weir::processor
