#include "base/wire/compress.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/util/check.h"

namespace weir::wire {

namespace {

/// Output that doubles up to a limit.
class Output {
 public:
  Output(size_t first, size_t limit)
      : limit_(limit), buffer_(Buffer::allocate(std::min(std::max<size_t>(first, 64), limit))) {}

  uint8_t* end() { return buffer_.data() + used_; }
  size_t room() const { return buffer_.size() - used_; }
  void add(size_t n) { used_ += n; }
  /// Makes room for one more byte at least, `wanted` if it can; false at the limit.
  bool grow(size_t wanted = 0) {
    if (room() > 0 && room() >= wanted) return true;
    if (buffer_.size() >= limit_ || (wanted > 0 && wanted > limit_ - used_)) return false;
    size_t size = std::min(limit_, std::max({buffer_.size() * 2, used_ + wanted, size_t{64}}));
    Buffer larger = Buffer::allocate(size);
    if (used_ > 0) std::memcpy(larger.data(), buffer_.data(), used_);
    buffer_ = std::move(larger);
    return true;
  }
  Buffer take() { return buffer_.slice(0, used_); }

 private:
  size_t limit_;
  Buffer buffer_;
  size_t used_ = 0;
};

Error over_limit() { return Error(ErrorCode::limit_reached, "decompressed records"); }

size_t first_guess(ConstBytes in) { return in.size() * 4 + 256; }

// --- gzip

struct Inflater {
  z_stream z{};
  Inflater() { CHECK(inflateInit2(&z, 15 + 16) == Z_OK, "inflateInit2"); }
  ~Inflater() { inflateEnd(&z); }
};

struct Deflater {
  z_stream z{};
  int level;
  explicit Deflater(int l) : level(l) {
    CHECK(deflateInit2(&z, l, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2");
  }
  ~Deflater() { deflateEnd(&z); }
};

Result<Buffer> gunzip(ConstBytes in, size_t limit) {
  thread_local Inflater inflater;
  z_stream& z = inflater.z;
  Output out(first_guess(in), limit);
  z.next_in = const_cast<uint8_t*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  bool in_member = false;
  while (z.avail_in > 0 || in_member) {
    if (!in_member) inflateReset(&z);
    in_member = true;
    // A byte of room beyond the end tells a stream that ends at the limit from one that goes on.
    uint8_t spare = 0;
    bool full = !out.grow();
    z.next_out = full ? &spare : out.end();
    size_t room = full ? 1 : out.room();
    z.avail_out = static_cast<uInt>(room);
    int rc = inflate(&z, Z_NO_FLUSH);
    size_t made = room - z.avail_out;
    if (full && made > 0) return over_limit();
    if (!full) out.add(made);
    if (rc == Z_STREAM_END)
      in_member = false;
    else if (rc == Z_BUF_ERROR || (rc == Z_OK && z.avail_in == 0 && z.avail_out > 0))
      return Error(ErrorCode::truncated, "gzip");
    else if (rc != Z_OK)
      return Error(ErrorCode::malformed, "gzip");
  }
  return out.take();
}

Result<Buffer> gzip(ConstBytes in, int level) {
  thread_local std::unique_ptr<Deflater> deflater;
  if (level <= 0 || level > 9) level = Z_DEFAULT_COMPRESSION;
  if (!deflater || deflater->level != level) deflater = std::make_unique<Deflater>(level);
  z_stream& z = deflater->z;
  deflateReset(&z);
  Buffer out = Buffer::allocate(deflateBound(&z, in.size()));
  z.next_in = const_cast<uint8_t*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate did not finish");
  return out.slice(0, out.size() - z.avail_out);
}

// --- snappy

// xerial's snappy-java framing: magic, version and lowest compatible version, then blocks with a 4-byte length each.
constexpr uint8_t kXerialMagic[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr size_t kXerialHeader = 16;
constexpr size_t kXerialBlock = 32 * 1024;

bool has_xerial_header(ConstBytes in) {
  return in.size() >= kXerialHeader && std::equal(std::begin(kXerialMagic), std::end(kXerialMagic), in.begin());
}

Status unsnappy_block(ConstBytes in, Output& out) {
  const char* p = reinterpret_cast<const char*>(in.data());
  size_t size = 0;
  if (!snappy::GetUncompressedLength(p, in.size(), &size)) return Error(ErrorCode::malformed, "snappy length");
  // Three bytes make at most 64: a larger claim is false, and not worth an allocation.
  if (size > in.size() * 24 + 64) return Error(ErrorCode::malformed, "snappy length");
  if (size == 0) return {};
  if (!out.grow(size)) return over_limit();
  if (!snappy::RawUncompress(p, in.size(), reinterpret_cast<char*>(out.end())))
    return Error(ErrorCode::malformed, "snappy");
  out.add(size);
  return {};
}

Result<Buffer> unsnappy(ConstBytes in, size_t limit) {
  Output out(0, limit);
  if (!has_xerial_header(in)) {
    TRY(unsnappy_block(in, out));
    return out.take();
  }
  in = in.subspan(kXerialHeader);
  while (!in.empty()) {
    if (in.size() < 4) return Error(ErrorCode::truncated, "snappy block");
    uint32_t size = load_be<uint32_t>(in.data());
    in = in.subspan(4);
    if (size > in.size()) return Error(ErrorCode::truncated, "snappy block");
    TRY(unsnappy_block(in.first(size), out));
    in = in.subspan(size);
  }
  return out.take();
}

Result<Buffer> snap(ConstBytes in) {
  size_t blocks = (in.size() + kXerialBlock - 1) / kXerialBlock;
  Buffer out = Buffer::allocate(kXerialHeader + blocks * (4 + snappy::MaxCompressedLength(kXerialBlock)));
  std::copy(std::begin(kXerialMagic), std::end(kXerialMagic), out.data());
  store_be<int32_t>(out.data() + 8, 1);
  store_be<int32_t>(out.data() + 12, 1);
  size_t at = kXerialHeader;
  while (!in.empty()) {
    ConstBytes block = in.first(std::min(in.size(), kXerialBlock));
    size_t size = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(block.data()), block.size(),
                        reinterpret_cast<char*>(out.data() + at + 4), &size);
    store_be(out.data() + at, static_cast<int32_t>(size));
    at += 4 + size;
    in = in.subspan(block.size());
  }
  return out.slice(0, at);
}

// --- lz4

struct Lz4Decoder {
  LZ4F_dctx* ctx = nullptr;
  Lz4Decoder() { CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)), "lz4 context"); }
  ~Lz4Decoder() { LZ4F_freeDecompressionContext(ctx); }
};

Result<Buffer> unlz4(ConstBytes in, size_t limit) {
  thread_local Lz4Decoder decoder;
  LZ4F_resetDecompressionContext(decoder.ctx);
  Output out(first_guess(in), limit);
  size_t hint = 1;
  while (!in.empty() || hint != 0) {
    uint8_t spare = 0;
    bool full = !out.grow();
    size_t room = full ? 1 : out.room();
    size_t made = room;
    size_t read = in.size();
    hint = LZ4F_decompress(decoder.ctx, full ? &spare : out.end(), &made, in.data(), &read, nullptr);
    if (LZ4F_isError(hint)) return Error(ErrorCode::malformed, "lz4", LZ4F_getErrorName(hint));
    if (full && made > 0) return over_limit();
    if (!full) out.add(made);
    in = in.subspan(read);
    if (read == 0 && made == 0 && hint != 0) return Error(ErrorCode::truncated, "lz4");
  }
  return out.take();
}

Result<Buffer> lz4(ConstBytes in) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  Buffer out = Buffer::allocate(LZ4F_compressFrameBound(in.size(), &preferences));
  size_t n = LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), &preferences);
  CHECK(!LZ4F_isError(n), "lz4 frame", LZ4F_getErrorName(n));
  return out.slice(0, n);
}

