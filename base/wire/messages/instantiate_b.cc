// The codecs of the APIs 16 to 26.
#include "base/wire/codec_impl.h"
#include "base/wire/messages/add_offsets_to_txn.h"
#include "base/wire/messages/add_partitions_to_txn.h"
#include "base/wire/messages/api_versions.h"
#include "base/wire/messages/create_topics.h"
#include "base/wire/messages/delete_records.h"
#include "base/wire/messages/delete_topics.h"
#include "base/wire/messages/end_txn.h"
#include "base/wire/messages/init_producer_id.h"
#include "base/wire/messages/list_groups.h"
#include "base/wire/messages/offset_for_leader_epoch.h"
#include "base/wire/messages/sasl_handshake.h"

WEIR_WIRE_INSTANTIATE(weir::wire::ListGroupsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ListGroupsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::SaslHandshakeRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::SaslHandshakeResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::ApiVersionsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::ApiVersionsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::CreateTopicsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::CreateTopicsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteTopicsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteTopicsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteRecordsRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::DeleteRecordsResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::InitProducerIdRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::InitProducerIdResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetForLeaderEpochRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::OffsetForLeaderEpochResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AddPartitionsToTxnRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AddPartitionsToTxnResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::AddOffsetsToTxnRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::AddOffsetsToTxnResponse)
WEIR_WIRE_INSTANTIATE(weir::wire::EndTxnRequest)
WEIR_WIRE_INSTANTIATE(weir::wire::EndTxnResponse)
