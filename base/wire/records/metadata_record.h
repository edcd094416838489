#pragma once
#include <variant>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/wire/records/abort_transaction_record.h"
#include "base/wire/records/access_control_entry_record.h"
#include "base/wire/records/begin_transaction_record.h"
#include "base/wire/records/broker_registration_change_record.h"
#include "base/wire/records/client_quota_record.h"
#include "base/wire/records/config_record.h"
#include "base/wire/records/end_transaction_record.h"
#include "base/wire/records/feature_level_record.h"
#include "base/wire/records/fence_broker_record.h"
#include "base/wire/records/no_op_record.h"
#include "base/wire/records/partition_change_record.h"
#include "base/wire/records/partition_record.h"
#include "base/wire/records/producer_ids_record.h"
#include "base/wire/records/register_broker_record.h"
#include "base/wire/records/register_controller_record.h"
#include "base/wire/records/remove_access_control_entry_record.h"
#include "base/wire/records/remove_topic_record.h"
#include "base/wire/records/remove_user_scram_credential_record.h"
#include "base/wire/records/topic_record.h"
#include "base/wire/records/unfence_broker_record.h"
#include "base/wire/records/unregister_broker_record.h"
#include "base/wire/records/user_scram_credential_record.h"

namespace weir::wire {

/// Any record of `__cluster_metadata` (KIP-500, KIP-631), by rising type.
using MetadataRecord = std::variant<
    RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord, ConfigRecord, PartitionChangeRecord,
    FenceBrokerRecord, UnfenceBrokerRecord, RemoveTopicRecord, UserScramCredentialRecord, FeatureLevelRecord,
    ClientQuotaRecord, ProducerIdsRecord, BrokerRegistrationChangeRecord, AccessControlEntryRecord,
    RemoveAccessControlEntryRecord, NoOpRecord, RemoveUserScramCredentialRecord, BeginTransactionRecord,
    EndTransactionRecord, AbortTransactionRecord, RegisterControllerRecord>;

/// The value of a record in the metadata log: frame version 1, type and version as unsigned varints, then the fields.
/// Each type is written at its newest version unless `version` says otherwise.
Buffer encode_metadata_record(const MetadataRecord& record);
Buffer encode_metadata_record(const MetadataRecord& record, int16_t version);
/// Errors: unsupported_version for a frame, type or version that is not known; truncated, malformed.
Result<MetadataRecord> decode_metadata_record(ConstBytes value);
/// E.g. "PartitionChangeRecord", and its fields for people.
std::string_view metadata_record_name(const MetadataRecord& record);
std::string metadata_record_text(const MetadataRecord& record);

}  // namespace weir::wire
