// The codecs of the APIs 71 to 81.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/add_raft_voter.h"
#include "base/wire/messages/assign_replicas_to_dirs.h"
#include "base/wire/messages/describe_topic_partitions.h"
#include "base/wire/messages/get_telemetry_subscriptions.h"
#include "base/wire/messages/list_config_resources.h"
#include "base/wire/messages/push_telemetry.h"
#include "base/wire/messages/remove_raft_voter.h"
#include "base/wire/messages/share_acknowledge.h"
#include "base/wire/messages/share_fetch.h"
#include "base/wire/messages/share_group_describe.h"
#include "base/wire/messages/share_group_heartbeat.h"

WEIR_WIRE_INSTANTIATE(weir::wire::GetTelemetrySubscriptionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::GetTelemetrySubscriptionsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::PushTelemetryRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::PushTelemetryResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AssignReplicasToDirsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AssignReplicasToDirsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ListConfigResourcesRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ListConfigResourcesResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeTopicPartitionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeTopicPartitionsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareGroupHeartbeatRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareGroupHeartbeatResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareGroupDescribeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareGroupDescribeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareFetchRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareFetchResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareAcknowledgeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ShareAcknowledgeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AddRaftVoterRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AddRaftVoterResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::RemoveRaftVoterRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::RemoveRaftVoterResponse)
