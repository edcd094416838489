#include "base/wire/codec_impl.h"
#include "base/wire/records/consumer_group_current_member_assignment_key.h"
#include "base/wire/records/consumer_group_current_member_assignment_value.h"
#include "base/wire/records/consumer_group_member_metadata_key.h"
#include "base/wire/records/consumer_group_member_metadata_value.h"
#include "base/wire/records/consumer_group_metadata_key.h"
#include "base/wire/records/consumer_group_metadata_value.h"
#include "base/wire/records/consumer_group_partition_metadata_key.h"
#include "base/wire/records/consumer_group_partition_metadata_value.h"
#include "base/wire/records/consumer_group_target_assignment_member_key.h"
#include "base/wire/records/consumer_group_target_assignment_member_value.h"
#include "base/wire/records/consumer_group_target_assignment_metadata_key.h"
#include "base/wire/records/consumer_group_target_assignment_metadata_value.h"
#include "base/wire/records/group_metadata_key.h"
#include "base/wire/records/group_metadata_value.h"
#include "base/wire/records/offset_commit_key.h"
#include "base/wire/records/offset_commit_value.h"
#include "base/wire/records/transaction_log_key.h"
#include "base/wire/records/transaction_log_value.h"

WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupCurrentMemberAssignmentKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupCurrentMemberAssignmentValue)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupMemberMetadataKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupMemberMetadataValue)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupMetadataKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupMetadataValue)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupPartitionMetadataKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupPartitionMetadataValue)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupTargetAssignmentMemberKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupTargetAssignmentMemberValue)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupTargetAssignmentMetadataKey)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerGroupTargetAssignmentMetadataValue)
WEIR_WIRE_INSTANTIATE(weir::wire::GroupMetadataKey)
WEIR_WIRE_INSTANTIATE(weir::wire::GroupMetadataValue)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetCommitKey)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetCommitValue)
WEIR_WIRE_INSTANTIATE(weir::wire::TransactionLogKey)
WEIR_WIRE_INSTANTIATE(weir::wire::TransactionLogValue)
