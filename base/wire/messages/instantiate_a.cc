// The codecs of the APIs 0 to 15.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/describe_groups.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/find_coordinator.h"
#include "base/wire/messages/heartbeat.h"
#include "base/wire/messages/join_group.h"
#include "base/wire/messages/leave_group.h"
#include "base/wire/messages/list_offsets.h"
#include "base/wire/messages/metadata.h"
#include "base/wire/messages/offset_commit.h"
#include "base/wire/messages/offset_fetch.h"
#include "base/wire/messages/produce.h"
#include "base/wire/messages/sync_group.h"

WEIR_WIRE_INSTANTIATE(weir::wire::ProduceRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ProduceResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::FetchRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::FetchResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ListOffsetsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ListOffsetsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::MetadataRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::MetadataResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetCommitRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetCommitResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetFetchRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetFetchResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::FindCoordinatorRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::FindCoordinatorResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::JoinGroupRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::JoinGroupResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::HeartbeatRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::HeartbeatResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::LeaveGroupRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::LeaveGroupResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::SyncGroupRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::SyncGroupResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeGroupsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeGroupsResponse)
