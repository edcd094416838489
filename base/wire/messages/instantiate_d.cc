// The codecs of the APIs 38 to 48.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/alter_partition_reassignments.h"
#include "base/wire/messages/create_delegation_token.h"
#include "base/wire/messages/delete_groups.h"
#include "base/wire/messages/describe_client_quotas.h"
#include "base/wire/messages/describe_delegation_token.h"
#include "base/wire/messages/elect_leaders.h"
#include "base/wire/messages/expire_delegation_token.h"
#include "base/wire/messages/incremental_alter_configs.h"
#include "base/wire/messages/list_partition_reassignments.h"
#include "base/wire/messages/offset_delete.h"
#include "base/wire/messages/renew_delegation_token.h"

WEIR_WIRE_INSTANTIATE(weir::wire::CreateDelegationTokenRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::CreateDelegationTokenResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::RenewDelegationTokenRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::RenewDelegationTokenResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ExpireDelegationTokenRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ExpireDelegationTokenResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeDelegationTokenRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeDelegationTokenResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteGroupsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteGroupsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ElectLeadersRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ElectLeadersResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::IncrementalAlterConfigsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::IncrementalAlterConfigsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterPartitionReassignmentsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterPartitionReassignmentsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ListPartitionReassignmentsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ListPartitionReassignmentsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetDeleteRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetDeleteResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeClientQuotasRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeClientQuotasResponse)
