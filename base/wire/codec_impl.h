#pragma once
#include <type_traits>

#include "base/wire/codec.h"
#include "base/wire/field.h"

/// Definitions of the templates of codec.h, included only by the files that instantiate them
/// (messages/instantiate_*.cc), so that a message's header stays cheap.
namespace weir::wire {

namespace codec_detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// Two passes over fields(): the untagged ones in order, counting the tagged ones to write; then those.
class Encoder {
 public:
  Encoder(Writer& out, int16_t version, bool flexible) : out_(out), version_(version), flexible_(flexible) {}

  template <class S>
  void structure(const S& s) {
    static const S kDefaults{};
    Frame outer = std::exchange(
        frame_, Frame{reinterpret_cast<const char*>(&s), reinterpret_cast<const char*>(&kDefaults), 0, false});
    const_cast<S&>(s).fields(*this);
    if (flexible_) {
      out_.uvarint(frame_.tag_count);
      frame_.in_tags = true;
      if (frame_.tag_count > 0) const_cast<S&>(s).fields(*this);
    }
    frame_ = outer;
  }

  template <class T>
  void field(const char*, T& value, Facet f = {}) {
    if (!frame_.in_tags && f.present(version_)) write(value, f.may_be_null(version_));
  }
  template <class T>
  void field(const char*, T& value, TaggedFacet f) {
    if (!flexible_ || !f.present(version_) || is_default(value)) return;
    if (frame_.in_tags)
      tagged(value, f);
    else
      ++frame_.tag_count;
  }

 private:
  struct Frame {
    const char* object = nullptr;
    const char* defaults = nullptr;
    uint32_t tag_count = 0;
    bool in_tags = false;
  };

  // The default of a member is the member at the same place of a default-constructed structure.
  template <class T>
  bool is_default(const T& value) const {
    return value ==
           *reinterpret_cast<const T*>(frame_.defaults + (reinterpret_cast<const char*>(&value) - frame_.object));
  }

  template <class T>
  void tagged(const T& value, TaggedFacet f) {
    Writer content(128);
    Encoder inner(content, version_, flexible_);
    inner.write(value, f.may_be_null(version_));
    out_.uvarint(static_cast<uint32_t>(f.tag));
    out_.uvarint(static_cast<uint32_t>(content.size()));
    for (const Buffer& b : content.finish()) out_.raw(b);
  }

  void write(bool v, bool) { out_.boolean(v); }
  void write(double v, bool) { out_.float64(v); }
  void write(const Uuid& v, bool) { out_.uuid(v); }
  void write(const std::string& v, bool) { out_.string(v, flexible_); }
  void write(const std::vector<uint8_t>& v, bool) {
    out_.bytes_length(v.size(), flexible_);
    out_.raw(v);
  }
  void write(const BufferChain& v, bool) {
    out_.bytes_length(chain_size(v), flexible_);
    out_.splice(v);
  }
  template <class T>
  void write(const std::vector<T>& v, bool) {
    out_.array_length(v.size(), flexible_);
    for (const T& e : v) write(e, false);
  }
  template <class T>
  void write(const std::optional<T>& v, bool may_be_null) {
    if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string> && !is_vector<T>) {
      if (may_be_null) out_.fixed<int8_t>(v ? 1 : -1);
      if (v)
        structure(*v);
      else if (!may_be_null)
        structure(T{});
    } else if (v) {
      write(*v, false);
    } else if (!may_be_null) {
      write(T{}, false);
    } else if constexpr (std::is_same_v<T, std::string>) {
      out_.null_string(flexible_);
    } else {
      out_.null_length(flexible_);
    }
  }
  template <class T>
  void write(const T& v, bool) {
    if constexpr (std::is_integral_v<T>)
      out_.fixed<T>(v);
    else
      structure(v);
  }

  Writer& out_;
  int16_t version_;
  bool flexible_;
  Frame frame_;
};

/// One pass for the untagged fields, then one for each tagged field that came.
class Decoder {
 public:
  Decoder(Reader& in, int16_t version, bool flexible) : in_(in), version_(version), flexible_(flexible) {}

  template <class S>
  void structure(S& s) {
    int64_t outer = std::exchange(tag_, -1);
    s.fields(*this);
    if (flexible_) {
      for (uint32_t count = in_.uvarint(); count > 0 && in_.ok(); --count) {
        tag_ = in_.uvarint();
        uint32_t size = in_.uvarint();
        if (size > in_.left()) in_.fail(ErrorCode::truncated, "tagged field");
        if (!in_.ok()) break;
        const uint8_t* end = in_.push_limit(size);
        s.fields(*this);
        in_.pop_limit(end);
      }
    }
    tag_ = outer;
  }

  template <class T>
  void field(const char*, T& value, Facet f = {}) {
    if (tag_ < 0 && f.present(version_)) read(value, f.may_be_null(version_));
  }
  template <class T>
  void field(const char*, T& value, TaggedFacet f) {
    if (f.tag != tag_ || !f.present(version_)) return;
    int64_t outer = std::exchange(tag_, -1);
    read(value, f.may_be_null(version_));
    tag_ = outer;
  }

