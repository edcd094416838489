#pragma once
#include <string>
#include <string_view>

#include "base/util/result.h"
#include "base/util/topic_partition.h"
#include "base/wire/record_batch.h"

namespace weir::cli {

/// How `weir consume` prints a record, in kcat's letters: %t topic, %p partition, %o offset, %k key, %K its length, %s
/// value, %S its length (both -1 for null), %T timestamp in ms, %h headers, %% a percent sign; \n, \t, \r, \\ and \xHH.
class RecordFormat {
 public:
  /// Errors: invalid_argument naming the letter.
  static Result<RecordFormat> parse(std::string_view text);
  void append(std::string& out, const TopicPartition& tp, const wire::RecordView& record) const;

 private:
  /// A letter, or 0 for the text before it.
  struct Piece {
    char letter;
    std::string text;
  };
  std::vector<Piece> pieces_;
};

/// One record as a JSON object; bytes that are no UTF-8 become U+FFFD.
std::string record_json(const TopicPartition& tp, const wire::RecordView& record);

}  // namespace weir::cli
