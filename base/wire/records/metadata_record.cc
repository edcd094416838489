#include "base/wire/records/metadata_record.h"

#include <string>

#include "base/wire/codec.h"

namespace weir::wire {

namespace {

constexpr uint32_t kFrameVersion = 1;

template <class M>
constexpr std::string_view kName = "";
#define WEIR_NAME(M) \
  template <>        \
  constexpr std::string_view kName<M> = #M;
WEIR_NAME(RegisterBrokerRecord)
WEIR_NAME(UnregisterBrokerRecord)
WEIR_NAME(TopicRecord)
WEIR_NAME(PartitionRecord)
WEIR_NAME(ConfigRecord)
WEIR_NAME(PartitionChangeRecord)
WEIR_NAME(FenceBrokerRecord)
WEIR_NAME(UnfenceBrokerRecord)
WEIR_NAME(RemoveTopicRecord)
WEIR_NAME(UserScramCredentialRecord)
WEIR_NAME(FeatureLevelRecord)
WEIR_NAME(ClientQuotaRecord)
WEIR_NAME(ProducerIdsRecord)
WEIR_NAME(BrokerRegistrationChangeRecord)
WEIR_NAME(AccessControlEntryRecord)
WEIR_NAME(RemoveAccessControlEntryRecord)
WEIR_NAME(NoOpRecord)
WEIR_NAME(RemoveUserScramCredentialRecord)
WEIR_NAME(BeginTransactionRecord)
WEIR_NAME(EndTransactionRecord)
WEIR_NAME(AbortTransactionRecord)
WEIR_NAME(RegisterControllerRecord)
#undef WEIR_NAME

template <class M>
Buffer encode_framed(const M& record, int16_t version) {
  Writer out(128);
  out.uvarint(kFrameVersion);
  out.uvarint(M::kApiKey);
  out.uvarint(static_cast<uint32_t>(version));
  encode(out, record, version);
  return out.finish_flat();
}

using DecodeFunction = Result<MetadataRecord> (*)(ConstBytes, int16_t);

template <class M>
Result<MetadataRecord> decode_as(ConstBytes fields, int16_t version) {
  TRY_ASSIGN(M record, decode<M>(fields, version));
  return MetadataRecord(std::move(record));
}

template <size_t... I>
DecodeFunction find_decoder(uint32_t type, std::index_sequence<I...>) {
  DecodeFunction found = nullptr;
  ((std::variant_alternative_t<I, MetadataRecord>::kApiKey == static_cast<int64_t>(type)
        ? (void)(found = decode_as<std::variant_alternative_t<I, MetadataRecord>>)
        : (void)0),
   ...);
  return found;
}

}  // namespace

Buffer encode_metadata_record(const MetadataRecord& record) {
  return std::visit([](const auto& r) { return encode_framed(r, r.kMaxVersion); }, record);
}

Buffer encode_metadata_record(const MetadataRecord& record, int16_t version) {
  return std::visit([&](const auto& r) { return encode_framed(r, version); }, record);
}

Result<MetadataRecord> decode_metadata_record(ConstBytes value) {
  Reader in(value);
  uint32_t frame = in.uvarint();
  uint32_t type = in.uvarint();
  uint32_t version = in.uvarint();
  TRY(in.status());
  if (frame != kFrameVersion)
    return Error(ErrorCode::unsupported_version, "metadata record frame", std::to_string(frame));
  auto* decoder = find_decoder(type, std::make_index_sequence<std::variant_size_v<MetadataRecord>>());
  if (decoder == nullptr) return Error(ErrorCode::unsupported_version, "metadata record type", std::to_string(type));
  if (version > INT16_MAX)
    return Error(ErrorCode::unsupported_version, "metadata record version", std::to_string(version));
  return decoder(value.subspan(in.position()), static_cast<int16_t>(version));
}

std::string_view metadata_record_name(const MetadataRecord& record) {
  return std::visit([](const auto& r) { return kName<std::decay_t<decltype(r)>>; }, record);
}

std::string metadata_record_text(const MetadataRecord& record) {
  return std::visit(
      [](const auto& r) { return std::string(kName<std::decay_t<decltype(r)>>) + to_text(r, r.kMaxVersion); }, record);
}

}  // namespace weir::wire
