// The codecs of the APIs 82 to 92.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/alter_share_group_offsets.h"
#include "base/wire/messages/consumer_protocol_assignment.h"
#include "base/wire/messages/consumer_protocol_subscription.h"
#include "base/wire/messages/delete_share_group_offsets.h"
#include "base/wire/messages/delete_share_group_state.h"
#include "base/wire/messages/describe_share_group_offsets.h"
#include "base/wire/messages/initialize_share_group_state.h"
#include "base/wire/messages/read_share_group_state.h"
#include "base/wire/messages/read_share_group_state_summary.h"
#include "base/wire/messages/streams_group_describe.h"
#include "base/wire/messages/streams_group_heartbeat.h"
#include "base/wire/messages/update_raft_voter.h"
#include "base/wire/messages/write_share_group_state.h"

WEIR_WIRE_INSTANTIATE(weir::wire::UpdateRaftVoterRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::UpdateRaftVoterResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::InitializeShareGroupStateRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::InitializeShareGroupStateResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ReadShareGroupStateRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ReadShareGroupStateResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::WriteShareGroupStateRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::WriteShareGroupStateResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteShareGroupStateRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteShareGroupStateResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ReadShareGroupStateSummaryRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ReadShareGroupStateSummaryResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::StreamsGroupHeartbeatRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::StreamsGroupHeartbeatResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::StreamsGroupDescribeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::StreamsGroupDescribeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeShareGroupOffsetsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeShareGroupOffsetsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterShareGroupOffsetsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterShareGroupOffsetsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteShareGroupOffsetsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteShareGroupOffsetsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerProtocolSubscription)
WEIR_WIRE_INSTANTIATE(weir::wire::ConsumerProtocolAssignment)