 private:
  void read(bool& v, bool) { v = in_.boolean(); }
  void read(double& v, bool) { v = in_.float64(); }
  void read(Uuid& v, bool) { v = in_.uuid(); }
  void read(std::string& v, bool) { (void)read_string(v, false); }
  void read(std::vector<uint8_t>& v, bool) { (void)read_bytes(v, false); }
  template <class T>
  void read(std::vector<T>& v, bool) {
    (void)read_array(v, false);
  }
  template <class T>
  void read(std::optional<T>& v, bool may_be_null) {
    v.emplace();
    bool present = true;
    if constexpr (std::is_same_v<T, std::string>)
      present = read_string(*v, may_be_null);
    else if constexpr (std::is_same_v<T, std::vector<uint8_t>>)
      present = read_bytes(*v, may_be_null);
    else if constexpr (std::is_same_v<T, BufferChain>)
      present = read_records(*v, may_be_null);
    else if constexpr (is_vector<T>)
      present = read_array(*v, may_be_null);
    else if (may_be_null && in_.fixed<int8_t>() < 0)
      present = false;
    else
      structure(*v);
    if (!present) v.reset();
  }
  template <class T>
  void read(T& v, bool) {
    if constexpr (std::is_integral_v<T>)
      v = in_.fixed<T>();
    else
      structure(v);
  }

  // Each gives false for a null that is allowed; one that is not fails the reader.
  bool null(bool allowed) {
    if (!allowed) in_.fail(ErrorCode::malformed, "null where none is allowed");
    return false;
  }
  bool read_string(std::string& v, bool may_be_null) {
    int32_t n = in_.string_length(flexible_);
    if (n < 0) return null(may_be_null);
    v = as_string(in_.raw(static_cast<size_t>(n)));
    return true;
  }
  bool read_bytes(std::vector<uint8_t>& v, bool may_be_null) {
    int32_t n = in_.bytes_length(flexible_);
    if (n < 0) return null(may_be_null);
    ConstBytes b = in_.raw(static_cast<size_t>(n));
    v.assign(b.begin(), b.end());
    return true;
  }
  bool read_records(BufferChain& v, bool may_be_null) {
    int32_t n = in_.bytes_length(flexible_);
    if (n < 0) return null(may_be_null);
    v = in_.records(static_cast<size_t>(n));
    return true;
  }
  template <class T>
  bool read_array(std::vector<T>& v, bool may_be_null) {
    int32_t n = in_.array_length(flexible_);
    if (n < 0) return null(may_be_null);
    v.clear();  // a tag that comes twice counts once
    // Room for what surely comes; the rest grows with what does come.
    v.reserve(std::min<size_t>(static_cast<size_t>(n), 64));
    for (int32_t i = 0; i < n && in_.ok(); ++i) {
      if (!in_.charge(sizeof(T))) break;
      read(v.emplace_back(), false);
    }
    return true;
  }

  Reader& in_;
  int16_t version_;
  bool flexible_;
  int64_t tag_ = -1;
};

class Printer {
 public:
  Printer(std::string& out, int16_t version) : out_(out), version_(version) {}

  template <class S>
  void structure(const S& s) {
    out_ += '{';
    const_cast<S&>(s).fields(*this);
    if (out_.back() == ',') out_.pop_back();
    out_ += '}';
  }
  template <class T>
  void field(const char* name, T& value, const Facet& f = {}) {
    if (!f.present(version_)) return;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    print(value);
    out_ += ',';
  }

 private:
  void print(bool v) { out_ += v ? "true" : "false"; }
  void print(const Uuid& v) { print(v.to_string()); }
  void print(const std::string& v);
  void print(const std::vector<uint8_t>& v);
  void print(const BufferChain& v);
  template <class T>
  void print(const std::vector<T>& v) {
    out_ += '[';
    for (const T& e : v) print(e), out_ += ',';
    if (out_.back() == ',') out_.pop_back();
    out_ += ']';
  }
  template <class T>
  void print(const std::optional<T>& v) {
    if (v)
      print(*v);
    else
      out_ += "null";
  }
  template <class T>
  void print(const T& v) {
    if constexpr (std::is_arithmetic_v<T>)
      out_ += std::to_string(v);
    else
      structure(v);
  }

  std::string& out_;
  int16_t version_;
};

}  // namespace codec_detail

template <class M>
void decode_into(Reader& in, M& message, int16_t version) {
  codec_detail::Decoder decoder(in, version, version >= M::kFlexibleSince);
  decoder.structure(message);
}

template <class M>
Result<M> decode_with(Reader in, int16_t version) {
  if (version < M::kMinVersion || version > M::kMaxVersion)
    return Error(ErrorCode::unsupported_version, "message version");
  Result<M> message{M{}};
  decode_into(in, *message, version);
  TRY(in.status());
  return message;
}

template <class M>
Result<M> decode(const Buffer& body, int16_t version, size_t memory_max) {
  Reader in(body);
  in.limit_memory(memory_max);
  return decode_with<M>(in, version);
}

template <class M>
Result<M> decode(ConstBytes body, int16_t version) {
  return decode_with<M>(Reader(body), version);
}

template <class M>
void encode(Writer& out, const M& message, int16_t version) {
  CHECK(version >= M::kMinVersion && version <= M::kMaxVersion, "message has no such version", version);
  codec_detail::Encoder encoder(out, version, version >= M::kFlexibleSince);
  encoder.structure(message);
}

template <class M>
std::string to_text(const M& message, int16_t version) {
  std::string text;
  codec_detail::Printer printer(text, version);
  printer.structure(message);
  return text;
}

}  // namespace weir::wire

#define WEIR_WIRE_INSTANTIATE(M)                                                            \
  template ::weir::Result<M> weir::wire::decode<M>(const ::weir::Buffer&, int16_t, size_t); \
  template ::weir::Result<M> weir::wire::decode<M>(::weir::ConstBytes, int16_t);            \
  template void weir::wire::decode_into<M>(::weir::wire::Reader&, M&, int16_t);             \
  template void weir::wire::encode<M>(::weir::wire::Writer&, const M&, int16_t);            \
  template std::string weir::wire::to_text<M>(const M&, int16_t);
