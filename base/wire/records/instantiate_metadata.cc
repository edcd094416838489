#include "base/wire/codec_impl.h"
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

WEIR_WIRE_INSTANTIATE(weir::wire::AbortTransactionRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::AccessControlEntryRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::BeginTransactionRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::BrokerRegistrationChangeRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::ClientQuotaRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::ConfigRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::EndTransactionRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::FeatureLevelRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::FenceBrokerRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::NoOpRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::PartitionChangeRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::PartitionRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::ProducerIdsRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::RegisterBrokerRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::RegisterControllerRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::RemoveAccessControlEntryRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::RemoveTopicRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::RemoveUserScramCredentialRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::TopicRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::UnfenceBrokerRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::UnregisterBrokerRecord)
WEIR_WIRE_INSTANTIATE(weir::wire::UserScramCredentialRecord)
