#pragma once
#include "base/util/buffer.h"
#include "base/util/result.h"

namespace weir::wire {

/// Codecs of record batches by their numbers in a batch's attributes.
enum class Compression : int8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// "none", "gzip", … as in compression.type; "unknown" for other numbers.
std::string_view compression_name(Compression codec);
/// Errors: invalid_argument.
Result<Compression> parse_compression(std::string_view name);

/// What `bytes` hold, at most `limit` bytes of it. gzip may have several members, lz4 and zstd several frames; snappy
/// is taken raw (as librdkafka's older releases and others write it) and in xerial's framing (as Java does). Errors:
/// limit_reached, malformed, truncated, unsupported_compression_type.
Result<Buffer> decompress(Compression codec, ConstBytes bytes, size_t limit);

/// `level`: the codec's own scale, 0 for its default; only gzip and zstd heed it. snappy is written in xerial's framing
/// and lz4 in independent blocks, without which Java's consumer refuses it. Errors: unsupported_compression_type.
Result<Buffer> compress(Compression codec, ConstBytes bytes, int level = 0);

}  // namespace weir::wire