// --- zstd

struct ZstdFree {
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
};

Result<Buffer> unzstd(ConstBytes in, size_t limit) {
  thread_local std::unique_ptr<ZSTD_DCtx, ZstdFree> ctx(ZSTD_createDCtx());
  ZSTD_DCtx_reset(ctx.get(), ZSTD_reset_session_only);
  unsigned long long claimed = ZSTD_getFrameContentSize(in.data(), in.size());
  if (claimed == ZSTD_CONTENTSIZE_ERROR) return Error(ErrorCode::malformed, "zstd frame");
  size_t first = first_guess(in);
  // The frame's own word saves the growing, as far as it is believable.
  if (claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed <= in.size() * 64) first = std::max<size_t>(claimed, 64);
  Output out(first, limit);
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  size_t left = 1;
  while (source.pos < source.size || left != 0) {
    uint8_t spare = 0;
    bool full = !out.grow();
    ZSTD_outBuffer target{full ? &spare : out.end(), full ? 1 : out.room(), 0};
    size_t before = source.pos;
    left = ZSTD_decompressStream(ctx.get(), &target, &source);
    if (ZSTD_isError(left)) return Error(ErrorCode::malformed, "zstd", ZSTD_getErrorName(left));
    if (full && target.pos > 0) return over_limit();
    if (!full) out.add(target.pos);
    if (left != 0 && source.pos == before && target.pos == 0) return Error(ErrorCode::truncated, "zstd");
  }
  return out.take();
}

