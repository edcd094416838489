#pragma once
#include <cstdint>

namespace weir::wire {

/// "None": a version that no message reaches.
inline constexpr int16_t kNoVersion = 32767;

struct TaggedFacet;

/// In which versions of its message a field is on the wire, in which of them it may be null, and its tag if it is a
/// tagged one (KIP-482). A message's `fields()` names the untagged fields in wire order, then the tagged ones in rising
/// order of tags. The default of a field is its member initialiser.
struct Facet {
  int16_t from = 0;
  int16_t to = kNoVersion;
  int16_t null_from = kNoVersion;
  int16_t null_to = kNoVersion;

  constexpr bool present(int16_t version) const { return version >= from && version <= to; }
  constexpr bool may_be_null(int16_t version) const { return version >= null_from && version <= null_to; }

  /// Null is allowed in the versions [since, until].
  constexpr Facet nullable(int16_t since = 0, int16_t until = kNoVersion) const {
    Facet f = *this;
    f.null_from = since;
    f.null_to = until;
    return f;
  }
  /// Comes last.
  constexpr TaggedFacet tagged(int16_t number) const;
};

struct TaggedFacet : Facet {
  int16_t tag = -1;
};

constexpr TaggedFacet Facet::tagged(int16_t number) const { return {*this, number}; }

constexpr Facet always() { return {}; }
constexpr Facet since(int16_t version) { return {.from = version}; }
constexpr Facet between(int16_t from, int16_t to) { return {.from = from, .to = to}; }

}  // namespace weir::wire
