// The codecs of the APIs 49 to 59.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/alter_client_quotas.h"
#include "base/wire/messages/alter_partition.h"
#include "base/wire/messages/alter_user_scram_credentials.h"
#include "base/wire/messages/begin_quorum_epoch.h"
#include "base/wire/messages/describe_quorum.h"
#include "base/wire/messages/describe_user_scram_credentials.h"
#include "base/wire/messages/end_quorum_epoch.h"
#include "base/wire/messages/envelope.h"
#include "base/wire/messages/fetch_snapshot.h"
#include "base/wire/messages/update_features.h"
#include "base/wire/messages/vote.h"

WEIR_WIRE_INSTANTIATE(weir::wire::AlterClientQuotasRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterClientQuotasResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeUserScramCredentialsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeUserScramCredentialsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterUserScramCredentialsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterUserScramCredentialsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::VoteRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::VoteResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::BeginQuorumEpochRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::BeginQuorumEpochResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::EndQuorumEpochRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::EndQuorumEpochResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeQuorumRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DescribeQuorumResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterPartitionRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AlterPartitionResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::UpdateFeaturesRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::UpdateFeaturesResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::EnvelopeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::EnvelopeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::FetchSnapshotRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::FetchSnapshotResponse)