Result<Buffer> zstd(ConstBytes in, int level) {
  thread_local std::unique_ptr<ZSTD_CCtx, ZstdFree> ctx(ZSTD_createCCtx());
  Buffer out = Buffer::allocate(ZSTD_compressBound(in.size()));
  size_t n = ZSTD_compressCCtx(ctx.get(), out.data(), out.size(), in.data(), in.size(), level == 0 ? 3 : level);
  CHECK(!ZSTD_isError(n), "zstd frame", ZSTD_getErrorName(n));
  return out.slice(0, n);
}

}  // namespace

std::string_view compression_name(Compression codec) {
  switch (codec) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::snappy:
      return "snappy";
    case Compression::lz4:
      return "lz4";
    case Compression::zstd:
      return "zstd";
  }
  return "unknown";
}

Result<Compression> parse_compression(std::string_view name) {
  for (auto codec : {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    if (compression_name(codec) == name) return codec;
  }
  return Error(ErrorCode::invalid_argument, "compression type", std::string(name));
}

Result<Buffer> decompress(Compression codec, ConstBytes bytes, size_t limit) {
  if (bytes.size() > INT32_MAX) return Error(ErrorCode::malformed, "compressed records");
  switch (codec) {
    case Compression::none:
      if (bytes.size() > limit) return over_limit();
      return Buffer::copy_of(bytes);
    case Compression::gzip:
      return gunzip(bytes, limit);
    case Compression::snappy:
      return unsnappy(bytes, limit);
    case Compression::lz4:
      return unlz4(bytes, limit);
    case Compression::zstd:
      return unzstd(bytes, limit);
  }
  return Error(ErrorCode::unsupported_compression_type, "compressed records");
}

Result<Buffer> compress(Compression codec, ConstBytes bytes, int level) {
  CHECK(bytes.size() <= INT32_MAX, "records of more than 2 GiB", bytes.size());
  switch (codec) {
    case Compression::none:
      return Buffer::copy_of(bytes);
    case Compression::gzip:
      return gzip(bytes, level);
    case Compression::snappy:
      return snap(bytes);
    case Compression::lz4:
      return lz4(bytes);
    case Compression::zstd:
      return zstd(bytes, level);
  }
  return Error(ErrorCode::unsupported_compression_type, "compress");
}

}  // namespace weir::wire
